"""Undoing a closing: what it had called off is told after all, unless that has left or somebody else called it off."""

from datetime import timedelta

import pytest

from sales import database
from sales.deliveries.claiming import claim
from sales.deliveries.decisions import cancel as cancel_delivery
from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.moments import After
from sales.notifications import Notification
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import choose
from sales.reminders import ReminderState
from sales.reminders.decisions import set_reminder
from sales.reminders.terms import NO_TERMS, Terms
from sales.statuses import close, stand_by
from sales.undoing.undo import undo
from sales.viewers import Viewer
from tests.factories import a_lead, an_empty_outbox, reminders_of
from tests.sales.quiet import night
from tests.sales.undone import TOMORROW, at, delivery_states, states_of
from tests.turning import dispatch_all, fire_and_dispatch, told

pytestmark = pytest.mark.usefixtures("window")


async def test_a_reminder_that_had_fired_is_told_of_although_the_closing_had_called_it_off(ada: Viewer) -> None:
    lead = await a_lead(ada, standing=Standing(Status.STANDBY, until=TOMORROW))
    await database.fetch(
        "update reminders set due_at = now(), notify_at = now() + interval '1 hour' where lead_id = $1", lead.id
    )
    await fire_and_dispatch()
    await closed_and_undone(lead, by=ada)

    [told] = await Notification.filter(account_id=ada.account.id)
    assert (told.cancelled_at, told.kind) == (None, "REMINDER_DUE")
    assert await delivery_states(ada) == ["PENDING"]
    assert [reminder.state for reminder in await reminders_of(lead)] == [ReminderState.FIRED]


async def test_what_was_told_ahead_is_told_again_while_the_moment_is_still_to_come(ada: Viewer) -> None:
    lead = await a_lead(ada)
    hours, _ = await night(ada)
    await choose(by=ada, wishes={"quiet_hours": hours})
    ahead = Terms(ahead=[timedelta(hours=1)])
    await stand_by(lead.id, by=ada, until=After(timedelta(hours=1, milliseconds=500)), terms=ahead)
    await database.fetch("update reminders set ahead_at = now() where lead_id = $1", lead.id)
    await fire_and_dispatch()
    await closed_and_undone(lead, by=ada)

    [told_ahead] = await told(ada)
    assert (told_ahead.kind, await delivery_states(ada)) == ("REMINDER_AHEAD", ["PENDING"])


@pytest.mark.parametrize("has_left", [False, True])
async def test_a_reminder_is_in_its_digest_again_unless_that_has_left(ada: Viewer, has_left: bool) -> None:
    await an_empty_outbox()
    await choose(by=ada, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
    lead = await a_fired_reminder(ada)
    closed = await close(lead.id, by=ada, status=Status.WON)
    await dispatch_all()
    assert sorted(await delivery_states(ada)) == ["CANCELLED", "PENDING"]
    if has_left:
        await database.fetch("update deliveries set next_at = now() where account_id = $1", ada.account.id)
        assert await claim(10) == []  # there was nothing in it any more

    await undo(at(closed), by=ada)
    await dispatch_all()

    assert sorted(await delivery_states(ada)) == (["CANCELLED", "PENDING"] if has_left else ["JOINED", "PENDING"])
    [delivery] = await database.fetch(
        "select * from deliveries where account_id = $1 and notification_id is not null", ada.account.id
    )
    assert (delivery["digest_id"] is None) == has_left


async def test_an_escalation_that_a_closing_had_called_off_is_told_after_all(ada: Viewer, ben: Viewer) -> None:
    hours, _ = await night(ada)
    await choose(by=ada, wishes={"quiet_hours": hours})
    lead = await a_fired_reminder(ben, terms=Terms(escalate_after=timedelta(minutes=1)))
    await database.fetch("update reminders set escalate_at = now() where lead_id = $1", lead.id)
    await fire_and_dispatch()
    closed = await close(lead.id, by=ben, status=Status.WON)
    await dispatch_all()
    [escalated] = await Notification.filter(account_id=ada.account.id, kind="REMINDER_ESCALATED")
    before = await states_of(escalated)

    await undo(at(closed), by=ben)
    await dispatch_all()

    assert (before, await states_of(escalated)) == (["CANCELLED"], ["PENDING"])


async def test_what_somebody_had_called_off_before_stays_called_off(ada: Viewer) -> None:
    lead = await a_fired_reminder(ada, notify_in="1 hour")
    [delivery] = await database.fetch("select id from deliveries where account_id = $1", ada.account.id)
    await cancel_delivery(delivery["id"], by=ada)
    closed = await close(lead.id, by=ada, status=Status.WON)
    await dispatch_all()

    await undo(at(closed), by=ada)
    await dispatch_all()

    assert await delivery_states(ada) == ["CANCELLED"]


async def closed_and_undone(lead: Lead, *, by: Viewer) -> None:
    """In between, whatever was on its way to somebody is called off."""
    closed = await close(lead.id, by=by, status=Status.WON)
    await dispatch_all()
    assert await delivery_states(by) == ["CANCELLED"]
    await undo(at(closed), by=by)
    await dispatch_all()


async def a_fired_reminder(by: Viewer, *, terms: Terms = NO_TERMS, notify_in: str = "0") -> Lead:
    """A lead with a reminder that came due, and of which its person is told."""
    lead = await a_lead(by)
    await set_reminder(lead.id, by=by, at=TOMORROW, terms=terms)
    await database.fetch(
        "update reminders set due_at = now(), notify_at = now() + $2::text::interval where lead_id = $1",
        lead.id, notify_in,
    )  # fmt: skip
    await fire_and_dispatch()
    return lead
