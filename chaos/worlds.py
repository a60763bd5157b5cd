"""A whole Relance: PostgreSQL and Valkey behind proxies, APIs, workers, receivers; and ways to hurt them."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx

from chaos import roles
from chaos.children import Child, asked
from chaos.faults import Faults
from chaos.people import Ledger, People
from chaos.proxies import Proxy
from chaos.receivers import Hooks, Mail, Manners, Receiver
from services.local.postgres import Postgres
from services.local.valkey import Valkey

_PATIENCE_SECONDS: Final = 90.0
_SECRET_KEY: Final = "what seals secrets in a world that lives for minutes"
_HEARD: Final = ((), ("reminder.fired",))
"""Of what each webhook of an account hears; (): of everything."""
_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)


class World:
    """Everything on one folder; its path is short, since sockets lie there."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.postgres = Postgres(folder / "postgres", options={"max_connections": "400"})  # of two dozen workers
        self.valkey = Valkey(folder / "valkey")
        self.mail: Receiver = Mail(folder / "arrivals.jsonl", seed=seed)
        self.hooks = Hooks(folder / "webhooks.jsonl", seed=seed, lease=roles.LEASE.total_seconds())
        self.ledger = Ledger(folder / "ledger.jsonl")
        self.workers: list[Child] = []
        self.apis: dict[str, Child] = {}
        self._opened: list[tuple[str, str]] = []
        self._people = 0

    async def start(self) -> None:
        await self.postgres.start()
        await self.valkey.start()
        await self.mail.start()
        await self.hooks.start()
        behind = Path(self.postgres.url.partition("?host=")[2]) / self.postgres.socket_name
        self.before_postgres = Proxy(self.folder / "p" / self.postgres.socket_name, behind)
        self.before_valkey = Proxy(self.folder / "v.sock", Path(self.valkey.url.removeprefix("unix://")))
        await self.before_postgres.start()
        await self.before_valkey.start()
        await Child(roles.migrate, self.environ, Faults()).ended(seconds=_PATIENCE_SECONDS)
        await self.start_api()

    async def stop(self) -> None:
        """End everything; what doesn't end by itself is killed, and nothing is left behind."""
        children = [*self.workers, *self.apis.values()]
        await asyncio.gather(*(child.end(seconds=5) for child in children))
        assert not any(child.lives for child in children)
        await self.before_postgres.stop()
        await self.before_valkey.stop()
        await self.mail.stop()
        await self.hooks.stop()
        self.ledger.close()
        await self.valkey.stop()
        await self.postgres.stop()

    @property
    def environ(self) -> dict[str, str]:
        """Workers and APIs reach the servers through the proxies."""
        return {
            "DATABASE_URL": f"postgresql://relance@/relance?host={self.folder / 'p'}",
            "REDIS_URL": f"unix://{self.folder / 'v.sock'}",
            "SMTP_URL": self.mail.url,
            "SECRET_KEY": _SECRET_KEY,
            "ALLOWED_NETWORKS": "127.0.0.0/8",  # webhooks may go to this machine, as its operator says
            "DATA_DIR": str(self.folder),
            "LOG_LEVEL": "INFO",
        }

    async def start_api(self, broken: Faults | None = None) -> str:
        """Returns its URL, once it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        child = Child(roles.api, self.environ | {"PORT": str(port)}, broken or Faults())
        self.apis[url] = child

        async def answers() -> bool:
            assert child.lives, "the API ended before it answered"
            with suppress(httpx.TransportError):
                async with httpx.AsyncClient(timeout=1) as client:
                    return (await client.get(f"{url}/health/live")).is_success
            return False

        await until(answers, "the API answers")
        return url

    def start_worker(self, broken: Faults | None = None) -> Child:
        worker = Child(roles.worker, self.environ, broken or Faults())
        self.workers.append(worker)
        return worker

    async def end_workers(self) -> None:
        await asyncio.gather(*(worker.end() for worker in self.workers))
        self.workers.clear()

    async def is_up(self, worker: Child) -> bool:
        return bool(await self.query("select 1 from workers where name like '%:' || $1", str(worker.pid)))

    async def all_up(self) -> None:
        for worker in self.workers:
            await until(lambda worker=worker: self.is_up(worker), "the worker is up")  # type: ignore[misc]

    def behave(self, manners: Manners) -> None:
        """All receivers have these manners."""
        self.mail.manners = self.hooks.manners = manners

    async def people(self, *, apis: list[str] | None = None, hears: Sequence[Sequence[str]] = _HEARD) -> People:
        """Somebody in an account that nobody else uses, of which webhooks hear: each of these kinds of events."""
        if not self._opened:
            self._opened = await asked(roles.open_accounts, self.environ, 8)
        account, email = self._opened.pop()
        self._people += 1
        seed = f"{self.seed} {self._people}"
        # Whoever isn't told a secret can check nothing, so an API is asked that nothing is wrong with.
        people = People(UUID(account), email, apis=list(self.apis)[:1], ledger=self.ledger, seed=seed)
        for number, events in enumerate(hears):
            await people.hear(self.hooks.open(f"/{self._people}/{number}"), events=events)
        people.apis = apis or list(self.apis)
        return people

    async def query(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Ask the database itself, past the proxy; it must be there."""
        connection = await asyncpg.connect(self.postgres.url, timeout=5)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *values)
            return rows
        finally:
            await connection.close()

    async def drained(self, accounts: list[UUID], *, seconds: float = _PATIENCE_SECONDS) -> None:
        """Wait until nothing is left to do for these accounts."""

        async def is_done() -> bool:
            [row] = await self.query(_UNDONE, accounts)
            return bool(row["undone"] == 0)

        await until(is_done, "everything is done", seconds=seconds)


# A reminder that waits for a moment to come is left to do as well: people put leads away for seconds only.
_UNDONE = """
select (select count(*) from reminders where account_id = any($1) and state = 'PENDING' and set_aside_at is null)
  + (select count(*) from deliveries where account_id = any($1) and state = 'PENDING')
  + (select coalesce(sum(h.position - c.dispatched), 0) from journal_heads h join dispatch_cursors c using (account_id)
     where account_id = any($1)) as undone
"""


class NeverSo(Exception):
    """What had to come about didn't."""


async def until(is_so: Callable[[], Awaitable[bool]], what: str, *, seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait for a condition; a server that is away just now is asked again. Raises NeverSo."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(*_AWAY):
            if await is_so():
                return
        await asyncio.sleep(0.03)
    raise NeverSo(f"not within {seconds:.0f} s: {what}")
