"""Makes the data of a world: one shared account with all the leads, one private account with a tenth of them."""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench.worlds import Asker, World
from sales import database, ranks
from sales.ids import new_id
from sales.tokens import SESSION_PREFIX, hash_of, new_token

HERE: Final = Path(__file__).parent
ZONE: Final = "Europe/Paris"
STEPS: Final = 18
MOVED: Final = 200
LOOKED_AT: Final = 200
KEPT: Final = import_module("sales.migrations.0003_kept_figures").FILLED
"""Fills what triggers keep, which the load goes past."""

_FILES: Final = ("functions.sql", "postgraphile/functions.sql")


async def build(url: str, *, leads: int, open_per_cent: int) -> World:
    """Migrate an empty database, fill it and analyse it."""
    await database.migrate(url)
    connection = await asyncpg.connect(url)
    try:
        # Millions of rows whose references are right by construction: the triggers that check each would take minutes.
        await connection.execute("set session_replication_role = replica")
        await _copy_ranks(connection, leads)
        shared = await _account(connection, "shared", leads=leads, open_per_cent=open_per_cent)
        private = await _account(connection, "private", leads=max(leads // 10, 500), open_per_cent=open_per_cent)
        for statement in KEPT:
            await connection.execute(statement)
        for name in _FILES:
            await connection.execute((HERE / name).read_text())
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        await connection.close()
    return World(url, leads, open_per_cent, [shared, private])


async def _copy_ranks(connection: Any, leads: int) -> None:
    await connection.execute("create temporary table bench_ranks (i bigint primary key, rank text)")
    rows = list(enumerate(ranks.spread(leads // STEPS + 2)))
    await connection.copy_records_to_table("bench_ranks", records=rows)
    await connection.execute("analyze bench_ranks")


async def _account(connection: Any, name: str, *, leads: int, open_per_cent: int) -> Asker:
    """One account; the shared one is asked by its administrator, the private one by somebody in a team of four."""
    account_id, token, number = str(new_id()), new_token(SESSION_PREFIX), 1 if name == "shared" else 2
    words = {
        "$ACCOUNT": account_id,
        "$PRIVACY": name.upper(),
        "$ZONE": ZONE,
        "$ASKER": str(number),
        "$TOKEN_HASH": hash_of(token),
        "$OPEN": str(open_per_cent),
        "$LEADS": str(leads),
    }
    sql = (HERE / "data.sql").read_text()
    for word, value in words.items():
        sql = sql.replace(word, value)
    async with connection.transaction():
        await connection.execute(sql)
    await connection.execute("drop function pg_temp.uid(text, bigint)")
    people = await connection.fetch("select id from users where account_id = $1 order by id", account_id)
    ids = [str(row["id"]) for row in people]
    sees = None if name == "shared" else ids[1:5]
    asker = Asker(name, account_id, ids[number - 1], token, ZONE, sees)
    await _look_around(connection, asker)
    return asker


async def _look_around(connection: Any, asker: Asker) -> None:
    """Which pipeline, steps and leads the operations are about."""

    async def ids(sql: str, *values: Any) -> list[str]:
        return [str(row["id"]) for row in await connection.fetch(sql, *values)]

    [asker.pipeline_id] = await ids("select id from pipelines where account_id = $1 and is_default", asker.account_id)
    asker.step_ids = await ids("select id from steps where pipeline_id = $1 order by position", asker.pipeline_id)
    own = "select id from leads where account_id = $1 and owner_id = $2 and number % 2"
    someones = (asker.account_id, asker.user_id)
    # Half of those looked at fill a page of history; those moved are open ones, as on a board.
    asker.lead_ids = await ids(f"{own} = 0 order by (number / 18 % 18 = 5) desc, number limit $3", *someones, LOOKED_AT)
    asker.movable_ids = await ids(f"{own} = 1 order by closed_at nulls first, number desc limit $3", *someones, MOVED)
