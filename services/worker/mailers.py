"""Where e-mails go: to a mail server, or into files where there is none. What comes of it is an outcome to store."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

import aiosmtplib

from sales.deliveries import DeliveryOutcome, knowing
from services.settings import Settings, Smtp
from services.worker.emails import compose, compose_digest
from services.worker.ways import MayGo, Outgoing, Result

_PERMANENT = range(500, 600)
_OF_OUR_LOGIN = frozenset({530, 534, 535, 538})
"""Refusals of who we are (RFC 4954), not of the message: mended by a setting, so tried again."""

_ABOUT_THE_MESSAGE = (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
_FAREWELL_SECONDS = 1


class Mailer(Protocol):
    """Sends a message after `may_go` has said yes, at the last moment before its bytes leave; None when it said no."""

    async def send(self, message: EmailMessage, *, may_go: MayGo) -> Result | None: ...


class SmtpMailer:
    """One connection for each message; `seconds` to get to its bytes, and as many to hand them over.

    Where there is an address for `bounces`, each message has one of its own as its sender on the envelope (VERP).
    """

    def __init__(self, server: Smtp, *, seconds: float, bounces: str | None = None) -> None:
        self._server = server
        self._bounces = bounces
        self._seconds = seconds

    async def send(self, message: EmailMessage, *, may_go: MayGo) -> Result | None:
        client = self._client()
        try:
            refused = await self._tried(self._address(client, message), when_lost=DeliveryOutcome.REFUSED)
            if refused is not None:
                return refused
            if not await may_go():
                return None
            return await self._tried(_hand_over(client, message), when_lost=DeliveryOutcome.AMBIGUOUS)
        finally:
            client.close()

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

    async def _address(self, client: aiosmtplib.SMTP, message: EmailMessage) -> None:
        await client.connect()
        await client.mail(sender_of(message, self._bounces))
        await client.rcpt(message["To"].addresses[0].addr_spec)

    async def _tried(self, part: Awaitable[Result | None], *, when_lost: DeliveryOutcome) -> Result | None:
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
        except (aiosmtplib.SMTPException, OSError) as problem:
            return Result(when_lost, f"{type(problem).__name__} {problem}".strip())


def sender_of(message: EmailMessage, bounces: str | None) -> str:
    """To whom mail servers send it back: `bounce@example.com` becomes `bounce+dlv_<id>@example.com`."""
    if bounces is None:
        return str(message["From"].addresses[0].addr_spec)
    name, _, domain = bounces.rpartition("@")
    return f"{name}+{str(message['Message-ID']).strip('<>').partition('@')[0]}@{domain}"


async def _hand_over(client: aiosmtplib.SMTP, message: EmailMessage) -> Result:
    answer = await client.data(message.as_bytes())
    # The message is theirs already, whatever comes of the farewell.
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=_FAREWELL_SECONDS)
    return Result(DeliveryOutcome.SENT, f"{answer.code} {answer.message}")


class OutboxMailer:
    """A file for each message, whole or not at all; a repeat overwrites the first, so each is there once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: EmailMessage, *, may_go: MayGo) -> Result | None:
        if not await may_go():
            return None
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        try:
            await asyncio.to_thread(self._write, f"{name}.eml", message.as_bytes())
        except OSError as problem:
            return Result(DeliveryOutcome.REFUSED, f"{self._folder}: {problem.strerror}")
        return Result(DeliveryOutcome.SENT, name)

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{name}.{os.getpid()}"
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._folder / name)


class ByEmail:
    """The way of e-mails: written for their reader, handed to the mailer."""

    def __init__(self, settings: Settings, *, seconds: float) -> None:
        self._settings = settings
        self._mailer = mailer_of(settings, seconds=seconds)

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        message = written(outgoing, self._settings)
        await knowing.forgotten(outgoing.claim)
        return await self._mailer.send(message, may_go=may_go)


def written(outgoing: Outgoing, settings: Settings) -> EmailMessage:
    """The message that a delivery is. Raises ValueError."""
    of, where = outgoing.claim.id, {"public_url": settings.public_url, "mail_from": settings.mail_from}
    if outgoing.notice is not None:
        return compose(outgoing.notice, delivery_id=of, **where)
    return compose_digest(outgoing.notices, delivery_id=of, **where)


def mailer_of(settings: Settings, *, seconds: float) -> Mailer:
    if settings.smtp is None:
        return OutboxMailer(settings.data_dir / "outbox")
    return SmtpMailer(settings.smtp, seconds=seconds, bounces=settings.mail_bounces)
