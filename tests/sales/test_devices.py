"""Devices: a device that two people share is known by one row at a time; over the API in tests/schema."""

import asyncio
from collections.abc import Iterator

import pytest

from sales import sealed
from sales.endpoints import Endpoint, devices, offered
from sales.endpoints.devices import Telephone
from sales.endpoints.offered import Offer
from sales.verbs import Outcome
from sales.viewers import Viewer
from tests.factories import a_user


@pytest.fixture(autouse=True)
def _deployment() -> Iterator[None]:
    sealed.use("k" * 32)
    offered.use(Offer(reaches_telephones=True))
    yield
    offered.use(Offer())
    sealed.use(None)


async def test_a_device_that_several_people_add_at_once_belongs_to_one_of_them(ada: Viewer) -> None:
    people = [ada, *[await a_user(ada, name=name) for name in ("Ben", "Cleo", "Dan")]]
    shared = Telephone("token-of-a-telephone")

    added = await asyncio.gather(*(devices.add(by=by, name="Shared", device=shared) for by in people))

    assert all(isinstance(each, Outcome) for each in added)
    rows = await Endpoint.filter(account_id=ada.account.id)
    assert [row.user_id in {by.user.id for by in people} for row in rows if row.deleted_at is None] == [True]
    assert len(rows) == len(people)
