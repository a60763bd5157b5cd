"""Real servers for every test: one PostgreSQL a session, migrated once; accounts keep the tests apart."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sales import database
from services.local import postgres

# Nothing of a test outlives it, so nothing needs to reach the disk; the tests of durability start their own server.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "100"}


@pytest.fixture(scope="session")
async def database_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A PostgreSQL of this session's own, with the tables; no pool is open."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    async with postgres.running(folder, options=_FAST) as url:
        await database.migrate(url)
        yield url


@pytest.fixture(scope="session")
async def pool(database_url: str) -> AsyncIterator[None]:
    """The pool of this process is open."""
    async with database.connected(database_url, pool=16):
        yield
