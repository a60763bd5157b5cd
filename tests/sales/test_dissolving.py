"""Reminders that dissolve: nobody is told of what something else has made pointless."""

import asyncio
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from sales import database
from sales.errors import InvalidValue
from sales.journal import Kind
from sales.leads import Lead, Status
from sales.leads.edit import LeadFields, edit, star
from sales.leads.moves import move as move_lead
from sales.moments import After, On
from sales.reminders import Reminder, ReminderState
from sales.reminders.decisions import move, set_reminder
from sales.reminders.terms import Terms, Until
from sales.statuses import close, stand_by
from sales.steps.delete import delete_step
from sales.undoing.undo import undo
from sales.viewers import Viewer
from tests.conftest import Figures
from tests.factories import a_lead, events, last_event, reminders_of, steps_of
from tests.sales.deeds import require_replayable
from tests.sales.undone import at
from tests.turning import fire_all_due, fire_and_dispatch, ticks, to_be_due_in, told, what_was_told

HOUR, NOW = timedelta(hours=1), timedelta(0)
RACES = 200


async def win(lead: Lead, by: Viewer) -> None:
    await close(lead.id, by=by, status=Status.WON)


async def leave_the_step(lead: Lead, by: Viewer) -> None:
    await move_lead(lead.id, by=by, step_id=(await steps_of(by))[2].id)


async def write(lead: Lead, by: Viewer) -> None:
    await edit(lead.id, by=by, fields=LeadFields(title="Another roof"))


@pytest.mark.parametrize(
    ("until", "deed", "dissolves"),
    [
        (Until.STATUS_CHANGED, win, True),
        (Until.STATUS_CHANGED, leave_the_step, False),
        (Until.STATUS_CHANGED, write, False),
        (Until.STEP_LEFT, leave_the_step, True),
        (Until.STEP_LEFT, win, False),
        (Until.STEP_LEFT, write, False),
        (Until.ACTIVITY_LOGGED, write, True),
        (Until.ACTIVITY_LOGGED, leave_the_step, True),
    ],
)
async def test_it_dissolves_by_what_it_names_and_by_nothing_else(
    ada: Viewer, until: Until, deed: Any, dissolves: bool
) -> None:
    lead, id = await a_dissolving(ada, until)
    await deed(lead, ada)
    await to_be_due_in(lead, NOW)

    await fire_and_dispatch()

    reminder, event = await Reminder.get(id=id), await last_event(ada)
    if dissolves:
        assert (reminder.state, reminder.fired_at) == (ReminderState.CANCELLED, None)
        assert (event.kind, event.actor, event.data) == (Kind.REMINDER_DISSOLVED, "CLOCK", {"because": until.value})
        assert await what_was_told(ada, "REMINDER_DUE") == []
        await require_replayable(ada, apart_from={"due_at", "notify_at"})
    else:
        assert reminder.state == ReminderState.FIRED
        assert await what_was_told(ada, "REMINDER_DUE") == [str(ada.user.id)]


async def test_what_happened_before_it_was_set_or_moved_does_not_count(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await star(lead.id, by=ada)
    id = (await set_reminder(lead.id, by=ada, at=After(HOUR), terms=Terms(until=[Until.ACTIVITY_LOGGED]))).id
    await write(lead, ada)
    await move(id, by=ada, at=After(HOUR))
    await to_be_due_in(lead, NOW)

    await fire_all_due()

    assert (await Reminder.get(id=id)).state == ReminderState.FIRED


async def test_what_was_undone_does_not_count(ada: Viewer) -> None:
    lead, id = await a_dissolving(ada, Until.STATUS_CHANGED)
    won = await close(lead.id, by=ada, status=Status.WON)
    assert won.position is not None
    await undo(won.position, by=ada)
    await to_be_due_in(lead, NOW)

    await fire_all_due()

    assert (await Reminder.get(id=id)).state == ReminderState.FIRED


@pytest.mark.parametrize("until", [Until.STEP_LEFT, Until.ACTIVITY_LOGGED])
async def test_a_deleted_step_that_was_undone_does_not_count(ada: Viewer, until: Until) -> None:
    first, second, *_ = await steps_of(ada)
    lead = await a_lead(ada, step=second)
    id = (await set_reminder(lead.id, by=ada, at=After(HOUR), terms=Terms(until=[until]))).id
    deleted = await delete_step(second.id, by=ada, target_step_id=first.id)
    await undo(at(deleted), by=ada)
    await to_be_due_in(lead, NOW)

    await fire_all_due()

    assert (await Reminder.get(id=id)).state == ReminderState.FIRED


async def test_what_the_clock_does_does_not_count(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=After(HOUR))
    await set_reminder(lead.id, by=ada, at=After(HOUR), terms=Terms(until=list(Until)))
    await to_be_due_in(lead, NOW)

    await fire_all_due()

    assert [each.state for each in await reminders_of(lead)] == [ReminderState.FIRED] * 2


async def test_a_lead_time_is_not_told_of_what_has_dissolved(ada: Viewer) -> None:
    lead = await a_lead(ada)
    terms = Terms(ahead=[HOUR], until=[Until.STATUS_CHANGED])
    await set_reminder(lead.id, by=ada, at=After(2 * HOUR), terms=terms)
    await win(lead, ada)
    await to_be_due_in(lead, HOUR)

    await fire_and_dispatch()

    assert await told(ada) == []
    assert [each.state for each in await reminders_of(lead)] == [ReminderState.CANCELLED]


async def test_what_fired_and_is_still_on_its_way_is_called_off(ada: Viewer) -> None:
    """A reminder for a day fires at its midnight and is told of in the morning; in between the status changes."""
    lead = await a_lead(ada)
    [row] = await database.fetch("select (now() at time zone $1)::date + 1 as day", ada.user.time_zone)
    day: date = row["day"]
    await set_reminder(lead.id, by=ada, at=On(day), terms=Terms(until=[Until.STATUS_CHANGED]))
    await database.fetch("update reminders set due_at = now() where lead_id = $1 returning 1", lead.id)
    await fire_and_dispatch()
    [before] = await told(ada)

    await write(lead, ada)
    await fire_and_dispatch()
    [still] = await told(ada)
    await stand_by(lead.id, by=ada, until=After(HOUR))
    await fire_and_dispatch()

    [after] = await told(ada)
    [delivery] = await database.fetch("select state from deliveries where account_id = $1", ada.account.id)
    assert (before.cancelled_at, still.cancelled_at) == (None, None)
    assert after.cancelled_at is not None
    assert delivery["state"] == "CANCELLED"


async def test_what_wakes_a_lead_does_not_dissolve(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=After(HOUR))
    [waking] = await reminders_of(lead)

    with pytest.raises(InvalidValue, match="waking_cannot_dissolve"):
        await move(waking.id, by=ada, terms={"until": [Until.STATUS_CHANGED]})

    assert (await Reminder.get(id=waking.id)).until == []


async def test_each_of_a_series_dissolves_for_itself(ada: Viewer) -> None:
    lead = await a_lead(ada)
    [row] = await database.fetch("select (now() at time zone $1)::date + 1 as day", ada.user.time_zone)
    terms = Terms(until=[Until.ACTIVITY_LOGGED])
    await set_reminder(lead.id, by=ada, at=On(row["day"]), recurrence="FREQ=DAILY", terms=terms)
    await write(lead, ada)
    await to_be_due_in(lead, NOW)

    await fire_all_due()
    await to_be_due_in(lead, NOW)
    await fire_all_due()

    assert [each.state for each in await reminders_of(lead)] == [
        ReminderState.CANCELLED, ReminderState.FIRED, ReminderState.PENDING,
    ]  # fmt: skip


async def test_clock_and_person_race_and_it_fires_or_dissolves_once(ada: Viewer, figures: Figures) -> None:
    """At the very instant at which one comes due somebody changes the status: it fires or dissolves, never both."""
    over = asyncio.Event()
    ticking = [asyncio.create_task(ticks(over)) for _ in range(2)]
    made = []
    for _ in range(RACES // 10):
        group = [await a_dissolving(ada, Until.ACTIVITY_LOGGED) for _ in range(10)]
        made += [id for _, id in group]
        await database.fetch(
            """update reminders set due_at = now() + interval '20 ms', notify_at = now() + interval '20 ms'
               where id = any($1) returning 1""",
            [id for _, id in group],
        )
        await asyncio.gather(*(star_sometime(lead, ada) for lead, _ in group))
    await fire_all_due()
    over.set()
    await asyncio.gather(*ticking)

    written = await events(ada)
    ends = Counter(
        event.subject_id for event in written if event.kind in (Kind.REMINDER_FIRED, Kind.REMINDER_DISSOLVED)
    )
    states = Counter(reminder.state.value for reminder in await Reminder.filter(id__in=made))
    figures(f"{RACES} races for a reminder that dissolves: {dict(states)}")
    assert [ends[id] for id in made] == [1] * RACES
    assert set(states) <= {"FIRED", "CANCELLED"}


async def a_dissolving(by: Viewer, until: Until) -> tuple[Lead, Any]:
    lead = await a_lead(by)
    return lead, (await set_reminder(lead.id, by=by, at=After(HOUR), terms=Terms(until=[until]))).id


async def star_sometime(lead: Lead, by: Viewer) -> None:
    await asyncio.sleep(random.uniform(0, 0.04))
    await star(lead.id, by=by)
