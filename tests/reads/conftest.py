"""A connection with a few books on it, for schemas that have nothing to do with sales."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from sales import database

TABLES = """
create temporary table shelves (id bigint, name text);
create temporary table books (id bigint, shelf_id bigint, title text, genre text, sold_on date, pages bigint,
  is_secret boolean default false);
insert into shelves values (1, 'Low'), (2, null);
insert into books values
  (1, 1, 'A "quoted"', 'novel', '2026-01-02', 10), (2, 1, 'Été', 'poem', null, 20),
  (3, 2, 'Line\nbreak', 'novel', null, 30), (4, null, 'Alone', 'poem', null, 40), (5, 1, 'Hidden', 'poem', null, 50);
update books set is_secret = true where id = 5;
"""


@pytest.fixture
async def library(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    settings = database.configuration(database_url)["connections"]["default"]["credentials"]
    wanted = {name: settings[name] for name in ("host", "port", "user", "password", "database")}
    connection = await asyncpg.connect(**wanted)
    await connection.execute(TABLES)
    yield connection
    await connection.close()
