"""One set of servers for all scenarios; each has workers and an account of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.end_to_end.worlds import World


@pytest.fixture(scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    world = World(tmp_path_factory.mktemp("world"))
    async with AsyncExitStack() as stack:
        for server in (world.postgres, world.valkey, world.mail):
            await server.start()
            stack.push_async_callback(server.stop)
        await world.migrate()
        yield world


@pytest.fixture
async def world(servers: World) -> AsyncIterator[World]:
    """The servers, and no worker yet; those that a test starts end with it, in order."""
    yield servers
    await servers.stop_workers()
    servers.workers.clear()
