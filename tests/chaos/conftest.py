"""One world for all of it; each test has accounts and workers of its own."""

from collections.abc import AsyncIterator

import pytest

from chaos.worlds import World
from services.local.unprivileged import passing_folder

SEED = 1


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[World]:
    with passing_folder("chaos-") as folder:
        world = World(folder, seed=SEED)
        await world.start()
        try:
            yield world
        finally:
            await world.stop()


@pytest.fixture
async def world(servers: World) -> AsyncIterator[World]:
    yield servers
    for worker in servers.workers:
        worker.thaw()
    await servers.end_workers()
