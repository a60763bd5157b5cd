"""Undoing beside others: once, nothing that they did is lost, and nobody is told of what was undone in silence."""

import asyncio
import random
from datetime import timedelta
from uuid import UUID

import pytest

from sales import database, undoing
from sales.deliveries.claiming import claim, transmitting
from sales.deliveries.settling import sent
from sales.dispatch import dispatch
from sales.errors import CannotUndo, VersionConflict
from sales.leads import Lead, Status
from sales.leads.moves import move
from sales.statuses import close
from sales.undoing.undo import undo
from sales.verbs import Outcome
from sales.viewers import Viewer
from tests.factories import a_lead, an_empty_outbox, steps_of
from tests.sales.deeds import require_replayable
from tests.sales.undone import WINDOW, at, event_at
from tests.turning import told

pytestmark = pytest.mark.usefixtures("window")


async def test_of_two_undos_at_once_one_is_done_and_the_other_is_told(ada: Viewer) -> None:
    for _ in range(20):
        lead = await a_lead(ada)
        closed = await close(lead.id, by=ada, status=Status.WON)

        found = await asyncio.gather(*(undo(at(closed), by=ada) for _ in range(3)), return_exceptions=True)

        refused = [each for each in found if isinstance(each, CannotUndo)]
        assert [each.why for each in refused] == ["ALREADY", "ALREADY"]
        assert (await Lead.get(id=lead.id)).version == 3


async def test_an_edit_beside_an_undo_is_kept_or_refuses_it(ada: Viewer) -> None:
    _, second, third, *_ = await steps_of(ada)
    seen = set()
    for n in range(40):
        lead = await a_lead(ada)
        moved = await move(lead.id, by=ada, step_id=second.id)
        chance = random.Random(n)

        async def other(lead: Lead = lead, chance: random.Random = chance) -> Outcome:
            await asyncio.sleep(chance.random() * 0.01)
            return await move(lead.id, by=ada, step_id=third.id)

        undoing_it = undo(at(moved), by=ada)
        if n == 0:  # one after the other, so that both are seen
            await other()
            [undone] = await asyncio.gather(undoing_it, return_exceptions=True)
        elif n == 1:
            [undone], _ = [await undoing_it], await other()
        else:
            undone, _ = await asyncio.gather(undoing_it, other(), return_exceptions=True)

        assert (await Lead.get(id=lead.id)).step_id == third.id
        assert isinstance(undone, Outcome | VersionConflict)
        seen.add(type(undone))
    assert seen == {Outcome, VersionConflict}
    await require_replayable(ada)


@pytest.mark.parametrize("seconds", [0.05, 0.15])
async def test_in_two_hundred_races_nobody_is_told_of_what_was_undone_in_silence(
    ada: Viewer, ben: Viewer, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_empty_outbox()
    undoing.use(timedelta(seconds=seconds))
    monkeypatch.setattr(undoing, "ON_ITS_WAY", timedelta(milliseconds=5))  # so that the sender is close behind
    over, chance = asyncio.Event(), random.Random(4)
    transmitted: set[UUID] = set()

    async def the_dispatch() -> None:
        while not over.is_set():
            await dispatch()
            await asyncio.sleep(0)

    async def the_sender() -> None:
        while not over.is_set():
            for claimed in await claim(10):
                if await transmitting(claimed) and claimed.notification_id:
                    transmitted.add(claimed.notification_id)
                    await sent(claimed)
            await asyncio.sleep(0)

    beside = [asyncio.create_task(each()) for each in (the_dispatch, the_dispatch, the_sender, the_sender)]
    silent, loud = set(), set()

    async def one(*, after: float) -> None:
        lead = await a_lead(ben)
        closed = await close(lead.id, by=ada, status=Status.WON)
        await asyncio.sleep(after)
        undone = await undo(at(closed), by=ada)
        is_told = (await event_at(ada, undone)).data["isTold"]
        (loud if is_told else silent).update({at(closed), at(undone)})

    try:
        undoing.use(WINDOW)
        await one(after=0)
        undoing.use(timedelta(seconds=seconds))
        await one(after=seconds * 2)
        for _ in range(10):
            await asyncio.gather(*(one(after=chance.random() * seconds * 1.5) for _ in range(20)))
        await until_sent(ada)
    finally:
        over.set()
        await asyncio.gather(*beside)

    hearing = {one.position for one in await told(ada, kind="STATUS_CHANGED") if one.id in transmitted}
    assert len(silent) + len(loud) == 404
    assert silent
    assert loud
    assert not hearing & silent
    assert hearing == loud


async def until_sent(by: Viewer) -> None:
    async with asyncio.timeout(20):
        while (await database.fetch(_LEFT, by.account.id))[0]["is_left"]:
            await asyncio.sleep(0.01)


# At one instant: asked one after the other, what is told in between is in neither.
_LEFT = """
select exists (select from deliveries where account_id = $1 and state = 'PENDING') or exists (
  select from journal_heads h join dispatch_cursors c using (account_id)
  where account_id = $1 and h.position > c.dispatched) as is_left
"""
