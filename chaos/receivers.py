"""Receivers of what leaves Relance: they note each arrival in a file before they answer, and misbehave by a seed."""

import asyncio
import base64
import hmac
import json
import random
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from aiosmtpd.smtp import SMTP, Envelope, Session

from schema.events import read_position
from schema.scalars import Cursor

_REFUSALS: Final = ("503 Not now\r\n", "429 Too many\r\nretry-after: 1\r\n")
_GONE: Final = "410 Gone\r\n"
_TAKEN: Final = "200 Taken\r\n"


@dataclass(frozen=True)
class Manners:
    """How likely it is that a receiver refuses, answers nothing, or keeps its answer to itself for a while.

    One that `is_gone` refuses everything for good, where that can be said (410).
    """

    is_gone: bool = False
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


@dataclass(frozen=True)
class Told(Arrival):
    """One webhook as it came: of which event and lead, signed when, which attempt by its own word, what is wrong."""

    position: int
    lead: str | None
    timestamp: int
    attempt: int
    problem: str | None


class Receiver(Protocol):
    """The other end of a channel; another one joins by being one of these."""

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
        manners, mood = self.manners, _mood(self._seed, about, len(self.arrivals[id]))
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


@dataclass
class Hook:
    """One endpoint's own address, and what came there; without manners of its own it has everybody's."""

    path: str
    url: str
    endpoint: UUID | None = None
    manners: Manners | None = None
    told: list[Told] = field(default_factory=list)
    _secrets: list[tuple[str, float]] = field(default_factory=list)

    def signed_by(self, secret: str) -> None:
        """From now on by this one, and by those before as well."""
        self._secrets.append((secret, time.time()))

    def problem(self, headers: Mapping[str, str], body: bytes, *, lease: float) -> str | None:
        """What is wrong with a signature, by the specification (Standard Webhooks 1.0) and by nothing of ours.

        A message that was on its way already while the secret was changed is signed by the former one alone.
        """
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        given = headers["webhook-signature"].split(" ")
        for number, (secret, since) in enumerate(self._secrets):
            key = base64.b64decode(secret.removeprefix("whsec_"))
            right = "v1," + base64.b64encode(hmac.digest(key, signed, sha256)).decode()
            if right not in given and (number == 0 or time.time() > since + lease):
                return f"it isn't signed by secret {number + 1} of {len(self._secrets)}"
        return None if self._secrets else "nobody knows its secret yet"


class Hooks:
    """A server of webhooks, each on a path of its own; its moods can be replayed as those of the mail server."""

    def __init__(self, log: Path, *, seed: int, lease: float) -> None:
        self.manners = Manners()
        self.arrivals: dict[str, list[Arrival]] = defaultdict(list)
        self._hooks: dict[str, Hook] = {}
        self._log = log.open("a", buffering=1)
        self._seed, self._lease = seed, lease
        self._answering: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        self._log.close()

    def open(self, path: str) -> Hook:
        """An address that nobody else has."""
        self._hooks[path] = Hook(path, f"{self.url}{path}")
        return self._hooks[path]

    def of(self, endpoint: UUID) -> Hook | None:
        return next((hook for hook in self._hooks.values() if hook.endpoint == endpoint), None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            answer = await self._answer(self._hooks[head[0].split(" ")[1]], headers, body)
            if answer is None:
                writer.transport.abort()
            else:
                writer.write(f"HTTP/1.1 {answer}content-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass  # whoever sent it is dead by now
        finally:
            writer.close()
            self._answering.discard(task)

    async def _answer(self, hook: Hook, headers: dict[str, str], body: bytes) -> str | None:
        """Note what came, then the answer to it; None: there is none."""
        manners, id = hook.manners or self.manners, headers["webhook-id"].removeprefix("dlv_")
        data = json.loads(body)["data"]
        position = read_position(Cursor(data["position"]))
        about = f"{hook.path} {position}"
        mood = _mood(self._seed, about, len(self.arrivals[id]))
        refuses = manners.is_gone or mood < manners.refuses
        told = Told(
            id, about, time.time(), not refuses, position, data["leadId"], int(headers["webhook-timestamp"]),
            int(headers["webhook-attempt"]), hook.problem(headers, body, lease=self._lease),
        )  # fmt: skip
        self._note(hook, told, headers["webhook-signature"], body)
        if refuses:
            return _GONE if manners.is_gone else _REFUSALS[position % 2]
        mood -= manners.refuses
        if mood < manners.drops:
            return None
        await asyncio.sleep(manners.hangs_seconds if mood < manners.drops + manners.hangs else manners.answers_after)
        return _TAKEN

    def _note(self, hook: Hook, told: Told, signature: str, body: bytes) -> None:
        self._log.write(json.dumps(asdict(told) | {"signature": signature, "body": body.decode()}) + "\n")
        self.arrivals[told.id].append(told)
        hook.told.append(told)


def _mood(seed: int, about: str, turn: int) -> float:
    """By the seed, the message and how often it has come."""
    return random.Random(f"{seed} {about} {turn}").random()
