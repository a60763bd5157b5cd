"""What was done and undone: its events, its rows, and what was to be sent of it."""

from datetime import timedelta
from typing import Any

from sales import database
from sales.journal import Event, plain
from sales.moments import After
from sales.notifications import Notification
from sales.verbs import Outcome
from sales.viewers import Viewer

WINDOW = timedelta(seconds=15)
TOMORROW = After(timedelta(days=1))
MOVED_ON = {"version", "todo_at"}


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


async def delivery_states(by: Viewer) -> list[str]:
    found = await database.fetch(
        "select state from deliveries where account_id = $1 order by position, id", by.account.id
    )
    return [row["state"] for row in found]
