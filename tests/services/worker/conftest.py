"""The worker's parts run on the open pool, in an account of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from sales import sealed
from sales.clock import fire_due
from sales.deliveries import Delivery
from sales.dispatch import dispatch
from sales.endpoints import addresses
from sales.moments import After
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.factories import a_lead, an_account, an_empty_outbox
from tests.services.worker.hooks import LOOPBACK, Worker
from tests.services.worker.receivers import Receiver, a_receiver


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
    await an_empty_outbox()
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=After(timedelta(milliseconds=1)), activity="Call", note="Ask for Jo")
    await asyncio.sleep(0.002)
    while await fire_due():
        pass
    while await dispatch():
        pass
    return (await Delivery.get(account_id=ada.account.id)).id


@pytest.fixture
def sealing() -> Iterator[None]:
    """This deployment has a key, and lets webhooks go to this machine."""
    sealed.use("k" * 32)
    addresses.allow(LOOPBACK)
    yield
    sealed.use(None)
    addresses.allow(())


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
