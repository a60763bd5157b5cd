"""Servers that stand in for those of others: real HTTP, on a port of this machine."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

from sales.endpoints.addresses import Network

THIS_MACHINE: tuple[Network, ...] = (ip_network("127.0.0.0/8"),)


@dataclass
class Request:
    """What somebody sent; names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers each request with what `answers` gives for it, and keeps them."""

    url: str = ""
    answers: Callable[[Request], tuple[int, dict[str, str], bytes]] = lambda _: (200, {}, b"ok")
    got: list[Request] = field(default_factory=list)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer so from now on."""
        self.answers = lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@asynccontextmanager
async def a_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, path, _ = (await reader.readline()).decode().split(" ", 2)
        headers = {}
        while line := (await reader.readline()).decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Request(method, path, headers, body)
        receiver.got.append(request)
        status, more, content = receiver.answers(request)
        head = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(content)}\r\n{head}\r\n".encode() + content)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield receiver
