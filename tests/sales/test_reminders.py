"""Reminders: set, move, snooze, done, cancel; and what becomes of the lead that one would have woken."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from sales import database, statuses
from sales.advice import AdviceCode
from sales.errors import InvalidValue, NotAllowed, NotFound, ReminderNotPending
from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.leads.owners import assign
from sales.moments import After, At, Local, On
from sales.reminders import Reminder, ReminderState
from sales.reminders.decisions import MOST_PENDING, cancel, done, move, set_reminder, snooze
from sales.users.people import prefer
from sales.viewers import Viewer
from tests.factories import SOON, a_lead, a_user, again, an_account, events, last_event, reminders_of


async def a_standby_lead(by: Viewer) -> tuple[Lead, Reminder]:
    lead = await a_lead(by, standing=Standing(Status.STANDBY, until=SOON, activity="Call", note="Paul"))
    [reminder] = await reminders_of(lead)
    return lead, reminder


async def fire(reminder: Reminder) -> None:
    """As the clock leaves a reminder behind; the clock itself has tests of its own."""
    await database.fetch(
        """with r as (update reminders set state = 'FIRED', due_at = now(), notify_at = now(), fired_at = now(),
             user_id = coalesce(user_id, created_by_id) where id = $1 returning *)
           update leads l set status = 'TODO', waking_reminder_id = null from r where l.id = r.lead_id and r.wakes
           returning l.id""",
        reminder.id,
    )


async def test_a_reminder_is_of_whoever_sets_it_and_changes_no_status(ada: Viewer) -> None:
    lead = await a_lead(ada)
    at = datetime.now(UTC) + timedelta(days=2)

    outcome = await set_reminder(lead.id, by=ada, at=At(at), activity="Visit", note="Bring samples")

    reminder = await Reminder.get(id=outcome.id)
    assert (reminder.user_id, reminder.due_at, reminder.wakes) == (ada.user.id, at, False)
    assert (reminder.activity, reminder.note, reminder.state) == ("Visit", "Bring samples", ReminderState.PENDING)
    after = await Lead.get(id=lead.id)
    assert (after.status, after.version) == (Status.TODO, 2)
    event = await last_event(ada)
    assert (event.kind, event.subject_id, event.lead_id) == ("reminder.set", reminder.id, lead.id)
    assert event.private["note"] == [None, "Bring samples"]
    assert "note" not in event.changes


async def test_a_lead_has_as_many_reminders_as_one_likes_within_reason(ada: Viewer) -> None:
    lead = await a_lead(ada)
    for _ in range(MOST_PENDING):
        await set_reminder(lead.id, by=ada, at=SOON)

    with pytest.raises(InvalidValue, match="too_many_reminders"):
        await set_reminder(lead.id, by=ada, at=SOON)
    assert len(await reminders_of(lead)) == MOST_PENDING


async def test_a_closed_lead_may_have_reminders(ada: Viewer) -> None:
    lead = await a_lead(ada, standing=Standing(Status.WON))

    await set_reminder(lead.id, by=ada, at=SOON)

    assert (await Lead.get(id=lead.id)).status == Status.WON


async def test_what_the_person_chose_is_kept_beside_the_instant(ada: Viewer) -> None:
    lead = await a_lead(ada)
    day = date.today() + timedelta(days=30)

    outcome = await set_reminder(lead.id, by=ada, at=Local(day, time(9, 30), "America/New_York"))

    reminder = await Reminder.get(id=outcome.id)
    assert (reminder.local_date, reminder.time_zone) == (day, "America/New_York")
    assert reminder.local_time == time(9, 30)


async def test_a_skipped_local_time_moves_forward_and_the_answer_says_so(ada: Viewer) -> None:
    lead = await a_lead(ada)

    outcome = await statuses.stand_by(lead.id, by=ada, until=Local(date(2027, 3, 28), time(2, 30), "Europe/Paris"))

    [reminder] = await reminders_of(lead)
    assert reminder.due_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert [advice.code for advice in outcome.warnings] == [AdviceCode.MOMENT_MOVED]


async def test_a_doubled_local_time_means_the_first(ada: Viewer) -> None:
    lead = await a_lead(ada)

    await statuses.stand_by(lead.id, by=ada, until=Local(date(2027, 10, 31), time(2, 30), "Europe/Paris"))

    [reminder] = await reminders_of(lead)
    assert reminder.due_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


async def test_a_day_alone_wakes_at_midnight_and_tells_people_in_their_morning(ada: Viewer) -> None:
    ben = await a_user(ada)
    await prefer(by=ben, preferences={"day_starts_at": time(9, 15)})
    lead = await a_lead(ada, owner=ben)
    day = date(2027, 6, 1)

    await statuses.stand_by(lead.id, by=ada, until=On(day))

    [reminder] = await reminders_of(lead)
    assert reminder.due_at == datetime(2027, 5, 31, 22, tzinfo=UTC)
    assert reminder.notify_at == datetime(2027, 6, 1, 7, 15, tzinfo=UTC)


async def test_a_lead_that_changes_hands_wakes_in_its_new_owners_morning(ada: Viewer) -> None:
    ben = await a_user(ada, time_zone="America/New_York")
    lead = await a_lead(ada)
    await statuses.stand_by(lead.id, by=ada, until=On(date(2027, 6, 1)))

    await assign(lead.id, by=ada, owner_id=ben.user.id)

    [reminder] = await reminders_of(lead)
    assert reminder.due_at == datetime(2027, 5, 31, 22, tzinfo=UTC)
    assert reminder.notify_at == datetime(2027, 6, 1, 12, tzinfo=UTC)


async def test_moving_the_waking_reminder_moves_the_waking(ada: Viewer) -> None:
    lead, reminder = await a_standby_lead(ada)
    at = datetime.now(UTC) + timedelta(days=9)

    await move(reminder.id, by=ada, at=At(at), note="Paula")

    moved = await Reminder.get(id=reminder.id)
    assert (moved.due_at, moved.note, moved.activity) == (at, "Paula", "Call")
    assert (await Lead.get(id=lead.id)).version == 2
    assert (await last_event(ada)).changes["due_at"] == [reminder.due_at.isoformat(), at.isoformat()]


@pytest.mark.parametrize(
    ("decide", "state"), [(cancel, ReminderState.CANCELLED), (done, ReminderState.DONE)], ids=["cancel", "done"]
)
async def test_ending_the_waking_reminder_brings_the_lead_back(ada: Viewer, decide: object, state: str) -> None:
    lead, reminder = await a_standby_lead(ada)

    await decide(reminder.id, by=ada)  # type: ignore[operator]

    assert (await Reminder.get(id=reminder.id)).state == state
    back = await Lead.get(id=lead.id)
    assert (back.status, back.waking_reminder_id) == (Status.TODO, None)


async def test_a_fired_reminder_is_past_moving_and_cancelling_and_the_answer_says_since_when(ada: Viewer) -> None:
    _, reminder = await a_standby_lead(ada)
    await fire(reminder)
    fired_at = (await Reminder.get(id=reminder.id)).fired_at
    written = len(await events(ada))

    for refused_call in (move(reminder.id, by=ada, at=SOON), cancel(reminder.id, by=ada)):
        with pytest.raises(ReminderNotPending) as refused:
            await refused_call
        assert (refused.value.state, refused.value.since) == ("FIRED", fired_at)
        assert refused.value.message("en") == "This reminder has already fired."
    assert len(await events(ada)) == written


async def test_snoozing_a_pending_reminder_moves_it(ada: Viewer) -> None:
    _, reminder = await a_standby_lead(ada)

    await snooze(reminder.id, by=ada, until=After(timedelta(days=5)))

    moved = await Reminder.get(id=reminder.id)
    assert moved.state == ReminderState.PENDING
    assert moved.due_at > reminder.due_at


async def test_snoozing_what_woke_a_lead_puts_the_lead_back_on_standby(ada: Viewer) -> None:
    lead, reminder = await a_standby_lead(ada)
    await fire(reminder)

    outcome = await snooze(reminder.id, by=ada, until=SOON)

    first, second = await reminders_of(lead)
    assert outcome.id == second.id
    now = await Lead.get(id=lead.id)
    assert (first.state, second.state) == (ReminderState.DONE, ReminderState.PENDING)
    assert (second.wakes, second.activity, second.note) == (True, "Call", "Paul")
    assert (now.status, now.waking_reminder_id) == (Status.STANDBY, second.id)


async def test_snoozing_another_fired_reminder_sets_it_anew(ada: Viewer) -> None:
    lead = await a_lead(ada)
    reminder = await Reminder.get(id=(await set_reminder(lead.id, by=ada, at=SOON, note="n")).id)
    await fire(reminder)

    await snooze(reminder.id, by=ada, until=SOON)

    first, second = await reminders_of(lead)
    assert (first.state, second.state) == (ReminderState.DONE, ReminderState.PENDING)
    assert (second.wakes, second.note, second.user_id) == (False, "n", ada.user.id)


async def test_a_new_standby_makes_the_fired_reminder_done(ada: Viewer) -> None:
    lead, reminder = await a_standby_lead(ada)
    await fire(reminder)

    await statuses.stand_by(lead.id, by=ada, until=SOON)

    first, _ = await reminders_of(lead)
    assert first.state == ReminderState.DONE


async def test_closing_makes_fired_reminders_done(ada: Viewer) -> None:
    lead, reminder = await a_standby_lead(ada)
    await fire(reminder)

    await statuses.close(lead.id, by=ada, status=Status.WON)

    assert [r.state for r in await reminders_of(lead)] == [ReminderState.DONE]


async def test_reminding_others_takes_the_right_to_edit_and_somebody_who_sees_the_lead(ada: Viewer) -> None:
    ben, cleo = await a_user(ada), await a_user(ada, name="Cleo")
    lead = await a_lead(ben)

    with pytest.raises(NotAllowed):
        await set_reminder(lead.id, by=cleo, at=SOON, user_id=ben.user.id)
    await set_reminder(lead.id, by=cleo, at=SOON)
    await set_reminder(lead.id, by=ben, at=SOON, user_id=cleo.user.id)

    assert [r.user_id for r in await reminders_of(lead)] == [cleo.user.id, cleo.user.id]
    await database.fetch("update accounts set privacy = 'PRIVATE' where id = $1 returning id", ada.account.id)
    with pytest.raises(InvalidValue, match="cannot_see_lead"):
        await set_reminder(lead.id, by=await again(ben), at=SOON, user_id=cleo.user.id)


async def test_a_reminder_is_for_the_person_reminded_and_for_who_may_edit_the_lead(ada: Viewer) -> None:
    ben, cleo, dan = await a_user(ada), await a_user(ada, name="Cleo"), await a_user(ada, name="Dan")
    lead = await a_lead(ben)
    reminder = (await set_reminder(lead.id, by=cleo, at=SOON)).id

    with pytest.raises(NotAllowed):
        await cancel(reminder, by=dan)
    await move(reminder, by=cleo, at=After(timedelta(hours=3)))
    await cancel(reminder, by=ben)

    with pytest.raises(NotFound):
        await cancel(reminder, by=await an_account())
