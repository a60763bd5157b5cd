"""PostgreSQL: the pool, transactions that survive its restarts, and migrations."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError, TransactionManagementError
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.writer import MigrationWriter
from tortoise.models import Model
from tortoise.transactions import in_transaction

TABLES = (
    "accounts",
    "deliveries",
    "failures",
    "idempotency",
    "journal",
    "keys",
    "leads",
    "notifications",
    "pipelines",
    "reasons",
    "reminders",
    "sessions",
    "steps",
    "teams",
    "texts",
    "totals",
    "users",
    "views",
    "workers",
)
"""The modules of `sales` that declare tables."""

ACQUIRE_SECONDS = 10
COMMAND_SECONDS = 30
STATEMENTS = 100  # kept by each connection: the plan of a large query takes PostgreSQL half a megabyte, in each of them
LONGEST_STATEMENT = 200_000  # characters; a compiled query easily passes the driver's 15,360

Row = dict[str, Any]
Kind = TypeVar("Kind", bound=Model)


async def connect(url: str, *, pool: int = 8) -> None:
    """Open the pool (at most `pool` connections) that every query of this process uses."""
    await Tortoise.init(config=configuration(url, pool=pool), _enable_global_fallback=True)


async def close() -> None:
    await Tortoise.close_connections()


@asynccontextmanager
async def connected(url: str, *, pool: int = 8) -> AsyncIterator[None]:
    await connect(url, pool=pool)
    try:
        yield
    finally:
        await close()


async def fetch(sql: str, *values: Any) -> list[Row]:
    """Run one statement, inside the running transaction if there is one; values are `$1`, `$2`, ..."""
    client = get_connections().get("default")
    return await client.execute_query_dict(sql, list(values))


def transaction() -> TransactionContext:
    """One transaction, READ COMMITTED; an exception rolls it back. Inside another one it is a savepoint."""
    return in_transaction()


async def now() -> datetime:
    """The instant at which the running transaction began, by the database's clock: the only clock there is."""
    [row] = await fetch("select now() as now")
    moment: datetime = row["now"]
    return moment


async def migrate(url: str) -> None:
    """Bring the tables up to date; safe to call by several processes at once and when nothing is to do."""
    wanted = _credentials(url, pool=1)
    server = {name: wanted[name] for name in ("host", "port", "user", "password", "database")}
    alone = await asyncpg.connect(**server, ssl=wanted.get("ssl"))
    try:
        # Two starters at once would both see an empty database: the second waits here.
        await alone.execute("select pg_advisory_lock(hashtext('relance.migrate'))")
        await run_migrations(config=configuration(url, pool=1))
    finally:
        await close()
        await alone.close()


async def missing_migrations() -> list[str]:
    """The migrations that the open database lacks; raises what the driver raises where it lacks all of them."""
    rows = await fetch("select name from tortoise_migrations where app = 'sales'")
    files = (Path(__file__).parent / "migrations").glob("[0-9]*.py")
    return sorted({file.stem for file in files} - {row["name"] for row in rows})


async def make_migration(name: str) -> Path | None:
    """Write the migration for what changed in the models since the last one; None when nothing did."""
    for writer in await _unwritten():
        writer.name = f"{writer.name.split('_')[0]}_{name}"
        return Path(writer.write())
    return None


async def pending_changes() -> list[str]:
    """What the models say and no migration does yet."""
    return [operation.describe() for writer in await _unwritten() for operation in writer.operations]


async def _unwritten() -> list[MigrationWriter]:
    config = configuration("postgres://nobody@localhost/none", pool=1)
    async with TortoiseContext() as context:
        await context.init(config=config, init_connections=False)
        assert context.apps is not None
        return await MigrationAutodetector(context.apps, config["apps"]).changes()


def configuration(url: str, *, pool: int = 8) -> dict[str, Any]:
    """What Tortoise wants to know; `url` as libpq takes it, `?host=/folder` for a unix socket, `?sslmode=`."""
    return {
        "connections": {"default": {"engine": "sales.database", "credentials": _credentials(url, pool)}},
        "apps": {
            "sales": {
                "models": [f"sales.{module}" for module in TABLES],
                "default_connection": "default",
                "migrations": "sales.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def _credentials(url: str, pool: int) -> dict[str, Any]:
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    secure = options.get("sslmode", "disable") in ("require", "verify-ca", "verify-full")
    return {
        "host": options.get("host") or parts.hostname or "localhost",
        "port": int(options.get("port") or parts.port or 5432),
        "user": options.get("user") or unquote(parts.username or "postgres"),
        "password": unquote(parts.password) if parts.password else None,
        "database": unquote(parts.path.lstrip("/")) or "relance",
        "minsize": 1,
        "maxsize": pool,
        "command_timeout": COMMAND_SECONDS,
        "statement_cache_size": STATEMENTS,
        "max_cacheable_statement_size": LONGEST_STATEMENT,
        "server_settings": {"jit": "off", "timezone": "UTC", "plan_cache_mode": "force_generic_plan"},
        **({"ssl": _tls(options["sslmode"])} if secure else {}),
    }


def _tls(mode: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if mode == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Transaction(TransactionContextPooled):
    """Tortoise's own loses a pool slot and poisons its task when PostgreSQL goes away between acquire and release.

    Measured with Tortoise 1.1.9: after a few restarts under load every slot was gone. Here the connection is
    always given back, a broken one is ended first, and the context is only set once the transaction has begun.
    """

    __slots__ = ()

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        self.client._connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        try:
            await self.client.begin()
        except BaseException:
            await self._give_back(broken=True)
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        broken = True
        try:
            if not self.client._finalized:
                if kind is None:
                    await self.client.commit()
                elif not issubclass(kind, TransactionManagementError):
                    await self._roll_back()
            broken = not self.client._finalized
        finally:
            get_connections().reset(self.token)
            await self._give_back(broken=broken)

    async def _roll_back(self) -> None:
        try:
            await self.client.rollback()
        except Exception:
            # The error that brought us here is the one to raise; the connection is ended, which rolls back too.
            return

    async def _give_back(self, *, broken: bool) -> None:
        connection = self.client._connection
        if broken:
            connection.terminate()
        try:
            await self._pool.release(connection)
        except Exception:
            connection.terminate()

    @property
    def _pool(self) -> Any:
        return self.client._parent._pool


class _Connection(asyncpg.Connection):
    """A connection that goes back to the pool as it is: nothing here leaves session state, so nothing has to be reset.

    asyncpg would ask PostgreSQL to reset itself after each use, which costs as much as reading a row.
    """

    def get_reset_query(self) -> str:
        return ""

    def is_quiet(self, most_queries: int) -> bool:
        """Whether it has nothing to wait for before somebody else may have it."""
        protocol: Any = self._protocol
        return not protocol._is_cancelling() and not self.is_in_transaction() and protocol.queries_count < most_queries


class _Pool(asyncpg.Pool):
    """A pool that takes a quiet connection back at once; asyncpg makes a task of it, which nobody can cancel."""

    __slots__ = ()

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:
        held = connection._con
        if type(held) is not _Connection or held.is_closed() or not held.is_quiet(self._max_queries):
            await super().release(connection, timeout=timeout)
            return
        may_be_awaited = self._queue.empty()
        held._on_release()
        await connection._holder.release(None)
        if may_be_awaited:
            await asyncio.sleep(0)  # whoever waits takes it, before the task that gives it back asks again


class Client(AsyncpgDBClient):
    """asyncpg through Tortoise, with transactions that survive a restart of PostgreSQL."""

    connection_class = _Connection

    async def create_pool(self, **settings: Any) -> asyncpg.Pool:
        defaults = {"max_queries": 50_000, "max_inactive_connection_lifetime": 300.0, "record_class": asyncpg.Record}
        hooks = dict.fromkeys(("connect", "setup", "init", "reset"))
        return await _Pool(**defaults, **hooks, **settings)

    @translate_exceptions
    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[Row]:
        """Tortoise's own, without what it wraps around taking a connection and giving it back."""
        pool: Any = self._pool
        if pool is None:
            return list(await super().execute_query_dict(query, values))
        self.log.debug("%s: %s", query, values)
        connection = await pool.acquire()
        try:
            found = await connection.fetch(query, *(values or ()))
        finally:
            await pool.release(connection)
        return [dict(row) for row in found]

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(TransactionWrapper(self), self._pool_init_lock)


client_class = Client


def is_away(problem: BaseException) -> bool:
    """Whether PostgreSQL can't be reached, is starting or stopping, or has no room, rather than saying no."""
    if isinstance(problem, asyncpg.PostgresError):
        return str(problem.sqlstate)[:2] in ("08", "57", "53")
    # The internal error is what asyncpg says when a connection dies in the middle of its own protocol.
    gone = OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError | DBConnectionError
    return isinstance(problem, gone)


def in_words(problem: BaseException) -> str:
    """An error for the log: without PostgreSQL's DETAIL, which quotes the row and what people wrote there."""
    cause = problem if isinstance(problem, asyncpg.PostgresError) else problem.__cause__
    if isinstance(cause, asyncpg.PostgresError):
        parts = (type(cause).__name__, cause.sqlstate, cause.args[0] if cause.args else "", cause.constraint_name)
        return " ".join(str(part) for part in parts if part)
    return f"{type(problem).__name__}: {problem}"


def columns_of(model: Any) -> Iterable[str]:
    """The names of a table's columns, as declared by its model."""
    names: Iterable[str] = model._meta.db_fields
    return names


def selected(alias: str, model: type[Model]) -> str:
    """For statements: every column of a table, named so that `row_of` finds it."""
    return ", ".join(f"{alias}.{column} as {name}" for column, name in sorted(_names(alias, model)))


def row_of(model: type[Kind], alias: str, row: Row) -> Kind:
    """What a statement `selected` of a table; its part of the row must not be null."""
    return model._init_from_db(**{column: row[name] for column, name in _names(alias, model)})


@cache
def _names(alias: str, model: type[Model]) -> tuple[tuple[str, str], ...]:
    return tuple((column, f"{alias}_{column}") for column in columns_of(model))


def in_transaction_already() -> bool:
    """Whether what runs now is a part of a transaction."""
    return isinstance(get_connections().get("default"), TransactionWrapper)
