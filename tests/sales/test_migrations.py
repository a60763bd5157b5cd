"""Migrations run forward on a database in which people have worked already."""

import asyncio
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest

from sales import database
from services import contract
from services.local import postgres

BEFORE = "0006_journal_of_steps"
"""The last migration of a database that has been in use; what came later meets its rows."""

VALUES = {
    "uuid": "'01a20000-0000-7000-8000-000000000001'", "timestamptz": "now()", "date": "current_date",
    "time": "time '08:00'", "bool": "false", "jsonb": "'{}'", "_text": "'{}'", "_varchar": "'{}'",
    "int2": "1", "int4": "1", "int8": "1", "numeric": "1",
}  # fmt: skip
WORDS = {
    "accounts.privacy": "SHARED", "accounts.currency": "EUR", "users.role": "USER", "teams.privacy": "MANAGERS_SEE",
    "leads.status": "TODO", "reminders.state": "PENDING", "journal.actor": "CLOCK", "deliveries.state": "PENDING",
    "saved_views.layout": "TABLE", "reasons.status": "LOST", "sign_in_attempts.client": "127.0.0.1",
}  # fmt: skip
OTHERS = {"reminders.wakes": "true", "leads.number": "1"}

MIGRATE_TO = """
import asyncio, sys
from tortoise.migrations.api import migrate
from sales import database
asyncio.run(migrate(config=database.configuration(sys.argv[1], pool=1), target=f"sales.{sys.argv[2]}"))
"""

TABLES = """
import asyncio
from sales import database
from services import contract
print(asyncio.run(contract.tables(database.migrate)), end="")
"""
MIGRATE = "import asyncio, sys; from sales import database; asyncio.run(database.migrate(sys.argv[1]))"


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with postgres.temporary() as url:
        yield url


async def test_what_came_later_meets_rows_in_every_table(url: str) -> None:
    await python("-c", MIGRATE_TO, url, BEFORE)
    connection = await asyncpg.connect(url)
    try:
        tables = await filled(connection)

        await python("-c", MIGRATE, url)

        counts = {table: await connection.fetchval(f"select count(*) from {table}") for table in tables}
        lane = await connection.fetchval("select lane from deliveries")
    finally:
        await connection.close()
    assert len(tables) > 20
    assert counts == dict.fromkeys(tables, 1)
    assert str(lane) == "00000000-0000-0000-0000-000000000001"


async def test_a_new_database_is_made_at_once_and_is_what_the_steps_make() -> None:
    page = (contract.ROOT / "sales" / "tables.sql").read_text()

    assert await python("-c", TABLES) == page


async def test_a_database_that_is_made_at_once_lacks_no_migration_and_is_left_as_it_is(url: str) -> None:
    for _ in range(2):
        await python("-c", MIGRATE, url)

    connection = await asyncpg.connect(url)
    try:
        applied = await connection.fetch("select name, count(*) from tortoise_migrations group by 1 order by 1")
    finally:
        await connection.close()
    assert [tuple(row) for row in applied] == [(name, 1) for name in database.migrations()]


async def filled(connection: asyncpg.Connection) -> list[str]:
    """One row in each table; returns their names."""
    columns = await connection.fetch(
        """select table_name as table, column_name as column, udt_name as type from information_schema.columns
           where table_schema = 'public' and is_nullable = 'NO' and column_default is null and is_generated = 'NEVER'
             and table_name <> 'tortoise_migrations' order by 1, 2"""
    )
    wanted: dict[str, dict[str, str]] = {}
    for row in columns:
        name = f"{row['table']}.{row['column']}"
        word = f"'{WORDS.get(name, 'x')}'"
        wanted.setdefault(row["table"], {})[row["column"]] = OTHERS.get(name, VALUES.get(row["type"], word))
    await connection.execute("set session_replication_role = replica")  # references are another test's affair
    for table, row in wanted.items():
        await connection.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join(row.values())})")
    return list(wanted)


async def python(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()
