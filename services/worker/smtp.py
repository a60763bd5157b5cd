"""A mail server, by SMTP: a connection serves one message after the other while there are some."""

import asyncio
import contextlib
from collections.abc import Awaitable
from email.message import EmailMessage
from typing import Final, TypeVar

import aiosmtplib

from sales.deliveries import DeliveryOutcome
from services.settings import Smtp
from services.worker.ways import MayGo, Result

_OF_A_KEPT_ONE: Final = 1 / 3
"""As much of the time has a connection that was kept; the rest is for a new one, where that has gone silent."""

IDLE_SECONDS: Final = 5.0
"""A connection that had nothing to carry for so long is ended; servers and networks in between forget it later."""

_PERMANENT = range(500, 600)
_OF_OUR_LOGIN = frozenset({530, 534, 535, 538})
"""Refusals of who we are (RFC 4954), not of the message: mended by a setting, so tried again."""

_ABOUT_THE_MESSAGE = (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
_FAREWELL_SECONDS = 1
_LOST = (aiosmtplib.SMTPException, OSError)

T = TypeVar("T")


class SmtpMailer:
    """`seconds` to get to a message's bytes, and as many to hand them over.

    Where there is an address for `bounces`, each message has one of its own as its sender on the envelope (VERP).
    """

    def __init__(self, server: Smtp, *, seconds: float, bounces: str | None = None) -> None:
        self._server = server
        self._bounces = bounces
        self._seconds = seconds
        self._kept: dict[aiosmtplib.SMTP, asyncio.TimerHandle] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    async def send(self, message: EmailMessage, *, may_go: MayGo) -> Result | None:
        client = await self._tried(self._addressed(message), when_lost=DeliveryOutcome.REFUSED)
        if isinstance(client, Result):
            return client
        result = None
        try:
            if await may_go():
                result = await self._tried(_hand_over(client, message), when_lost=DeliveryOutcome.AMBIGUOUS)
            return result
        finally:
            if result is not None and result.outcome == DeliveryOutcome.SENT:
                self._keep(client)
            else:
                client.close()

    async def _addressed(self, message: EmailMessage) -> aiosmtplib.SMTP:
        """A connection on which the server waits for the text. What a kept one says counts only if it is a yes."""
        sender, recipient = sender_of(message, self._bounces), message["To"].addresses[0].addr_spec
        if self._kept:
            client, ends = self._kept.popitem()
            ends.cancel()
            with contextlib.suppress(*_LOST):
                async with asyncio.timeout(self._seconds * _OF_A_KEPT_ONE):
                    return await _envelope(client, sender, recipient)
        client = self._client()
        await client.connect()
        return await _envelope(client, sender, recipient)

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.user,
            password=self._server.password,
            use_tls=self._server.tls,
            # Unasked for only where a password would otherwise go in the open.
            start_tls=True if self._server.starttls else None if self._server.user else False,
            timeout=self._seconds,
        )

    def _keep(self, client: aiosmtplib.SMTP) -> None:
        self._kept[client] = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._leave, client)

    def _leave(self, client: aiosmtplib.SMTP) -> None:
        del self._kept[client]
        leaving = asyncio.create_task(_quit(client))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _tried(self, part: Awaitable[T], *, when_lost: DeliveryOutcome) -> T | Result:
        try:
            async with asyncio.timeout(self._seconds):
                return await part
        except aiosmtplib.SMTPResponseException as answer:
            is_final = isinstance(answer, _ABOUT_THE_MESSAGE) and answer.code in _PERMANENT
            is_final = is_final and answer.code not in _OF_OUR_LOGIN
            outcome = DeliveryOutcome.REJECTED if is_final else DeliveryOutcome.REFUSED
            return Result(outcome, f"{answer.code} {answer.message}")
        except ValueError as problem:  # such as an address that no mail server understands
            return Result(DeliveryOutcome.REJECTED, f"{type(problem).__name__} {problem}")
        except _LOST as problem:
            return Result(when_lost, f"{type(problem).__name__} {problem}".strip())


def sender_of(message: EmailMessage, bounces: str | None) -> str:
    """To whom mail servers send it back: `bounce@example.com` becomes `bounce+dlv_<id>@example.com`."""
    if bounces is None:
        return str(message["From"].addresses[0].addr_spec)
    name, _, domain = bounces.rpartition("@")
    return f"{name}+{str(message['Message-ID']).strip('<>').partition('@')[0]}@{domain}"


async def _envelope(client: aiosmtplib.SMTP, sender: str, recipient: str) -> aiosmtplib.SMTP:
    is_taken = False
    try:
        await client.mail(sender)
        await client.rcpt(recipient)
        is_taken = True
    finally:
        if not is_taken:
            client.close()
    return client


async def _hand_over(client: aiosmtplib.SMTP, message: EmailMessage) -> Result:
    answer = await client.data(message.as_bytes())
    return Result(DeliveryOutcome.SENT, f"{answer.code} {answer.message}")


async def _quit(client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(*_LOST):
        await client.quit(timeout=_FAREWELL_SECONDS)
    client.close()
