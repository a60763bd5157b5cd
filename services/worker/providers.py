"""E-mails by a provider's API: under a key that it keeps, so that a repeat is known there and sent once.

A provider is a file of its own (`resend.py`): where it is, how it is asked, and what its answers mean. Beside that it
has a name in `services/mail_providers.py`, and a line in `APIS`.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Final, Protocol

from sales.deliveries import DeliveryOutcome, knowing
from services.mail_providers import MailProvider, ProviderName
from services.settings import Settings
from services.worker import outbound
from services.worker.letters import Letter
from services.worker.mailers import written
from services.worker.resend import Resend
from services.worker.ways import MayGo, Outgoing, Result

_ANYWHERE: Final = (ip_network("0.0.0.0/0"), ip_network("::/0"))
"""Where it is, the operator says, as for a mail server."""

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
        self._chosen = chosen
        self._api = APIS[chosen.name]
        self._seconds = seconds
        self._rests_until = 0.0

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        content = self._api.content(written(outgoing, self._settings))
        is_repeat = await knowing.kept(outgoing.claim, for_=self._api.keeps_keys_for)
        answer = await self._answer(content, knowing.key_of(outgoing.claim), may_go)
        if answer is None:
            return None
        result = self._api.judged(answer, is_repeat=is_repeat)
        return replace(result, words=result.words.replace(self._chosen.key, "…"))

    async def _answer(self, content: bytes, key: str, may_go: MayGo) -> outbound.Answer | None:
        """What the provider says, once it doesn't say that this is too much at once, as far as there is time for that.

        All that is on its way waits as long as the provider wants. How fast it takes e-mails, `MAIL_RATE` says.
        """
        ends, answer = time.monotonic() + self._seconds, None
        while True:
            pause = self._rests_until - time.monotonic()
            if pause > 0 and self._rests_until > ends - _LEAST_SECONDS:
                return answer or outbound.Answer(
                    DeliveryOutcome.REFUSED, "it wants to be left alone", _TOO_MANY, timedelta(seconds=pause)
                )
            await asyncio.sleep(pause)
            answer = await outbound.post(
                (self._chosen.url or self._api.url) + self._api.path,
                headers=self._api.headers(key=key, secret=self._chosen.key),
                content=content,
                seconds=ends - time.monotonic(),
                may_go=may_go,
                allow=_ANYWHERE,
            )
            if answer is None or answer.status != _TOO_MANY or answer.wished is None:
                return answer
            wished = max(answer.wished.total_seconds(), _LEAST_SECONDS)
            self._rests_until = max(self._rests_until, time.monotonic() + wished)
