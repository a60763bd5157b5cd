"""Where e-mails go: to a mail server, or into files where there is none. What comes of it is an outcome to store."""

import asyncio
import os
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from sales.deliveries import DeliveryOutcome, knowing
from services.settings import Settings
from services.worker.emails import compose, compose_digest
from services.worker.letters import Letter, message_of
from services.worker.smtp import SmtpMailer
from services.worker.ways import MayGo, Outgoing, Result


class Mailer(Protocol):
    """Sends a message after `may_go` has said yes, at the last moment before its bytes leave; None when it said no."""

    async def send(self, message: EmailMessage, *, may_go: MayGo) -> Result | None: ...


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
        message = message_of(written(outgoing, self._settings))
        await knowing.forgotten(outgoing.claim)
        return await self._mailer.send(message, may_go=may_go)


def written(outgoing: Outgoing, settings: Settings) -> Letter:
    """The letter that a delivery is. Raises ValueError."""
    of, where = outgoing.claim.id, {"public_url": settings.public_url, "mail_from": settings.mail_from}
    if outgoing.notice is not None:
        return compose(outgoing.notice, delivery_id=of, **where)
    return compose_digest(outgoing.notices, delivery_id=of, **where)


def mailer_of(settings: Settings, *, seconds: float) -> Mailer:
    if settings.smtp is None:
        return OutboxMailer(settings.data_dir / "outbox")
    return SmtpMailer(settings.smtp, seconds=seconds, bounces=settings.mail_bounces)
