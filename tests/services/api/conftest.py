"""The API over HTTP, for nobody in particular."""

from collections.abc import AsyncIterator

import pytest

from sales.viewers import Viewer
from services.local.valkey import Valkey
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


@pytest.fixture(scope="session")
async def redis_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A Valkey of this session's own."""
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    await server.start()
    try:
        yield server.url
    finally:
        await server.stop()
