"""PostgreSQL: connecting, statements, transactions and migrations."""

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
from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.backends.base.client import TransactionContext
from tortoise.connection import get_connections
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.writer import MigrationWriter
from tortoise.models import Model
from tortoise.transactions import in_transaction

TABLES = (
    "accounts",
    "canaries",
    "deliveries",
    "deliveries.rates",
    "digests",
    "endpoints",
    "failures",
    "feeds",
    "idempotency",
    "journal",
    "keys",
    "leads",
    "notifications",
    "pipelines",
    "preferences",
    "reasons",
    "reminders",
    "reminders.series",
    "sessions",
    "steps",
    "teams",
    "texts",
    "totals",
    "users",
    "views",
    "watches",
    "workers",
)
"""The modules of `sales` that declare tables."""

COMMAND_SECONDS = 30
IDLE_SECONDS = 5  # of a process that froze inside a transaction: whoever needs its locks waits no longer
STATEMENTS = 100  # kept by each connection: the plan of a large query takes PostgreSQL half a megabyte, in each of them
LONGEST_STATEMENT = 200_000  # characters; a compiled query easily passes the driver's 15,360

_FOLDER = Path(__file__).parent
_TABLES = _FOLDER / "tables.sql"
_IS_NEW = """
select not exists (select from pg_class where relkind in ('r', 'p') and pg_table_is_visible(oid)
  and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace))
"""

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


async def migrate(url: str, *, step_by_step: bool = False) -> None:
    """Bring the tables up to date; safe to call by several processes at once and when nothing is to do.

    A database without any gets them at once, from `tables.sql`, and what is newer than that; or `step_by_step`, as one
    did that is as old as Relance.
    """
    wanted = _credentials(url, pool=1)
    server = {name: wanted[name] for name in ("host", "port", "user", "password", "database")}
    alone = await asyncpg.connect(**server, ssl=wanted.get("ssl"))
    try:
        # Two starters at once would both see an empty database: the second waits here.
        await alone.execute("select pg_advisory_lock(hashtext('relance.migrate'))")
        if not step_by_step and await alone.fetchval(_IS_NEW):
            await make_tables(alone, page=_TABLES.read_text("utf-8"))
        await run_migrations(config=configuration(url, pool=1))
    finally:
        await close()
        await alone.close()


async def make_tables(connection: asyncpg.Connection, *, page: str) -> None:
    """Make all tables of a new database at once, as `tables.sql` has them."""
    async with connection.transaction():
        await connection.execute("set local check_function_bodies = off")  # they name tables that come after them
        await connection.execute(page)


async def missing_migrations() -> list[str]:
    """The migrations that the open database lacks; raises what the driver raises where it lacks all of them."""
    rows = await fetch("select name from tortoise_migrations where app = 'sales'")
    return sorted(set(migrations()) - {row["name"] for row in rows})


def migrations() -> list[str]:
    """The names of all there are, in their order."""
    return sorted(file.stem for file in (_FOLDER / "migrations").glob("[0-9]*.py"))


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
        "connections": {"default": {"engine": "sales.pool", "credentials": _credentials(url, pool)}},
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
        "server_settings": {
            "jit": "off",
            "timezone": "UTC",
            # A statement is planned once, maybe when its table is all but empty, and must do when it is large.
            "plan_cache_mode": "force_generic_plan",
            "enable_seqscan": "off",
            "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        },
        **({"ssl": _tls(options["sslmode"])} if secure else {}),
    }


def _tls(mode: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if mode == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def is_away(problem: BaseException) -> bool:
    """Whether PostgreSQL can't be reached, is starting or stopping, or has no room, rather than saying no."""
    if isinstance(problem, asyncpg.PostgresError):
        return str(problem.sqlstate)[:2] in ("08", "57", "53")
    # The internal error is what asyncpg says when a connection dies in the middle of its own protocol.
    gone = OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError | DBConnectionError
    return isinstance(problem, gone)


def is_victim(problem: BaseException) -> bool:
    """Whether a statement was given up for others that it stood in the way of: it may be tried again at once."""
    return isinstance(problem, asyncpg.PostgresError) and str(problem.sqlstate).startswith("40")


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
