"""Several dispatches and many accounts: each event is told once and in order, and no account waits for another."""

import asyncio
from decimal import Decimal

from sales.dispatch import dispatch
from sales.leads.edit import LeadFields, edit
from sales.money import Money
from sales.viewers import Viewer
from tests.factories import a_lead, an_account, last_event
from tests.sales.tellings import cursor, notifications
from tests.turning import dispatch_all


async def test_several_dispatches_at_once_tell_once_and_in_order(ada: Viewer, ben: Viewer) -> None:
    lead = await a_lead(ben)
    for n in range(40):
        await edit(lead.id, by=ada, fields=LeadFields(money=Money(Decimal(n), "EUR")))

    await asyncio.gather(*(dispatch_all(limit=3) for _ in range(6)))

    positions = [row["position"] for row in await notifications(ada)]
    assert len(positions) == len(set(positions)) == 40
    assert await cursor(ada) == (await last_event(ada)).position


async def test_accounts_take_turns_however_much_each_has_to_do(ada: Viewer) -> None:
    accounts = sorted([ada, await an_account(), await an_account()], key=lambda viewer: viewer.account.id)
    await dispatch_all()
    for viewer, leads in zip(accounts, (5, 1, 3), strict=True):
        for _ in range(leads):
            await a_lead(viewer)
    before = [await cursor(viewer) for viewer in accounts]

    for _ in accounts:
        await dispatch(limit=1)

    assert [await cursor(viewer) for viewer in accounts] == [position + 1 for position in before]


async def test_what_a_small_account_leaves_of_its_share_goes_to_a_large_one(ada: Viewer) -> None:
    large, small = ada, await an_account()
    await dispatch_all()
    for viewer, leads in ((large, 5), (small, 1)):
        for _ in range(leads):
            await a_lead(viewer)
    before = [await cursor(viewer) for viewer in (large, small)]

    looked_at = await dispatch(limit=4)

    assert looked_at == 4
    assert [await cursor(viewer) for viewer in (large, small)] == [before[0] + 3, before[1] + 1]
