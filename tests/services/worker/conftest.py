"""The worker's parts run on the open pool, in an account of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from sales.endpoints import addresses
from sales.viewers import Viewer
from tests.factories import an_account, an_empty_outbox
from tests.services.worker.hooks import LOOPBACK, Worker
from tests.services.worker.receivers import Receiver, a_receiver
from tests.turning import reminded


@pytest.fixture(autouse=True)
def _on_the_pool(pool: None) -> None:
    """What is sent comes from the database."""


@pytest.fixture
async def ada() -> Viewer:
    """The administrator of a fresh account, in English, in Paris."""
    return await an_account()


@pytest.fixture
async def delivery(ada: Viewer) -> UUID:
    """An e-mail that is due: its id."""
    return await reminded(ada, activity="Call", note="Ask for Jo")


@pytest.fixture
def sealing(sealing: None) -> None:
    """This deployment has a key, and lets webhooks go to this machine."""
    addresses.allow(LOOPBACK)


@pytest.fixture
async def alone() -> None:
    """Nothing of what other tests left is sent."""
    await an_empty_outbox()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver() as receiver:
        yield receiver


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)
