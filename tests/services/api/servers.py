"""The API as it is run: a process of its own on a port of its own."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from services.local.processes import dying_with_parent

_PATIENCE_SECONDS = 30.0


class Server:
    """A running API."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def running(database_url: str, redis_url: str) -> AsyncIterator[Server]:
    """An API that answers; it is ended in order unless it is gone already."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "PORT": str(port), "LOG_LEVEL": "WARNING"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.command", "api",
        env=os.environ | variables, preexec_fn=dying_with_parent(signal.SIGKILL),
    )  # fmt: skip
    server = Server(process, port)
    try:
        await _answers(server)
        yield server
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _answers(server: Server) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS), httpx.AsyncClient(base_url=server.url) as client:
        while True:
            assert server.process.returncode is None, "the API ended before it answered"
            try:
                await client.get("/health/live")
                return
            except httpx.TransportError:
                await asyncio.sleep(0.02)
