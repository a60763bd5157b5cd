"""The rules run on the open pool, in an account of the test's own."""

import pytest

from sales.viewers import Viewer
from tests.factories import an_account


@pytest.fixture(autouse=True)
def _on_the_pool(pool: None) -> None:
    """Every rule needs the database."""


@pytest.fixture
async def ada() -> Viewer:
    """The administrator of a fresh account, in English, in Paris."""
    return await an_account()
