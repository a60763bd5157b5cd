"""Reminders on inactivity: nothing for ten days."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sales.errors import InvalidValue, Refused
from sales.journal import Kind
from sales.leads import Lead
from sales.leads.edit import LeadFields, edit, star
from sales.moments import After
from sales.reminders import Reminder, ReminderState
from sales.reminders.decisions import done, end_series, move, set_reminder, skip, snooze
from sales.reminders.terms import Terms
from sales.users import Role
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, events, last_event, reminders_of
from tests.turning import fire_all_due, fire_and_dispatch, let_pass, what_was_told

DAY = timedelta(days=1)
TEN_DAYS = timedelta(days=10)


async def test_it_fires_when_nobody_has_touched_the_lead_for_so_long(ada: Viewer) -> None:
    lead, id = await a_watched_lead(ada)

    await let_pass(lead, TEN_DAYS - timedelta(minutes=1))
    await fire_all_due()
    early = (await Reminder.get(id=id)).state
    await let_pass(lead, timedelta(minutes=1))
    await fire_and_dispatch()

    assert early == ReminderState.PENDING
    assert (await Reminder.get(id=id)).state == ReminderState.FIRED
    assert await what_was_told(ada, "REMINDER_DUE") == [str(ada.user.id)]


async def test_it_waits_anew_from_the_last_time_that_somebody_touched_it(ada: Viewer) -> None:
    lead, id = await a_watched_lead(ada)
    await let_pass(lead, 4 * DAY)
    await star(lead.id, by=await a_user(ada, role=Role.ADMINISTRATOR))
    touched = (await last_event(ada)).at

    await let_pass(lead, 6 * DAY)
    await asyncio.gather(*(fire_and_dispatch() for _ in range(3)))

    reminder = await Reminder.get(id=id)
    assert (reminder.state, reminder.due_at) == (ReminderState.PENDING, touched + 4 * DAY)
    event = await last_event(ada)
    assert (event.kind, event.actor) == (Kind.REMINDER_POSTPONED, "CLOCK")
    assert len(await events(ada, kind=Kind.REMINDER_POSTPONED)) == 1
    assert await what_was_told(ada, "REMINDER_DUE") == []
    await let_pass(lead, 4 * DAY)
    await fire_all_due()
    assert (await Reminder.get(id=id)).state == ReminderState.FIRED


async def test_the_same_silence_is_told_of_once(ada: Viewer) -> None:
    lead, _ = await a_watched_lead(ada)

    for _ in range(5):
        await let_pass(lead, TEN_DAYS)
        await fire_and_dispatch()

    first, second = await reminders_of(lead)
    assert (first.state, second.state, second.occurrence) == (ReminderState.FIRED, ReminderState.PENDING, 2)
    assert await what_was_told(ada, "REMINDER_DUE") == [str(ada.user.id)]


async def test_it_starts_anew_when_somebody_has_touched_the_lead_since(ada: Viewer) -> None:
    lead, _ = await a_watched_lead(ada)
    await let_pass(lead, TEN_DAYS)
    await fire_and_dispatch()
    await let_pass(lead, 3 * DAY)
    await edit(lead.id, by=ada, fields=LeadFields(title="Another roof"))

    await let_pass(lead, 7 * DAY)
    await fire_all_due()
    waiting = [each.state for each in await reminders_of(lead)]
    await let_pass(lead, 3 * DAY)
    await fire_and_dispatch()

    assert waiting == [ReminderState.FIRED, ReminderState.PENDING]
    assert [each.state for each in await reminders_of(lead)] == [
        ReminderState.FIRED, ReminderState.FIRED, ReminderState.PENDING,
    ]  # fmt: skip


async def test_to_say_that_it_is_done_is_to_touch_the_lead(ada: Viewer) -> None:
    lead, id = await a_watched_lead(ada)
    await let_pass(lead, TEN_DAYS)
    await fire_all_due()
    await done(id, by=ada)

    await let_pass(lead, TEN_DAYS)
    await fire_all_due()

    assert [each.state for each in await reminders_of(lead)] == [
        ReminderState.DONE, ReminderState.FIRED, ReminderState.PENDING,
    ]  # fmt: skip


async def test_it_ends_as_any_series_does(ada: Viewer) -> None:
    lead, id = await a_watched_lead(ada)
    await let_pass(lead, TEN_DAYS)
    await fire_all_due()

    await end_series(id, by=ada)
    await star(lead.id, by=ada)
    await let_pass(lead, 2 * TEN_DAYS)
    await fire_all_due()

    assert [each.state for each in await reminders_of(lead)] == [ReminderState.FIRED, ReminderState.CANCELLED]


async def test_skipping_it_waits_for_ten_days_more(ada: Viewer) -> None:
    lead, id = await a_watched_lead(ada)

    outcome = await skip(id, by=ada)

    first, second = await reminders_of(lead)
    assert (outcome.id, second.since_activity) == (second.id, TEN_DAYS.total_seconds())
    assert first.ended_at is not None
    assert second.due_at == first.ended_at + TEN_DAYS


async def test_it_has_no_moment_of_its_own(ada: Viewer) -> None:
    lead, id = await a_watched_lead(ada)
    written = len(await events(ada))

    wrong: list[Any] = [
        {"at": After(DAY), "since_activity": TEN_DAYS},
        {"since_activity": TEN_DAYS, "recurrence": "FREQ=DAILY"},
        {"since_activity": TEN_DAYS, "terms": Terms(ahead=[DAY])},
        {"since_activity": timedelta(hours=23)},
        {},
        {"recurrence": "FREQ=DAILY"},
    ]
    for each in wrong:
        with pytest.raises((InvalidValue, Refused)):
            await set_reminder(lead.id, by=ada, **each)
    for refused in (move(id, by=ada, at=After(DAY)), snooze(id, by=ada, until=After(DAY))):
        with pytest.raises(InvalidValue, match="inactivity_has_no_moment"):
            await refused
    assert len(await events(ada)) == written


async def a_watched_lead(by: Viewer) -> tuple[Lead, Any]:
    lead = await a_lead(by)
    return lead, (await set_reminder(lead.id, by=by, since_activity=TEN_DAYS)).id
