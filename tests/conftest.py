"""Real servers for every test: one PostgreSQL a session, migrated once; accounts keep the tests apart."""

from collections.abc import AsyncIterator

import pytest

from sales import database
from services.local import postgres


@pytest.fixture(scope="session")
async def database_url() -> AsyncIterator[str]:
    """A PostgreSQL of this session's own, with the tables; no pool is open."""
    async with postgres.temporary(options={"max_connections": "100"}) as url:
        await database.migrate(url)
        yield url


@pytest.fixture(scope="session")
async def pool(database_url: str) -> AsyncIterator[None]:
    """The pool of this process is open."""
    async with database.connected(database_url, pool=16):
        yield
