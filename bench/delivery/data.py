"""Makes the reminders, and has some of them come due."""

from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench.delivery.fleet import Fleet
from sales import database, sealed
from sales.endpoints.signing import new_secret
from sales.tokens import SESSION_PREFIX, hash_of, new_token

PEOPLE: Final = 3_000
ENDPOINTS: Final = 50
_KEPT: Final = import_module("sales.migrations.0003_kept_figures").FILLED
"""Fills what triggers keep, which the load goes past."""

_ARM: Final = """
with slice as (
  select id, row_number() over (order by id) - 1 as n from (
    select id from reminders where state = 'PENDING' order by id limit $1) s)
update reminders r set due_at = $2::timestamptz + n * $3::interval, notify_at = $2::timestamptz + n * $3::interval
from slice s where r.id = s.id
"""


async def build(fleet: Fleet, *, pending: int, accounts: int) -> str:
    """Migrate an empty database and fill it; returns a token of the first account's administrator."""
    await database.migrate(fleet.postgres.url)
    token = new_token(SESSION_PREFIX)
    sealed.use(fleet.secret_key)
    words = {
        "$PENDING": pending, "$ACCOUNTS": accounts, "$PEOPLE": PEOPLE, "$ENDPOINTS": ENDPOINTS,
        "$TOKEN_HASH": hash_of(token), "$ADDRESS": sealed.seal(fleet.hook_url), "$SECRET": sealed.seal(new_secret()),
    }  # fmt: skip
    sql = (Path(__file__).parent / "data.sql").read_text()
    for word, value in words.items():
        sql = sql.replace(word, str(value))
    connection = await asyncpg.connect(fleet.postgres.url)
    try:
        # References are right by construction: the triggers that check each would take minutes.
        await connection.execute("set session_replication_role = replica")
        for statement in (sql, *_KEPT, "vacuum analyze", "checkpoint"):
            await connection.execute(statement)
    finally:
        await connection.close()
    return token


async def arm(connection: Any, *, due: int, at: datetime, within: timedelta) -> None:
    """Have the next `due` reminders come due, one after the other, from `at` on; people and accounts take turns."""
    await connection.execute("set session_replication_role = replica")
    await connection.execute(_ARM, due, at, within / due)
    await connection.execute("reset session_replication_role")
    await connection.execute("analyze reminders")
    [now] = await connection.fetchrow("select now()")
    if now >= at:
        raise RuntimeError("it took too long to have them come due: give it more lead")
