"""Whatever other chats the library apprise speaks, for the schemes that the operator lists."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any, Final

from apprise import Apprise

from sales import sealed
from sales.deliveries import DeliveryOutcome
from services.settings import Settings
from services.worker.tellings import told
from services.worker.ways import MayGo, Outgoing, Result

# What it has to say may name the address, which is a secret.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


class ByApprise:
    """The way of all other chats, in threads, since apprise blocks. Where it connects to is its own affair.

    So it is used for those schemes only that the operator has listed. A thread that hangs can't be ended: it keeps its
    place, and while all places are taken nothing more is begun.
    """

    PLACES: Final = 4

    def __init__(self, settings: Settings, *, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds
        self._free = self.PLACES

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        assert outgoing.endpoint is not None
        url = sealed.unseal(outgoing.endpoint.address)
        scheme = url.partition(":")[0]
        if scheme not in self._settings.apprise_schemes:
            return Result(DeliveryOutcome.REFUSED, f"{scheme}:// is not in APPRISE_SCHEMES here")
        # One address, whatever is in it: `add` would take several from one text. The first loads all that it speaks.
        chat = await asyncio.to_thread(Apprise.instantiate, url)
        if chat is None:
            return Result(DeliveryOutcome.REJECTED, f"apprise cannot read this {scheme}:// address")
        telling = await told(outgoing, public_url=self._settings.public_url)
        if self._free == 0:
            return Result(DeliveryOutcome.REFUSED, "others that hang take all places")
        body = "\n".join([telling.sentence, *telling.lines, telling.link])
        return await self._in_place(partial(_notify, chat, title=telling.title, body=body), may_go)

    async def _in_place(self, notify: Callable[[], Result], may_go: MayGo) -> Result | None:
        self._free -= 1
        notifying = None
        try:
            if not await may_go():
                return None
            notifying = _in_a_thread(notify)
            notifying.add_done_callback(self._ended)
            return await asyncio.wait_for(asyncio.shield(notifying), self._seconds)
        except TimeoutError:
            return Result(DeliveryOutcome.AMBIGUOUS, f"no end within {self._seconds:.0f} seconds")
        finally:
            self._free += notifying is None

    def _ended(self, _: asyncio.Future[Result]) -> None:
        self._free += 1


def _in_a_thread(notify: Callable[[], Result]) -> asyncio.Future[Result]:
    """Of its own, that keeps no process from ending, as the threads of a pool would."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Result] = loop.create_future()

    def run() -> None:
        result = notify()
        with contextlib.suppress(RuntimeError):  # the worker has ended meanwhile
            loop.call_soon_threadsafe(ended.set_result, result)

    Thread(target=run, name="apprise", daemon=True).start()
    return ended


def _notify(chat: Any, *, title: str, body: str) -> Result:
    """Blocks."""
    try:
        is_sent = chat.notify(title=title, body=body)
    except Exception as problem:
        return Result(DeliveryOutcome.AMBIGUOUS, f"apprise broke: {type(problem).__name__}")
    return Result(DeliveryOutcome.SENT) if is_sent else Result(DeliveryOutcome.REFUSED, "the chat did not take it")
