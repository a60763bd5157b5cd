"""Receivers of what leaves Relance: they note each arrival in a file before they answer, and misbehave by a seed."""

import asyncio
import json
import random
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Manners:
    """How likely it is that a receiver refuses, answers nothing, or keeps its answer to itself for a while."""

    refuses: float = 0.0
    drops: float = 0.0
    hangs: float = 0.0
    hangs_seconds: float = 2.5
    answers_after: float = 0.0


@dataclass(frozen=True)
class Arrival:
    """One message: the id by which a receiver knows a repeat, what it is about, and whether it was taken."""

    id: str
    about: str
    at: float
    is_taken: bool


class Receiver(Protocol):
    """The other end of a channel; another one (webhooks, say) joins by being one of these."""

    manners: Manners

    @property
    def url(self) -> str: ...

    @property
    def arrivals(self) -> dict[str, list[Arrival]]: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Mail:
    """A mail server. Its moods depend on the seed, the message and how often it has come, so they can be replayed."""

    def __init__(self, log: Path, *, seed: int) -> None:
        self.manners = Manners()
        self.arrivals: dict[str, list[Arrival]] = defaultdict(list)
        self._log = log.open("a", buffering=1)
        self._seed = seed
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self), "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self._log.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content)
        id = message["Message-ID"].removeprefix("<dlv_").partition("@")[0]
        about = str(make_header(decode_header(message["Subject"]))).partition(":")[0]
        manners, mood = self.manners, random.Random(f"{self._seed} {about} {len(self.arrivals[id])}").random()
        refuses = mood < manners.refuses
        self._note(Arrival(id, about, time.time(), not refuses))
        if refuses:
            return "451 Not now"
        mood -= manners.refuses
        if mood < manners.drops:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        elif mood < manners.drops + manners.hangs:
            await asyncio.sleep(manners.hangs_seconds)
        else:
            await asyncio.sleep(manners.answers_after)
        return "250 OK"

    def _note(self, arrival: Arrival) -> None:
        self._log.write(json.dumps(asdict(arrival)) + "\n")
        self.arrivals[arrival.id].append(arrival)
