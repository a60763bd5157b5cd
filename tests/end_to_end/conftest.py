"""One set of servers for all scenarios; each has workers and an account of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from services.local.unprivileged import passing_folder
from tests.end_to_end.worlds import World
from tests.services.api.servers import running


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        world = World(stack.enter_context(passing_folder("relance-test-")))
        for server in (world.postgres, world.valkey, world.mail):
            await server.start()
            stack.push_async_callback(server.stop)
        await world.migrate()
        world.api = await stack.enter_async_context(running(world.postgres.url, world.valkey.url))
        yield world


@pytest.fixture
async def world(servers: World) -> AsyncIterator[World]:
    """The servers and the API, and no worker yet; those that a test starts end with it, in order."""
    yield servers
    assert servers.api is not None
    assert servers.api.process.returncode is None, "the API outlives whatever is done to the servers behind it"
    await servers.stop_workers()
    servers.workers.clear()
