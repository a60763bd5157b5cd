"""The rules run on the open pool, in an account of the test's own."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from sales import undoing
from sales.viewers import Viewer
from tests.factories import a_user, an_account
from tests.sales.undone import WINDOW
from tests.turning import reminded


@pytest.fixture(autouse=True)
def _on_the_pool(pool: None) -> None:
    """Every rule needs the database."""


@pytest.fixture
async def ada() -> Viewer:
    """The administrator of a fresh account, in English, in Paris."""
    return await an_account()


@pytest.fixture
async def ben(ada: Viewer) -> Viewer:
    """Somebody else in Ada's account."""
    return await a_user(ada, name="Ben")


@pytest.fixture
async def delivery(ada: Viewer) -> UUID:
    """An e-mail to Ada that is due: its id."""
    return await reminded(ada)


@pytest.fixture
def window() -> Iterator[None]:
    """What people do can be undone in silence for a while."""
    undoing.use(WINDOW)
    yield
    undoing.use(timedelta(0))
