"""One world for all of it; each test has accounts and workers of its own."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chaos.worlds import World

SEED = 1


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        world = World(Path(folder), seed=SEED)
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
