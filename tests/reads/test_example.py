"""The example of the library, run as it stands."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from reads import example
from sales import database


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    settings = database.configuration(database_url)["connections"]["default"]["credentials"]
    wanted = {name: settings[name] for name in ("host", "port", "user", "password", "database")}
    connected = await asyncpg.connect(**wanted)
    await connected.execute(example.TABLES)
    yield connected
    await connected.close()


async def test_it_answers_what_belongs_to_who_asks(connection: asyncpg.Connection) -> None:
    answer = await example.ask(connection, "{ authors { name books { title shouted } } }", {}, country="FR")

    assert answer == (
        '{"authors":[{"name":"Colette","books":[{"title":"Chéri","shouted":"CHÉRI"},'
        '{"title":"Sido","shouted":"SIDO"}]}]}'
    )
