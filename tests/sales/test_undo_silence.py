"""Undoing within the window: nobody has heard of it; after that it is told like any other change."""

from datetime import timedelta
from decimal import Decimal

import pytest

from sales import database, digests, undoing
from sales.deliveries.claiming import claim
from sales.leads import Lead, Status
from sales.leads.edit import LeadFields, edit
from sales.leads.owners import assign
from sales.money import Money
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import choose
from sales.statuses import close
from sales.undoing.undo import undo
from sales.viewers import Viewer
from sales.watches import Attention, attend
from tests.factories import a_lead, a_user, an_empty_outbox, last_event
from tests.sales.undone import WINDOW, at, delivery_states, event_at, states_of
from tests.turning import dispatch_all, told

pytestmark = pytest.mark.usefixtures("window")


async def test_what_was_undone_in_silence_is_in_no_digest_and_one_that_is_being_sent_is_too_late(
    ada: Viewer, ben: Viewer
) -> None:
    await an_empty_outbox()
    await choose(by=ben, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
    lead, other = await a_lead(ben), await a_lead(ben)
    first, second = [await close(each.id, by=ada, status=Status.WON) for each in (lead, other)]
    await dispatch_all()

    in_silence = await undo(at(first), by=ada)
    await database.fetch(
        "update deliveries set next_at = now() where account_id = $1 and state = 'PENDING'", ada.account.id
    )
    [message] = await claim(10)
    too_late = await undo(at(second), by=ada)

    assert (await event_at(ada, in_silence)).data["isTold"] is False
    assert (await event_at(ada, too_late)).data["isTold"] is True
    within = await digests.within([message.digest_id]) if message.digest_id else {}
    [told_of] = await told(ada, position=second.position)
    assert within == {message.digest_id: [told_of.id]}


async def test_who_watches_hears_as_little_of_it_as_the_owner(ada: Viewer, ben: Viewer) -> None:
    eve = await a_user(ada, name="Eve")
    lead = await a_lead(ben)
    await attend(Lead, lead.id, by=eve, attention=Attention.WATCHED)
    closed = await close(lead.id, by=ada, status=Status.WON)
    await dispatch_all()
    held = await told(ada, position=at(closed))
    [now] = await database.fetch("select now() as now")
    assert {each.user_id for each in held} == {ben.user.id, eve.user.id}
    assert all(each.visible_at > now["now"] for each in held)

    await undo(at(closed), by=ada)
    await dispatch_all()

    assert [each.cancelled_at is None for each in await told(ada, position__gte=at(closed))] == [False, False]
    assert [await states_of(each) for each in held] == [["CANCELLED"]] * 2


@pytest.mark.parametrize("is_dispatched", [False, True])
async def test_within_the_window_nobody_is_told_of_either(ada: Viewer, ben: Viewer, is_dispatched: bool) -> None:
    lead = await a_lead(ben, owner=ben)
    await dispatch_all()
    closed = await close(lead.id, by=ada, status=Status.WON)
    if is_dispatched:
        await dispatch_all()
        [held] = await told(ada)
        assert held.visible_at >= (await event_at(ada, closed)).at + WINDOW

    await undo(at(closed), by=ada)
    await dispatch_all()

    assert [one.cancelled_at is not None for one in await told(ada)] == [True] * is_dispatched
    assert await delivery_states(ada) == ["CANCELLED"] * is_dispatched
    assert (await last_event(ada)).data["isTold"] is False


async def test_what_cannot_be_undone_is_never_held(ada: Viewer, ben: Viewer) -> None:
    lead = await a_lead(ada)
    await assign(lead.id, by=ada, owner_id=ben.user.id)
    await edit(lead.id, by=ada, fields=LeadFields(money=Money(Decimal(5), "EUR")))

    await dispatch_all()

    assert [one.visible_at == one.created_at for one in await told(ada)] == [True, True]


@pytest.mark.parametrize("how", ["claimed", "seen", "window over", "switched off"])
async def test_after_somebody_was_told_it_is_a_change_that_is_told_like_any_other(
    ada: Viewer, ben: Viewer, how: str
) -> None:
    await an_empty_outbox()
    lead = await a_lead(ben)
    closed = await close(lead.id, by=ada, status=Status.WON)
    if how == "switched off":
        undoing.use(timedelta(0))
    await dispatch_all()
    if how == "claimed":
        await database.fetch("update deliveries set next_at = now() where account_id = $1", ada.account.id)
        assert len(await claim(10)) == 1
    if how == "seen":
        await database.fetch("update notifications set visible_at = now() where account_id = $1", ada.account.id)
    if how == "window over":
        undoing.use(timedelta(microseconds=1))

    await undo(at(closed), by=ada)
    await dispatch_all()

    assert (await last_event(ada)).data["isTold"] is True
    assert [(one.user_id, one.kind) for one in await told(ada)] == [(ben.user.id, "STATUS_CHANGED")] * 2
    assert [one.cancelled_at for one in await told(ada)] == [None, None]
    assert (await Lead.get(id=lead.id)).status == Status.TODO
