"""Everything here is asked over HTTP, in an account of the test's own."""

import gc
from collections.abc import Iterator

import pytest

from sales.viewers import Viewer
from tests.api import Client, signed_in
from tests.factories import a_user, an_account
from tests.schema.arguments import Supplies
from tests.schema.worlds import World, a_world


@pytest.fixture(autouse=True)
def _on_the_pool(pool: None) -> None:
    """Every question needs the database."""


@pytest.fixture
async def ada() -> Viewer:
    """The administrator of a fresh account, in English, in Paris."""
    return await an_account()


@pytest.fixture
async def client(ada: Viewer) -> Client:
    """Ada's device."""
    return await signed_in(ada)


@pytest.fixture
async def bens(ada: Viewer) -> Client:
    """The device of somebody else in Ada's account."""
    return await signed_in(await a_user(ada))


@pytest.fixture(scope="session")
async def world(pool: None) -> World:
    """What questions at random are asked about; tests only read it."""
    return await a_world()


@pytest.fixture(scope="session")
async def supplies(world: World) -> Supplies:
    """What questions about it may send."""
    return await world.supplies()


@pytest.fixture
def swept() -> Iterator[None]:
    """What a test leaves behind is swept away before the next one, which would be warned of it."""
    yield
    gc.collect()
