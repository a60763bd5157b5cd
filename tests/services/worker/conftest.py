"""The worker's parts run on the open pool, in an account of the test's own."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from sales.clock import fire_due
from sales.deliveries import Delivery
from sales.dispatch import dispatch
from sales.moments import After
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.factories import a_lead, an_account, an_empty_outbox


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
