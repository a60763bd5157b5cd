"""Chats: Slack and what understands its incoming webhooks, Microsoft Teams, and whatever else apprise speaks."""

import asyncio
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Final

import orjson
from apprise import Apprise

from sales import sealed
from sales.deliveries import DeliveryOutcome
from services.settings import Settings
from services.worker import outbound
from services.worker.tellings import Telling, told
from services.worker.ways import MayGo, Outgoing, Result

_NOT_FOUND: Final = 404
_BAD_REQUESTS: Final = frozenset({400, 413, 422})
_JSON: Final = {"content-type": "application/json"}
_CALLS_ALL: Final = re.compile(r"@(?=(?:channel|here|everyone|all)\b)", re.IGNORECASE)
_ZERO_WIDTH_SPACE: Final = "\u200b"

logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


class ByWebhookOfAChat:
    """The way of Slack and Teams: one POST to the secret address of a channel."""

    def __init__(self, settings: Settings, *, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        assert outgoing.endpoint is not None
        telling = await told(outgoing, public_url=self._settings.public_url)
        answer = await outbound.post(
            sealed.unseal(outgoing.endpoint.address),
            headers=_JSON,
            content=orjson.dumps(self.message(telling)),
            seconds=self._seconds,
            may_go=may_go,
            allow=self._settings.allowed_networks,
        )
        return _judged(answer) if answer else None

    def message(self, telling: Telling) -> dict[str, Any]:
        raise NotImplementedError


class BySlack(ByWebhookOfAChat):
    """Text alone, in Slack's own markup: all that is compatible with Slack takes that."""

    def message(self, telling: Telling) -> dict[str, Any]:
        lines = [f"*<{telling.link}|{_of_slack(telling.title, in_link=True)}>*", _of_slack(telling.sentence)]
        return {"text": "\n".join([*lines, *(_of_slack(line) for line in telling.lines)])}


class ByTeams(ByWebhookOfAChat):
    """An adaptive card, as Teams' workflows take it; of runs of text, in which no markup counts."""

    def message(self, telling: Telling) -> dict[str, Any]:
        body = [_line(telling.title, weight="Bolder", size="Medium"), _line(telling.sentence)]
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": body + [_line(line, isSubtle=True) for line in telling.lines],
            "actions": [{"type": "Action.OpenUrl", "title": telling.opens, "url": telling.link}],
        }
        kind = "application/vnd.microsoft.card.adaptive"
        return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


class ByApprise:
    """The way of all other chats, in threads, since apprise blocks. Where it connects to is its own affair.

    So it is used for those schemes only that the operator has listed. A thread that hangs can't be ended: it keeps its
    place, and while all places are taken nothing more is begun.
    """

    PLACES: Final = 4

    def __init__(self, settings: Settings, *, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(self.PLACES, thread_name_prefix="apprise")
        self._free = self.PLACES

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        assert outgoing.endpoint is not None
        url = sealed.unseal(outgoing.endpoint.address)
        scheme = url.partition(":")[0]
        if scheme not in self._settings.apprise_schemes:
            return Result(DeliveryOutcome.REFUSED, f"{scheme}:// is not in APPRISE_SCHEMES here")
        chat = Apprise()
        if not await asyncio.to_thread(chat.add, url):  # the first one loads all that apprise speaks
            return Result(DeliveryOutcome.REJECTED, f"apprise cannot read this {scheme}:// address")
        telling = await told(outgoing, public_url=self._settings.public_url)
        if self._free == 0:
            return Result(DeliveryOutcome.REFUSED, "others that hang take all places")
        if not await may_go():
            return None
        body = "\n".join([telling.sentence, *telling.lines, telling.link])
        return await self._in_time(partial(_notify, chat, title=telling.title, body=body))

    async def _in_time(self, notify: partial[Result]) -> Result:
        self._free -= 1
        sending = asyncio.get_running_loop().run_in_executor(self._threads, notify)
        sending.add_done_callback(self._ended)
        try:
            return await asyncio.wait_for(asyncio.shield(sending), self._seconds)
        except TimeoutError:
            return Result(DeliveryOutcome.AMBIGUOUS, f"no end within {self._seconds:.0f} seconds")

    def _ended(self, _: asyncio.Future[Result]) -> None:
        self._free += 1


def _notify(chat: Apprise, *, title: str, body: str) -> Result:
    """Blocks. What apprise has to say may name the address, so only how it ended is kept."""
    is_sent = chat.notify(title=title, body=body)
    return Result(DeliveryOutcome.SENT) if is_sent else Result(DeliveryOutcome.REFUSED, "the chat did not take it")


def _judged(answer: outbound.Answer) -> Result:
    """Channels that are gone answer 404, too; and what can't be read won't be, however often it comes."""
    if answer.status == _NOT_FOUND:
        return replace(answer, outcome=DeliveryOutcome.GONE)
    if answer.status in _BAD_REQUESTS:
        return replace(answer, outcome=DeliveryOutcome.REJECTED)
    return answer


def _of_slack(text: str, *, in_link: bool = False) -> str:
    """Text that means itself: no links, and nobody is called by what a lead is named."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    text = _CALLS_ALL.sub(f"@{_ZERO_WIDTH_SPACE}", text)
    return text.replace("|", "¦").replace("\n", " ") if in_link else text


def _line(text: str, **looks: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **looks}]}
