"""Reminders that come again every day, and time that passes for them."""

from datetime import date, time, timedelta
from typing import Any

from sales import database
from sales.moments import Local
from sales.reminders import Reminder
from sales.reminders.decisions import set_reminder
from sales.viewers import Viewer
from tests.factories import a_lead
from tests.turning import today

PARIS = "Europe/Paris"
DAILY = "FREQ=DAILY"
LATER = Local(date(2030, 1, 1), time(9), PARIS)


async def a_recurring(by: Viewer, rule: str = DAILY, **more: Any) -> tuple[Any, Reminder]:
    """A lead with a reminder at nine, from the day after tomorrow on."""
    lead = await a_lead(by)
    day = await today(by) + timedelta(days=2)
    outcome = await set_reminder(lead.id, by=by, at=Local(day, time(9), PARIS), recurrence=rule, **more)
    return lead, await Reminder.get(id=outcome.id)


async def make_due(reminder: Reminder) -> None:
    await database.fetch(
        "update reminders set due_at = now(), notify_at = now(), ahead_at = null where id = $1 returning 1", reminder.id
    )
