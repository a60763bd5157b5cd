"""E-mails by a provider's API: under a key that it keeps, so that a repeat is known there and sent once.

A provider is a file of its own (`resend.py`): where it is, how it is asked, and what its answers mean. Beside that it
has a name in `services/mail_providers.py`, and a line in `APIS`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, Protocol

import httpx

from sales.deliveries import knowing
from services.mail_providers import MailProvider, ProviderName
from services.settings import Settings
from services.worker import outbound
from services.worker.letters import Letter
from services.worker.mailers import written
from services.worker.resend import Resend
from services.worker.ways import MayGo, Outgoing, Result

_TOO_MANY: Final = 429
_LEAST_SECONDS: Final = 1.0
"""Of a pause, and of what is to be left after it for an answer."""


class MailApi(Protocol):
    """How one provider is asked to send a letter, and what it means by its answers."""

    keeps_keys_for: timedelta
    url: str
    """Where it usually is."""
    path: str

    def headers(self, *, key: str, secret: str) -> Mapping[str, str]: ...

    def content(self, letter: Letter) -> bytes: ...

    def judged(self, answer: outbound.Answer, *, is_repeat: bool) -> Result:
        """`is_repeat`: an attempt before this one may have arrived."""
        ...


APIS: Final[Mapping[ProviderName, MailApi]] = {ProviderName.RESEND: Resend()}


class ByProvider:
    """The way of e-mails where a provider takes them."""

    def __init__(self, settings: Settings, chosen: MailProvider, *, seconds: float) -> None:
        self._settings = settings
        self._api = APIS[chosen.name]
        self._url = (chosen.url or self._api.url) + self._api.path
        self._secret = chosen.key
        self._seconds = seconds
        self._rests_until = 0.0
        self._client: httpx.AsyncClient | None = None
        self._on_their_way = 0

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        content = self._api.content(written(outgoing, self._settings))
        is_repeat = await knowing.kept(outgoing.claim, for_=self._api.keeps_keys_for)
        answer = await self._answer(content, knowing.key_of(outgoing.claim), may_go)
        return self._api.judged(answer, is_repeat=is_repeat) if answer else None

    async def _answer(self, content: bytes, key: str, may_go: MayGo) -> outbound.Answer | None:
        """What the provider says, once it doesn't say that this is too much at once, as far as there is time for that.

        What can't be waited out is the answer: it postpones this e-mail, and says nothing of those that come later,
        for somebody may have raised a quota by then. How fast the provider takes e-mails, `MAIL_RATE` says.
        """
        ends = time.monotonic() + self._seconds
        headers = self._api.headers(key=key, secret=self._secret)
        async with self._shared_client() as client:
            while True:
                await self._rested(by=ends - _LEAST_SECONDS)
                answer = await outbound.post_by(
                    client,
                    self._url,
                    headers=headers,
                    content=content,
                    seconds=ends - time.monotonic(),
                    may_go=may_go,
                    secret=self._secret,
                )
                if answer is None or answer.status != _TOO_MANY or answer.wished is None:
                    return answer
                until = time.monotonic() + max(answer.wished.total_seconds(), _LEAST_SECONDS)
                if until > ends - _LEAST_SECONDS:
                    return answer
                self._rests_until = max(self._rests_until, until)

    async def _rested(self, *, by: float) -> None:
        """Wait as long as the provider wants, with all that is on its way, but not beyond `by`."""
        while (pause := min(self._rests_until, by) - time.monotonic()) > 0:
            await asyncio.sleep(pause)

    @asynccontextmanager
    async def _shared_client(self) -> AsyncIterator[httpx.AsyncClient]:
        """One for all that are on their way at once, so that each needs no connection of its own.

        It is closed with the last of them: nothing stays open where nothing is sent, nor is closed by the provider
        just when the next one goes.
        """
        client = self._client = self._client or outbound.client()
        self._on_their_way += 1
        try:
            yield client
        finally:
            self._on_their_way -= 1
            if not self._on_their_way:
                self._client = None
                await client.aclose()
