"""Reminders that come again: each time as a row of its own, exactly once, until the series ends."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sales import clock, database
from sales.errors import InvalidValue
from sales.journal import Kind
from sales.leads import Status
from sales.moments import After, At, Local, On
from sales.reminders import ReminderState
from sales.reminders.decisions import cancel, done, end_series, move, set_reminder, skip, snooze
from sales.reminders.series import Series
from sales.reminders.terms import Terms
from sales.statuses import close
from sales.users.people import prefer
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, events, last_event, reminders_of
from tests.sales.deeds import require_replayable
from tests.sales.recurring import DAILY, LATER, PARIS, a_recurring, make_due
from tests.turning import fire_all_due, today


async def test_the_first_comes_on_the_first_day_that_the_rule_names(ada: Viewer) -> None:
    lead = await a_lead(ada)

    await set_reminder(
        lead.id, by=ada, at=Local(date(2030, 1, 1), time(9), PARIS), recurrence="rrule:freq=weekly;byday=fr"
    )

    [reminder] = await reminders_of(lead)
    series = await Series.get(id=reminder.series_id)
    assert reminder.due_at == datetime(2030, 1, 4, 8, tzinfo=UTC)
    assert (reminder.occurs_on, reminder.occurrence) == (date(2030, 1, 4), 1)
    assert (series.recurrence, series.starts_on) == ("FREQ=WEEKLY;BYDAY=FR", date(2030, 1, 1))


async def test_when_one_fires_the_next_is_set_once_as_a_row_of_its_own(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada, activity="Call", note="Paul", terms=Terms(ahead=[timedelta(hours=1)]))
    await make_due(reminder)

    await fire_all_due()

    first, second = await reminders_of(lead)
    assert (first.state, first.is_followed) == (ReminderState.FIRED, True)
    assert (second.state, second.series_id, second.occurrence) == (ReminderState.PENDING, first.series_id, 2)
    assert (second.activity, second.note, second.user_id) == ("Call", "Paul", ada.user.id)
    assert first.occurs_on is not None
    assert second.occurs_on == first.occurs_on + timedelta(days=1)
    assert second.due_at.astimezone(ZoneInfo(PARIS)).time() == time(9)
    assert (second.ahead, second.ahead_at) == ([3600], second.due_at - timedelta(hours=1))
    event = await last_event(ada)
    assert (event.kind, event.actor, event.actor_id, event.subject_id) == (Kind.REMINDER_SET, "CLOCK", None, second.id)
    await require_replayable(ada, apart_from={"due_at", "notify_at", "ahead_at", "occurs_on"})


async def test_a_series_goes_on_where_it_was_interrupted(ada: Viewer) -> None:
    """A clock that dies after the statement that fires leaves a reminder that is over and not followed."""
    lead, reminder = await a_recurring(ada)
    await make_due(reminder)
    await clock.FIRE.run(500)
    assert [each.state for each in await reminders_of(lead)] == [ReminderState.FIRED]

    seconds = await clock.next_due_in()
    await fire_all_due()

    assert seconds is not None
    assert seconds < 0
    assert [each.occurrence for each in await reminders_of(lead)] == [1, 2]


async def test_two_clocks_at_once_never_make_two_of_one(ada: Viewer) -> None:
    made = [await a_recurring(ada) for _ in range(20)]
    for _, reminder in made:
        await make_due(reminder)

    await asyncio.gather(*(fire_all_due() for _ in range(6)))

    for lead, _ in made:
        assert [each.occurrence for each in await reminders_of(lead)] == [1, 2]


async def test_what_was_missed_is_not_made_up_for(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada)
    await make_due(reminder)
    await database.fetch("update reminders set occurs_on = occurs_on - 40 where id = $1 returning 1", reminder.id)
    await database.fetch(
        "update reminder_series set starts_on = starts_on - 40 where id = $1 returning 1", reminder.series_id
    )

    await fire_all_due()

    _, second = await reminders_of(lead)
    assert second.due_at > await database.now()
    assert second.due_at < await database.now() + timedelta(hours=25)


@pytest.mark.parametrize("rule", ["FREQ=DAILY;COUNT=1", "FREQ=YEARLY;UNTIL={day}"])
async def test_a_rule_without_another_day_ends_the_series(ada: Viewer, rule: str) -> None:
    day = await today(ada) + timedelta(days=2)
    lead, reminder = await a_recurring(ada, rule.format(day=f"{day:%Y%m%d}"))
    await make_due(reminder)

    await fire_all_due()

    [only] = await reminders_of(lead)
    assert (only.state, only.is_followed) == (ReminderState.FIRED, True)
    assert (await Series.get(id=only.series_id)).ended_at is not None
    assert (await last_event(ada)).kind == Kind.REMINDER_SERIES_ENDED


async def test_a_rule_that_names_no_day_is_refused(ada: Viewer) -> None:
    lead = await a_lead(ada)
    written = len(await events(ada))

    for rule, at in (
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", On(date(2030, 1, 1))),
        ("FREQ=DAILY;UNTIL=20200101", LATER),
    ):
        with pytest.raises(InvalidValue, match="recurrence_never"):
            await set_reminder(lead.id, by=ada, at=at, recurrence=rule)
    for at in (At(datetime(2030, 1, 1, tzinfo=UTC)), After(timedelta(days=1))):
        with pytest.raises(InvalidValue, match="recurrence_needs_day"):
            await set_reminder(lead.id, by=ada, at=at, recurrence=DAILY)
    assert len(await events(ada)) == written


@pytest.mark.parametrize("decide", [done, cancel, skip], ids=["done", "cancel", "skip"])
async def test_ending_the_pending_one_by_hand_sets_the_next_in_the_same_event(ada: Viewer, decide: Any) -> None:
    lead, reminder = await a_recurring(ada)
    written = len(await events(ada))

    outcome = await decide(reminder.id, by=ada)

    first, second = await reminders_of(lead)
    assert (first.is_followed, second.occurrence, second.state) == (True, 2, ReminderState.PENDING)
    assert first.occurs_on is not None
    assert second.occurs_on == first.occurs_on + timedelta(days=1)
    assert outcome.id == (second.id if decide is skip else first.id)
    assert len(await events(ada)) == written + 1
    await require_replayable(ada)


async def test_moving_one_leaves_the_rule_as_it_is(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada)

    await move(reminder.id, by=ada, at=After(timedelta(minutes=5)))
    await skip(reminder.id, by=ada)

    first, second = await reminders_of(lead)
    assert first.occurs_on == reminder.occurs_on
    assert second.occurs_on == first.occurs_on + timedelta(days=1)
    assert second.due_at == reminder.due_at + timedelta(days=1)


async def test_doing_or_snoozing_one_that_fired_makes_no_second_next(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada)
    await make_due(reminder)
    await fire_all_due()

    await snooze(reminder.id, by=ada, until=After(timedelta(hours=1)))
    await fire_all_due()

    assert [(each.occurrence, each.series_id is None) for each in await reminders_of(lead)] == [
        (1, False), (2, False), (1, True),
    ]  # fmt: skip


async def test_ending_a_series_cancels_the_pending_one_and_sets_no_other(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada)
    await make_due(reminder)
    await fire_all_due()

    await end_series(reminder.id, by=ada)
    again = await end_series(reminder.id, by=ada)
    await fire_all_due()

    assert [each.state for each in await reminders_of(lead)] == [ReminderState.FIRED, ReminderState.CANCELLED]
    assert again.position is None
    await require_replayable(ada, apart_from={"due_at", "notify_at", "occurs_on", "ahead_at"})


async def test_what_comes_once_can_be_neither_skipped_nor_ended(ada: Viewer) -> None:
    lead = await a_lead(ada)
    once = (await set_reminder(lead.id, by=ada, at=LATER)).id

    for decide in (skip, end_series):
        with pytest.raises(InvalidValue, match="reminder_comes_once"):
            await decide(once, by=ada)


async def test_closing_the_lead_keeps_the_series(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada)
    await make_due(reminder)
    await fire_all_due()

    await close(lead.id, by=ada, status=Status.WON)

    assert [each.state for each in await reminders_of(lead)] == [ReminderState.DONE, ReminderState.PENDING]


async def test_a_whole_day_comes_again_in_the_morning_of_whoever_is_reminded(ada: Viewer) -> None:
    ben = await a_user(ada, time_zone="America/New_York")
    await prefer(by=ben, preferences={"day_starts_at": time(7)})
    lead = await a_lead(ada)
    first = await set_reminder(lead.id, by=ada, at=On(date(2030, 5, 1)), recurrence="FREQ=MONTHLY", user_id=ben.user.id)

    await skip(first.id, by=ada)

    _, second = await reminders_of(lead)
    assert (second.due_at, second.notify_at) == (
        datetime(2030, 5, 31, 22, tzinfo=UTC), datetime(2030, 6, 1, 11, tzinfo=UTC),
    )  # fmt: skip


async def test_what_is_urgent_is_urgent_every_time(ada: Viewer) -> None:
    lead = await a_lead(ada)
    first = await set_reminder(lead.id, by=ada, at=On(date(2030, 5, 1)), recurrence="FREQ=MONTHLY", urgent=True)

    await skip(first.id, by=ada)

    assert [reminder.is_urgent for reminder in await reminders_of(lead)] == [True, True]
