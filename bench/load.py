"""Load: an HTTP/1.1 client over raw sockets that costs far less than any server it asks."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_REFUSED = b'"errors":[{'
_SMALL = 4_096
"""Only answers up to this size are searched for errors: long ones have been compared, and searching them costs."""


@dataclass(frozen=True)
class Answer:
    """The status and the body of one answer."""

    status: int
    body: bytes


@dataclass
class Run:
    """What a run of some seconds gave: the latency of each request in seconds, and how many were refused."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0


class Connection(asyncio.Protocol):
    """One kept-alive connection that asks one thing at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._body_at = 0
        self._end = 0
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    async def ask(self, request: bytes) -> Answer:
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is no subclass of it

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionError("The server closed the connection."))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._end and not self._read_head():
            return
        if len(self._buffer) >= self._end:
            self._answer()

    def _read_head(self) -> bool:
        at = self._buffer.find(_END)
        if at < 0:
            return False
        head = bytes(self._buffer[:at]).lower()
        length = head.find(_LENGTH)
        if length < 0:
            raise ValueError(f"An answer without Content-Length: {head[:200]!r}")
        self._body_at = at + len(_END)
        self._end = self._body_at + int(head[length + len(_LENGTH) :].split(b"\r\n", 1)[0])
        return True

    def _answer(self) -> None:
        answer = Answer(int(self._buffer[9:12]), bytes(self._buffer[self._body_at : self._end]))
        del self._buffer[: self._end]
        self._end = 0
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)


def request(port: int, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of a POST of JSON to a loopback port."""
    given = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", "Accept": "application/json"}
    lines = [f"{name}: {value}" for name, value in (given | headers | {"Content-Length": str(len(body))}).items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines]).encode() + _END + body


async def connect(port: int) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


async def ask(port: int, asked: bytes) -> Answer:
    """One request on a connection of its own."""
    connection = await connect(port)
    try:
        return await asyncio.wait_for(connection.ask(asked), 60)
    finally:
        connection.close()


async def run(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Run:
    """Ask one after the other on each of some connections; they go through the requests together, over and over."""
    opened = [await connect(port) for _ in range(connections)]
    result, n = Run(), 0
    started = time.perf_counter()

    async def keep_asking(connection: Connection) -> None:
        nonlocal n
        while (begun := time.perf_counter()) - started < seconds:
            asked = requests[n % len(requests)]
            n += 1
            answer = await connection.ask(asked)
            result.latencies.append(time.perf_counter() - begun)
            small = len(answer.body) <= _SMALL
            result.refused += answer.status != 200 or (small and _REFUSED in answer.body)

    try:
        await asyncio.gather(*(keep_asking(connection) for connection in opened))
    finally:
        result.seconds = time.perf_counter() - started
        for connection in opened:
            connection.close()
    return result
