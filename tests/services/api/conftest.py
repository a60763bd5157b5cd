"""The API over HTTP, for nobody in particular."""

from collections.abc import AsyncIterator

import pytest

from sales.viewers import Viewer
from tests.api import Client, an_app, signed_in
from tests.factories import an_account


@pytest.fixture
async def nobody(pool: None) -> AsyncIterator[Client]:
    """A client that has not signed in."""
    async with Client(an_app()) as client:
        yield client


@pytest.fixture
async def ada(pool: None) -> Viewer:
    """The administrator of a fresh account, in English, in Paris."""
    return await an_account()


@pytest.fixture
async def client(ada: Viewer) -> AsyncIterator[Client]:
    """Ada's device."""
    async with await signed_in(ada) as client:
        yield client
