"""The processes of a run: PostgreSQL as durable as in production, Valkey, servers to send to, workers, an API."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import psutil
from redis.asyncio import Redis

from services.local.postgres import Postgres
from services.local.processes import dying_with_parent
from services.local.valkey import Valkey

OPTIONS: Final = {
    "shared_buffers": "1GB",
    "effective_cache_size": "3GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "track_commit_timestamp": "on",
    "max_connections": "200",
}
"""Of PostgreSQL; fsync and synchronous_commit are on. When something was committed is PostgreSQL's own word."""

REDIS_MEMORY: Final = "2gb"
_PATIENCE_SECONDS: Final = 60.0


@dataclass
class Fleet:
    """Everything that runs; without `rings` neither API nor workers know of Redis."""

    folder: Path
    postgres: Postgres
    valkey: Valkey
    mails: Path
    smtp_port: int
    hooks: Path
    http_port: int
    secret_key: str = "what seals secrets in a bench that lives for minutes"
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    rings: bool = True

    @property
    def hook_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/"

    @asynccontextmanager
    async def working(self, workers: int, *, rings: bool = True) -> AsyncIterator[None]:
        """So many workers, for as long as the block lasts; without `rings` neither they nor the API know of Redis."""
        self.rings = rings
        try:
            await self.start_workers(workers)
            yield
        finally:
            self.end_workers()
            self.rings = True

    async def start_workers(self, number: int) -> None:
        for _ in range(number):
            self.workers.append(self.start("worker"))
        pids = [str(worker.pid) for worker in self.workers]

        async def all_beat() -> bool:
            [row] = await self.query("select count(*) as n from workers where split_part(name, ':', 2) = any($1)", pids)
            return bool(row["n"] == len(pids))

        await until(all_beat, seconds=_PATIENCE_SECONDS)

    def end_workers(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait()
        self.workers.clear()

    def memory(self) -> list[float]:
        """Resident MiB of each worker."""
        return [round(psutil.Process(worker.pid).memory_info().rss / 2**20, 1) for worker in self.workers]

    @asynccontextmanager
    async def api(self) -> AsyncIterator[str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process, url = self.start("api", PORT=str(port)), f"http://127.0.0.1:{port}"
        try:
            async with httpx.AsyncClient() as client:

                async def answers() -> bool:
                    try:
                        return (await client.get(f"{url}/health/live")).is_success
                    except httpx.TransportError:
                        return False

                await until(answers, seconds=_PATIENCE_SECONDS)
            yield url
        finally:
            process.terminate()
            process.wait()

    def start(self, command: str, **environ: str) -> subprocess.Popen[bytes]:
        """`relance COMMAND`, as a user runs it."""
        given = {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url if self.rings else "",
            "SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "SECRET_KEY": self.secret_key,
            "ALLOWED_NETWORKS": "127.0.0.0/8",
            "DATA_DIR": str(self.folder),
            "LOG_LEVEL": "ERROR",
        }
        return spawn([sys.executable, "-m", "services.command", command], os.environ | given | environ)

    async def query(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.postgres.url)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *values)
            return rows
        finally:
            await connection.close()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Fleet]:
    """Servers on an empty folder, for as long as the block lasts."""
    postgres, valkey = Postgres(folder / "postgres", options=OPTIONS), Valkey(folder / "valkey")
    mails, hooks = folder / "mails", folder / "hooks"
    with ExitStack() as sinks:
        try:
            smtp_port, http_port = (
                sinks.enter_context(_sink(*each)) for each in (("mail", mails), ("webhooks", hooks))
            )
            await postgres.start()
            await valkey.start()
            async with Redis.from_url(valkey.url) as redis:
                await redis.config_set("maxmemory", REDIS_MEMORY)  # BullMQ keeps all that is delayed there
            fleet = Fleet(folder, postgres, valkey, mails, smtp_port, hooks, http_port)
            try:
                yield fleet
            finally:
                fleet.end_workers()
        finally:
            await valkey.stop()
            await postgres.stop()


@contextmanager
def _sink(kind: str, file: Path) -> Iterator[int]:
    """Where something is sent to, in a process of its own; gives its port."""
    sink = spawn(
        [sys.executable, "-m", "bench.delivery.sink", kind, str(file)], dict(os.environ), stdout=subprocess.PIPE
    )
    assert sink.stdout is not None
    try:
        yield int(sink.stdout.readline())
    finally:
        sink.kill()
        sink.wait()
        sink.stdout.close()


def spawn(command: list[str], environ: dict[str, str], *, stdout: int | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environ, stdout=stdout, preexec_fn=dying_with_parent(signal.SIGKILL))


async def until(is_so: Callable[[], Awaitable[bool]], *, seconds: float, or_else: bool = True) -> bool:
    """Wait for a condition, and say whether it came about; `or_else` it is an error."""
    deadline = time.monotonic() + seconds
    while not await is_so():
        if time.monotonic() > deadline:
            if or_else:
                raise RuntimeError(f"not done within {seconds:.0f} s")
            return False
        await asyncio.sleep(0.2)
    return True
