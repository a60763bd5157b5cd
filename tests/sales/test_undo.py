"""Undoing: all is as it was before, nobody has heard of it, and nothing that others did is lost."""

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sales import database, digests, notices, ranks, undoing
from sales.accounts import Privacy
from sales.boards import past
from sales.clock import fire_due
from sales.deliveries.claiming import claim, transmitting
from sales.deliveries.decisions import cancel as cancel_delivery
from sales.deliveries.settling import sent
from sales.dispatch import dispatch
from sales.errors import CannotUndo, InvalidValue, NotAllowed, NotFound, Refusal, Refused, VersionConflict
from sales.journal import Event, plain
from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign
from sales.moments import After, On
from sales.money import Money
from sales.notifications import Notification
from sales.pipelines import Pipeline
from sales.pipelines.create import create as create_pipeline
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import choose
from sales.reminders import Reminder, ReminderState
from sales.reminders.decisions import move as move_reminder
from sales.reminders.decisions import set_reminder
from sales.reminders.terms import NO_TERMS, Terms
from sales.statuses import close, reopen, stand_by, take_up
from sales.steps import Step, StepFields
from sales.steps import create as create_step
from sales.steps.delete import delete_pipeline, delete_step
from sales.undoing.undo import undo
from sales.users import Role
from sales.verbs import Outcome
from sales.viewers import Viewer
from sales.watches import Attention, attend
from tests.factories import (
    a_lead,
    a_user,
    again,
    an_account,
    an_empty_outbox,
    column,
    events,
    last_event,
    reminders_of,
    steps_of,
)
from tests.sales.deeds import DEEDS, do, require_replayable
from tests.sales.test_preferences import night

WINDOW = timedelta(seconds=15)
TOMORROW = After(timedelta(days=1))
MOVED_ON = {"version", "todo_at"}


@pytest.fixture(autouse=True)
def _window() -> Iterator[None]:
    undoing.use(WINDOW)
    yield
    undoing.use(timedelta(0))


@pytest.fixture
async def ben(ada: Viewer) -> Viewer:
    return await a_user(ada, name="Ben")


async def test_a_move_is_undone_to_the_step_the_place_and_the_time_of_before(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    _, b, _ = [await a_lead(ada, title=title) for title in "abc"]
    moved = await move(b.id, by=ada, step_id=second.id)

    outcome = await undo(at(moved), by=ada)

    back = await Lead.get(id=b.id)
    assert await column(first) == ["a", "b", "c"]
    assert row_of(back) == row_of(b)
    assert back.version == b.version + 2
    event = await last_event(ada)
    assert (event.position, event.kind, event.lead_id) == (outcome.position, "lead.undone", b.id)
    assert event.data == {"undoes": moved.position, "undone": "lead.moved", "isTold": False}
    assert event.changes["step_id"] == [str(second.id), str(first.id)]
    assert event.changes["rank"][1] == b.rank


async def test_a_change_of_place_alone_is_undone_without_a_new_version(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    a, _, c = [await a_lead(ada, title=title) for title in "abc"]
    moved = await move(c.id, by=ada, before_id=a.id)

    await undo(at(moved), by=ada)

    assert await column(first) == ["a", "b", "c"]
    assert (await Lead.get(id=c.id)).version == 1


async def test_a_place_that_is_taken_by_now_is_found_right_behind(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    a, b, c = [await a_lead(ada, title=title) for title in "abc"]
    moved = await move(b.id, by=ada, step_id=second.id)
    await move(c.id, by=ada, after_id=a.id)
    await database.fetch("update leads set rank = $2 where id = $1 returning 1", c.id, b.rank)

    await undo(at(moved), by=ada)

    assert await column(first) == ["a", "c", "b"]


async def test_a_place_is_found_again_after_the_whole_step_was_written_anew(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    a, b, _ = [await a_lead(ada, title=title) for title in "abc"]
    moved = await move(b.id, by=ada, step_id=second.id)
    others = [await a_lead(ada, title=str(n)) for n in range(2)]
    n = 0
    while not await events(ada, kind="step.rebalanced"):
        await move(others[n % 2].id, by=ada, after_id=a.id)
        n += 1
    expected = await column(first)

    await undo(at(moved), by=ada)

    found = await column(first)
    assert [title for title in found if title != "b"] == expected
    assert found.index("b") < found.index("c")
    assert max(len(lead.rank) for lead in await Lead.filter(step_id=first.id)) <= ranks.LONGEST


@pytest.mark.parametrize("status", [Status.WON, Status.LOST, Status.CANCELLED])
async def test_a_closing_is_undone_with_its_amount_and_its_reminder(ada: Viewer, status: Status) -> None:
    lead = await a_lead(ada, standing=Standing(Status.STANDBY, until=TOMORROW), money=Money(Decimal("12.50"), "EUR"))
    closed = await close(lead.id, by=ada, status=status, money=Money(Decimal(900), "USD"))

    await undo(at(closed), by=ada)

    [reminder] = await reminders_of(lead)
    assert row_of(await Lead.get(id=lead.id)) == row_of(lead)
    assert (reminder.state, reminder.ended_at) == (ReminderState.PENDING, None)
    await require_replayable(ada)


async def test_reopening_standing_by_and_taking_up_are_undone(ada: Viewer) -> None:
    lead = await a_lead(ada)
    for act in (
        lambda: stand_by(lead.id, by=ada, until=TOMORROW, note="call"),
        lambda: close(lead.id, by=ada, status=Status.LOST),
    ):
        await undo(at(await act()), by=ada)
        assert row_of(await Lead.get(id=lead.id)) == row_of(lead)
    await stand_by(lead.id, by=ada, until=TOMORROW)
    standing = await Lead.get(id=lead.id)
    for act in (
        lambda: take_up(lead.id, by=ada),
        lambda: stand_by(lead.id, by=ada, until=After(timedelta(days=2))),
    ):
        await undo(at(await act()), by=ada)
        assert row_of(await Lead.get(id=lead.id)) == row_of(standing)
    await close(lead.id, by=ada, status=Status.WON)
    closed = await Lead.get(id=lead.id)
    await undo(at(await reopen(lead.id, by=ada, until=TOMORROW)), by=ada)

    assert row_of(await Lead.get(id=lead.id)) == row_of(closed)
    assert sorted(reminder.state for reminder in await reminders_of(lead)) == ["CANCELLED"] * 4
    await require_replayable(ada)


async def test_a_restored_reminder_whose_moment_is_past_fires_at_once(ada: Viewer) -> None:
    lead = await a_lead(ada, standing=Standing(Status.STANDBY, until=TOMORROW))
    closed = await close(lead.id, by=ada, status=Status.WON)
    await database.fetch("update reminders set due_at = now(), notify_at = now() where lead_id = $1", lead.id)

    await undo(at(closed), by=ada)
    await asyncio.sleep(0.002)
    while await fire_due():
        pass

    [reminder] = await reminders_of(lead)
    assert (reminder.state, (await Lead.get(id=lead.id)).status) == (ReminderState.FIRED, Status.TODO)


async def test_a_restored_reminder_is_told_of_when_its_new_owner_starts_the_day(ada: Viewer, ben: Viewer) -> None:
    [row] = await database.fetch("select (now() at time zone $1)::date + 2 as day", ada.user.time_zone)
    lead = await a_lead(ada, standing=Standing(Status.STANDBY, until=On(row["day"])))
    closed = await close(lead.id, by=ada, status=Status.WON)
    await database.fetch("update users set day_starts_at = '11:00' where id = $1 returning 1", ben.user.id)
    [before] = await reminders_of(lead)
    await assign(lead.id, by=ada, owner_id=ben.user.id)

    await undo(at(closed), by=ada)

    [reminder] = await reminders_of(lead)
    assert reminder.notify_at > before.notify_at


async def test_a_reminder_that_had_fired_is_told_of_although_the_closing_had_called_it_off(ada: Viewer) -> None:
    lead = await a_lead(ada, standing=Standing(Status.STANDBY, until=TOMORROW))
    await database.fetch(
        "update reminders set due_at = now(), notify_at = now() + interval '1 hour' where lead_id = $1", lead.id
    )
    await asyncio.sleep(0.002)
    while await fire_due():
        pass
    await dispatch_all()
    closed = await close(lead.id, by=ada, status=Status.WON)
    await dispatch_all()
    assert await deliveries_of(ada) == ["CANCELLED"]

    await undo(at(closed), by=ada)
    await dispatch_all()

    [told] = await Notification.filter(account_id=ada.account.id)
    assert (told.cancelled_at, told.kind) == (None, "REMINDER_DUE")
    assert await deliveries_of(ada) == ["PENDING"]
    assert [reminder.state for reminder in await reminders_of(lead)] == [ReminderState.FIRED]


async def test_what_was_told_ahead_is_told_again_while_the_moment_is_still_to_come(ada: Viewer) -> None:
    lead = await a_lead(ada)
    hours, _ = await night(ada)
    await choose(by=ada, wishes={"quiet_hours": hours})
    ahead = Terms(ahead=[timedelta(hours=1)])
    await stand_by(lead.id, by=ada, until=After(timedelta(hours=1, milliseconds=500)), terms=ahead)
    await database.fetch("update reminders set ahead_at = now() where lead_id = $1", lead.id)
    while await fire_due():
        pass
    await dispatch_all()
    closed = await close(lead.id, by=ada, status=Status.WON)
    await dispatch_all()
    assert await deliveries_of(ada) == ["CANCELLED"]

    await undo(at(closed), by=ada)
    await dispatch_all()

    [told_ahead] = await told(ada)
    assert (told_ahead.kind, await deliveries_of(ada)) == ("REMINDER_AHEAD", ["PENDING"])


@pytest.mark.parametrize("has_left", [False, True])
async def test_a_reminder_is_in_its_digest_again_unless_that_has_left(ada: Viewer, has_left: bool) -> None:
    await an_empty_outbox()
    await choose(by=ada, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
    lead = await a_fired_reminder(ada)
    closed = await close(lead.id, by=ada, status=Status.WON)
    await dispatch_all()
    assert sorted(await deliveries_of(ada)) == ["CANCELLED", "PENDING"]
    if has_left:
        await database.fetch("update deliveries set next_at = now() where account_id = $1", ada.account.id)
        assert await claim(10) == []  # there was nothing in it any more

    await undo(at(closed), by=ada)
    await dispatch_all()

    assert sorted(await deliveries_of(ada)) == (["CANCELLED", "PENDING"] if has_left else ["JOINED", "PENDING"])
    [delivery] = await database.fetch(
        "select * from deliveries where account_id = $1 and notification_id is not null", ada.account.id
    )
    assert (delivery["digest_id"] is None) == has_left


async def test_an_escalation_that_a_closing_had_called_off_is_told_after_all(ada: Viewer, ben: Viewer) -> None:
    hours, _ = await night(ada)
    await choose(by=ada, wishes={"quiet_hours": hours})
    lead = await a_fired_reminder(ben, terms=Terms(escalate_after=timedelta(minutes=1)))
    await database.fetch("update reminders set escalate_at = now() where lead_id = $1", lead.id)
    while await fire_due():
        pass
    await dispatch_all()
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

    assert await deliveries_of(ada) == ["CANCELLED"]


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
    assert await deliveries_of(ada) == ["CANCELLED"] * is_dispatched
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


async def test_what_has_changed_since_is_a_conflict_and_nothing_is_put_back(ada: Viewer, ben: Viewer) -> None:
    _, second, third, *_ = await steps_of(ada)
    lead = await a_lead(ben)
    moved = await move(lead.id, by=ada, step_id=second.id)
    await move(lead.id, by=ben, step_id=third.id)
    written = len(await events(ada))

    with pytest.raises(VersionConflict) as refused:
        await undo(at(moved), by=ada)

    [conflict] = refused.value.fields
    assert (conflict.field, conflict.base, conflict.theirs, conflict.yours) == (
        "step_id", str(second.id), str(third.id), str(lead.step_id),
    )  # fmt: skip
    assert (refused.value.path, refused.value.message("en")) == (
        "position", "Somebody changed this in the meantime: step. The lead is now at version 3.",
    )  # fmt: skip
    assert (await Lead.get(id=lead.id)).step_id == third.id
    assert len(await events(ada)) == written


async def test_what_others_changed_besides_stays(ada: Viewer, ben: Viewer) -> None:
    lead = await a_lead(ben)
    closed = await close(lead.id, by=ada, status=Status.WON)
    await edit(lead.id, by=ben, fields=LeadFields(title="Another roof"))

    await undo(at(closed), by=ada)

    back = await Lead.get(id=lead.id)
    assert (back.title, back.status, back.closed_at) == ("Another roof", Status.TODO, None)


async def test_a_reminder_that_somebody_has_moved_since_is_a_conflict(ada: Viewer) -> None:
    lead = await a_lead(ada)
    stood = await stand_by(lead.id, by=ada, until=TOMORROW)
    [reminder] = await reminders_of(lead)
    await move_reminder(reminder.id, by=ada, at=After(timedelta(days=3)), note="later")

    with pytest.raises(VersionConflict) as refused:
        await undo(at(stood), by=ada)

    assert [conflict.field for conflict in refused.value.fields] == ["reminder_due_at", "reminder_note"]
    assert "moment of the reminder" in refused.value.message("en")
    assert "moment du rappel" in refused.value.message("fr")
    assert (await Reminder.get(id=reminder.id)).state == ReminderState.PENDING


async def test_a_reminder_that_has_fired_since_is_a_conflict(ada: Viewer) -> None:
    lead = await a_lead(ada)
    stood = await stand_by(lead.id, by=ada, until=After(timedelta(milliseconds=1)))
    await asyncio.sleep(0.002)
    while await fire_due():
        pass

    with pytest.raises(VersionConflict) as refused:
        await undo(at(stood), by=ada)

    assert [conflict.field for conflict in refused.value.fields] == ["reminder_state"]


async def test_a_place_that_somebody_has_changed_since_is_a_conflict(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    a, _, c = [await a_lead(ada, title=title) for title in "abc"]
    moved = await move(c.id, by=ada, before_id=a.id)
    await move(c.id, by=ada, after_id=a.id)

    with pytest.raises(VersionConflict) as refused:
        await undo(at(moved), by=ada)

    assert [conflict.field for conflict in refused.value.fields] == ["rank"]
    assert await column(first) == ["a", "c", "b"]


async def test_changes_are_undone_one_after_the_other_the_last_one_first(ada: Viewer) -> None:
    _, second, third, *_ = await steps_of(ada)
    lead = await a_lead(ada)
    done = [
        await move(lead.id, by=ada, step_id=second.id),
        await close(lead.id, by=ada, status=Status.WON),
        await move(lead.id, by=ada, step_id=third.id),
    ]

    for outcome in reversed(done):
        await undo(at(outcome), by=ada)

    assert row_of(await Lead.get(id=lead.id)) == row_of(lead)


async def test_only_who_did_it_or_an_administrator_may_undo_it(ada: Viewer, ben: Viewer) -> None:
    eve = await a_user(ada, name="Eve")
    one, other = await a_lead(ben), await a_lead(ben)
    closed, lost = await close(one.id, by=ben, status=Status.WON), await close(other.id, by=ben, status=Status.LOST)
    await assign(one.id, by=ada, owner_id=eve.user.id)

    for by, outcome, needs in [(eve, closed, "undo"), (ben, closed, "owner")]:
        with pytest.raises(NotAllowed) as refused:
            await undo(at(outcome), by=by)
        assert refused.value.needs == needs
    assert (await Lead.get(id=one.id)).status == Status.WON

    await undo(at(closed), by=ada)
    await undo(at(lost), by=ben)
    assert {(await Lead.get(id=lead.id)).status for lead in (one, other)} == {Status.TODO}


async def test_what_one_may_not_see_or_what_never_was_is_not_found() -> None:
    private = await an_account(privacy=Privacy.PRIVATE)
    ben, eve = await a_user(private, name="Ben"), await a_user(private, name="Eve")
    closed = await close((await a_lead(ben)).id, by=ben, status=Status.WON)

    for position in (at(closed), 9_999):
        with pytest.raises(NotFound):
            await undo(position, by=eve)
    stranger = await an_account()
    with pytest.raises(NotFound):
        await undo(at(closed), by=stranger)


async def test_what_cannot_be_undone_is_refused_with_its_reason(ada: Viewer) -> None:
    first, second, third, *_ = await steps_of(ada)
    lead, other = await a_lead(ada, step=second), await a_lead(ada)
    edited = await edit(lead.id, by=ada, fields=LeadFields(title="New"))
    moved = await move(other.id, by=ada, step_id=third.id)
    closed = await close(lead.id, by=ada, status=Status.WON)
    undone = await undo(at(closed), by=ada)
    old = await move(lead.id, by=ada, step_id=first.id)
    deleted = await delete_step(third.id, by=ada, target_step_id=first.id)
    await delete_step(second.id, by=ada)
    [row] = await database.fetch(
        "update journal set at = at - interval '25 hours' where account_id = $1 and position = $2 returning position",
        ada.account.id, moved.position,
    )  # fmt: skip
    assert row["position"] == moved.position

    for position, why in [
        (at(edited), "KIND"), (1, "KIND"), (at(undone), "AN_UNDO"), (at(closed), "ALREADY"), (at(moved), "TOO_LATE"),
        (at(old), "STEP_GONE"), (at(deleted) + 1, "PART"),
    ]:  # fmt: skip
        with pytest.raises(CannotUndo) as refused:
            await undo(position, by=ada)
        assert refused.value.why == why
        assert all(refused.value.message(locale) for locale in ("en", "fr"))


async def test_a_deleted_step_is_back_in_its_place_with_its_leads_in_their_order(ada: Viewer, ben: Viewer) -> None:
    steps = await steps_of(ada)
    leads = [await a_lead(ben, title=title, step=steps[1]) for title in "abc"]
    await a_lead(ada, title="there", step=steps[2])
    deleted = await delete_step(steps[1].id, by=ada, target_step_id=steps[2].id)
    await dispatch_all()

    outcome = await undo(at(deleted), by=ada)
    await dispatch_all()

    assert [(step.id, step.name, step.position) for step in await steps_of(ada)] == [
        (step.id, step.name, step.position) for step in steps
    ]
    assert (await column(steps[1]), await column(steps[2])) == (["a", "b", "c"], ["there"])
    assert [row_of(await Lead.get(id=lead.id)) for lead in leads] == [row_of(lead) for lead in leads]
    whole, *parts = await events(ada, position__gte=outcome.position)
    assert (whole.kind, whole.data["leads"], whole.data["isTold"]) == ("step.undone", 3, False)
    assert [(part.kind, part.caused_by) for part in parts] == [("lead.undone", outcome.position)] * 3
    assert all(one.cancelled_at for one in await told(ada, kind="STEP_CHANGED"))
    await require_replayable(ada)


async def test_the_owners_are_told_of_a_deletion_that_is_undone_too_late(ada: Viewer, ben: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    await a_lead(ben, step=second)
    undoing.use(timedelta(0))
    deleted = await delete_step(second.id, by=ada, target_step_id=first.id)
    await dispatch_all()

    await undo(at(deleted), by=ada)
    await dispatch_all()

    found = await notices.load([one.id for one in await told(ada, kind="STEP_CHANGED")])
    assert sorted(notice.sentence for notice in found.values()) == [
        "Ada Admin brought the step “Contacted” back; one lead of yours is in it again.",
        "Ada Admin deleted the step “Contacted”; one lead of yours is in “To qualify” now.",
    ]


async def test_a_deleted_pipeline_is_back_with_its_steps_and_leads(ada: Viewer) -> None:
    [target, *_] = await steps_of(ada)
    made = await create_pipeline(by=ada, name="Renewals", steps=[StepFields(name="Ask"), StepFields(name="Sign")])
    await create_pipeline(by=ada, name="Last", steps=[StepFields(name="One")])
    ask, sign = await Step.filter(pipeline_id=made.id).order_by("position")
    leads = [await a_lead(ada, title=title, step=step) for title, step in (("a", ask), ("b", sign), ("c", sign))]
    before = await Pipeline.filter(account_id=ada.account.id).order_by("position").values()
    deleted = await delete_pipeline(made.id, by=ada, target_step_id=target.id)

    await undo(at(deleted), by=ada)

    assert await Pipeline.filter(account_id=ada.account.id).order_by("position").values() == before
    assert (await column(ask), await column(sign), await column(target)) == (["a"], ["b", "c"], [])
    assert [row_of(await Lead.get(id=lead.id)) for lead in leads] == [row_of(lead) for lead in leads]
    await require_replayable(ada)


async def test_a_deletion_whose_leads_have_moved_on_or_whose_name_is_taken_is_not_undone(ada: Viewer) -> None:
    first, second, third, *_ = await steps_of(ada)
    lead = await a_lead(ada, step=second)
    deleted = await delete_step(second.id, by=ada, target_step_id=first.id)
    taken = await create_step(first.pipeline_id, by=ada, fields=StepFields(name=second.name))
    with pytest.raises(InvalidValue, match="name_taken"):
        await undo(at(deleted), by=ada)
    await delete_step(taken.id, by=ada)
    await move(lead.id, by=ada, step_id=third.id)

    with pytest.raises(VersionConflict):
        await undo(at(deleted), by=ada)

    assert not await Step.filter(id=second.id).exists()
    assert (await Lead.get(id=lead.id)).step_id == third.id


async def test_a_deletion_is_undone_by_administrators_only_and_not_without_its_pipeline(ada: Viewer) -> None:
    eve = await a_user(ada, name="Eve", role=Role.ADMINISTRATOR)
    made = await create_pipeline(by=ada, name="Renewals", steps=[StepFields(name="Ask"), StepFields(name="Sign")])
    ask, _ = await Step.filter(pipeline_id=made.id).order_by("position")
    deleted = await delete_step(ask.id, by=eve)
    await database.fetch("update users set role = 'USER' where id = $1 returning 1", eve.user.id)
    with pytest.raises(NotAllowed):
        await undo(at(deleted), by=await again(eve))
    await delete_pipeline(made.id, by=ada)
    with pytest.raises(CannotUndo) as refused:
        await undo(at(deleted), by=ada)
    assert refused.value.why == "PIPELINE_GONE"


async def test_the_board_of_the_past_does_not_show_what_was_undone(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    lead = await a_lead(ada)
    closed = await close(lead.id, by=ada, status=Status.WON)
    between = (await event_at(ada, closed)).at
    await undo(at(closed), by=ada)

    board = await past.as_of(first.pipeline_id, between, by=ada)

    assert [len(column.leads) for column in board][:1] == [1]


PLANS = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=25)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(PLANS)
async def test_whatever_is_undone_right_away_leaves_the_rows_as_they_were(plan: list[tuple[str, int, int]]) -> None:
    by = await an_account()
    ben = await a_user(by)
    for name, one, other in [("create", 0, 0), ("create", 1, 1), *plan]:
        before, last = await rows(by), (await last_event(by)).position
        try:
            await do(name, one, other, by, ben)
        except (Refusal, Refused):
            continue
        done = await Event.filter(account_id=by.account.id, position=last + 1).first()
        if done is None or done.kind not in undoing.UNDOABLE:
            continue
        await undo(done.position, by=by)
        added = {id: row for id, row in (await rows(by)).items() if id not in before}
        assert {row.pop("state") for row in added.values()} <= {"CANCELLED"}
        assert {id: row for id, row in (await rows(by)).items() if id in before} == before
    await require_replayable(by)


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

        found = await asyncio.gather(undo(at(moved), by=ada), other(), return_exceptions=True)

        assert (await Lead.get(id=lead.id)).step_id == third.id
        assert isinstance(found[0], Outcome | VersionConflict)
        seen.add(type(found[0]))
    assert seen <= {Outcome, VersionConflict}
    await require_replayable(ada)


@pytest.mark.parametrize("window", [0.05, 0.15])
async def test_in_two_hundred_races_nobody_is_told_of_what_was_undone_in_silence(
    ada: Viewer, ben: Viewer, window: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_empty_outbox()
    undoing.use(timedelta(seconds=window))
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
        undoing.use(timedelta(seconds=window))
        await one(after=window * 2)
        for _ in range(10):
            await asyncio.gather(*(one(after=chance.random() * window * 1.5) for _ in range(20)))
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


async def a_fired_reminder(by: Viewer, *, terms: Terms = NO_TERMS, notify_in: str = "0") -> Lead:
    """A lead with a reminder that came due, and of which its person is told."""
    lead = await a_lead(by)
    await set_reminder(lead.id, by=by, at=TOMORROW, terms=terms)
    await database.fetch(
        "update reminders set due_at = now(), notify_at = now() + $2::text::interval where lead_id = $1",
        lead.id, notify_in,
    )  # fmt: skip
    while await fire_due():
        pass
    await dispatch_all()
    return lead


async def states_of(notification: Notification) -> list[str]:
    found = await database.fetch("select state from deliveries where notification_id = $1", notification.id)
    return [row["state"] for row in found]


def at(outcome: Outcome) -> int:
    assert outcome.position is not None
    return outcome.position


async def event_at(by: Viewer, outcome: Outcome) -> Event:
    return await Event.get(account_id=by.account.id, position=at(outcome))


def row_of(row: Any, *, apart_from: set[str] = MOVED_ON) -> dict[str, Any]:
    return {name: plain(getattr(row, name)) for name in database.columns_of(type(row)) if name not in apart_from}


async def rows(by: Viewer) -> dict[str, dict[str, Any]]:
    """Every row of the account that deeds change, by its id."""
    found: dict[str, dict[str, Any]] = {}
    for model in (Lead, Reminder, Step, Pipeline):
        found |= {str(row.pk): row_of(row) for row in await model.filter(account_id=by.account.id)}
    return found


async def told(by: Viewer, **only: Any) -> list[Notification]:
    """What people of the account were told besides that leads were given to them."""
    found = Notification.filter(account_id=by.account.id, **only)
    return await found.order_by("position", "user_id")


async def deliveries_of(by: Viewer) -> list[str]:
    found = await database.fetch(
        "select state from deliveries where account_id = $1 order by position, id", by.account.id
    )
    return [row["state"] for row in found]


async def dispatch_all() -> None:
    while await dispatch():
        pass


async def until_sent(by: Viewer) -> None:
    async with asyncio.timeout(20):
        while (
            await database.fetch("select from deliveries where account_id = $1 and state = 'PENDING'", by.account.id)
            or (await database.fetch(
                "select h.position - c.dispatched as n from journal_heads h join dispatch_cursors c using (account_id) "
                "where account_id = $1", by.account.id,
            ))[0]["n"]
        ):  # fmt: skip
            await asyncio.sleep(0.01)
