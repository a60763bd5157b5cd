"""A mail provider that stands in for Resend: it keeps keys as Resend documents it, and misbehaves when it is told to.

https://resend.com/docs/dashboard/emails/idempotency-keys
"""

import asyncio
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import orjson

from services.mail_providers import MailProvider, ProviderName
from services.settings import Settings
from tests.services.worker.receivers import Received, Receiver, a_receiver, answer

KEY = "re_123456789_secret"
KEEPS_FOR = timedelta(hours=24)


class Mood(StrEnum):
    """What becomes of an answer after the e-mail was taken."""

    WELL = "WELL"
    DROPS = "DROPS"
    HANGS = "HANGS"
    BREAKS = "BREAKS"


@dataclass(frozen=True)
class Kept:
    """An e-mail that was taken under a key."""

    id: str
    body: bytes
    at: timedelta


@dataclass
class Provider:
    """`mails` is what its people read: each e-mail once, however often it was asked for."""

    server: Receiver
    mood: Mood = Mood.WELL
    says: list[bytes] = field(default_factory=list)
    """Answered instead, one after the other, with nothing taken."""
    clock: timedelta = timedelta(0)
    mails: list[Any] = field(default_factory=list)
    connections: list[StreamWriter] = field(default_factory=list)
    """All that were ever made."""
    asked_at: list[float] = field(default_factory=list)
    _kept: dict[str, Kept] = field(default_factory=dict)

    @property
    def asked(self) -> list[Received]:
        return self.server.received

    @property
    def keys(self) -> list[str]:
        return [request.headers["idempotency-key"] for request in self.asked]

    @property
    def url(self) -> str:
        return self.server.url.removesuffix("/hook?x=1")

    def settings(self, folder: Path, **more: Any) -> Settings:
        """Of a deployment that sends by it."""
        there = MailProvider(ProviderName.RESEND, self.url, KEY)
        return Settings(**{"data_dir": folder, "public_url": "https://crm.example.com", "mail_provider": there} | more)

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One request after the other on a connection, until somebody closes it."""
        self.connections.append(writer)
        try:
            while not (reader.at_eof() or writer.is_closing()):
                await Receiver.serve(self.server, reader, cast(StreamWriter, _KeptOpen(writer)))
        finally:
            writer.close()

    async def answering(self, request: Received) -> bytes:
        self.asked_at.append(time.monotonic())
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return refusal(403, "invalid_api_key", "API key is invalid.")
        if self.says:
            return self.says.pop(0)
        said = self._take(request)
        if self.mood == Mood.HANGS:
            await asyncio.Event().wait()
        if self.mood == Mood.BREAKS:
            return answer(502, b"<html>Bad Gateway</html>")
        return b"" if self.mood == Mood.DROPS else said

    def _take(self, request: Received) -> bytes:
        assert request.path == "/emails"
        key = request.headers["idempotency-key"]
        kept = self._kept.get(key)
        if kept is not None and self.clock - kept.at < KEEPS_FOR:
            if kept.body != request.body:
                return refusal(409, "invalid_idempotent_request", "Same idempotency key used with another payload.")
            return answer(200, orjson.dumps({"id": kept.id}))
        taken = Kept(str(uuid4()), request.body, self.clock)
        self._kept[key] = taken
        self.mails.append(request.json)
        return answer(200, orjson.dumps({"id": taken.id}))


class _KeptOpen:
    """Closes its connection only after an answer that never comes."""

    def __init__(self, writer: StreamWriter) -> None:
        self._writer = writer

    def write(self, said: bytes) -> None:
        if said:
            self._writer.write(said)
        else:
            self._writer.close()

    async def drain(self) -> None:
        await self._writer.drain()

    def close(self) -> None:
        """Somebody may ask again."""


def refusal(status: int, name: str, message: str, **headers: str) -> bytes:
    return answer(status, orjson.dumps({"statusCode": status, "name": name, "message": message}), **headers)


@asynccontextmanager
async def a_provider() -> AsyncIterator[Provider]:
    async with a_receiver() as server:
        provider = Provider(server)
        server.answering = provider.answering
        server.serve = provider.serve  # type: ignore[method-assign]
        yield provider
