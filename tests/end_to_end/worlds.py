"""A whole Relance of real processes: PostgreSQL, Valkey, a mail server, workers; and ways to hurt them."""

import asyncio
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from email import message_from_bytes
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.local.postgres import Postgres
from services.local.processes import dying_with_parent
from services.local.valkey import Valkey
from tests.services.api.servers import Server

_PATIENCE_SECONDS = 60.0


class Mail:
    """A mail server that remembers when which Message-ID arrived."""

    def __init__(self) -> None:
        self.arrivals: dict[str, list[float]] = defaultdict(list)
        self.seconds = 0.0
        """How long it takes to accept a message."""
        self._server: asyncio.Server | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        await asyncio.sleep(self.seconds)
        self.arrivals[message_from_bytes(envelope.content)["Message-ID"]].append(time.time())
        return "250 OK"

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(lambda: SMTP(self), "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"


class World:
    """Servers and workers on a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.postgres = Postgres(folder / "postgres")
        self.valkey = Valkey(folder / "valkey")
        self.mail = Mail()
        self.api: Server | None = None
        self.workers: list[asyncio.subprocess.Process] = []
        self._folder = folder

    async def start_worker(self) -> asyncio.subprocess.Process:
        with (self._folder / "worker.log").open("ab") as log:
            worker = await self._python("tests.end_to_end.a_worker", stdout=log)
        self.workers.append(worker)
        return worker

    async def stop_workers(self) -> list[int]:
        """Ask all of them to end; returns their exit codes."""
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.terminate()
        return [await worker.wait() for worker in self.workers]

    async def kill_a_worker(self) -> None:
        """`kill -9` the oldest, and start another one in its place; when that one is up, the next may be killed."""
        worker = self.workers.pop(0)
        worker.kill()
        await worker.wait()
        await until(partial(self.is_up, await self.start_worker()))

    async def is_up(self, worker: asyncio.subprocess.Process) -> bool:
        return bool(await self.query("select 1 from workers where name like '%:' || $1", str(worker.pid)))

    async def work(self, leads: int) -> str:
        """Let people put leads on standby through the API; returns their account's id."""
        assert self.api is not None
        client = await self._python("tests.end_to_end.a_client", self.postgres.url, self.api.url, str(leads), stdout=-1)
        out, _ = await client.communicate()
        assert client.returncode == 0
        return out.decode().strip().splitlines()[-1]

    async def query(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Ask the database, on a connection of our own; it must be there."""
        connection = await asyncpg.connect(self.postgres.url)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *values)
            return rows
        finally:
            await connection.close()

    async def migrate(self) -> None:
        """As an operator does it; a process of its own keeps this one's pool apart."""
        migration = await self._python("services.command", "migrate", stdout=None)
        assert await migration.wait() == 0

    def log(self) -> str:
        return (self._folder / "worker.log").read_text()

    async def _python(self, module: str, *arguments: str, stdout: Any) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            stdout=stdout,
            env={
                **os.environ,
                "DATABASE_URL": self.postgres.url,
                "REDIS_URL": self.valkey.url,
                "SMTP_URL": self.mail.url,
                "DATA_DIR": str(self._folder),
                "LOG_LEVEL": "INFO",
            },
            preexec_fn=dying_with_parent(signal.SIGKILL),
        )


async def until(is_so: Callable[[], Awaitable[bool]], *, seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait for a condition; a server that is away just now is asked again."""
    async with asyncio.timeout(seconds):
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                if await is_so():
                    return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def every(seconds: float, hurt: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Do harm again and again while the block lasts; what is being done is finished."""
    over = asyncio.Event()

    async def again() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), seconds)
                return
            await hurt()

    task = asyncio.create_task(again())
    try:
        yield
    finally:
        over.set()
        await task
