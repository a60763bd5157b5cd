"""Reminders that cannot fire, and the time between the tries of what fails."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sales import database
from sales.reminders import Reminder
from sales.viewers import Viewer


async def a_second_later(by: Viewer) -> None:
    await database.fetch(
        "update failures set last_at = last_at - interval '1 second' where account_id = $1", by.account.id
    )


@asynccontextmanager
async def poisoned(reminder: Reminder, *, column: str = "state") -> AsyncIterator[None]:
    """This reminder cannot fire for as long as the block lasts."""
    name = f"poison_{reminder.id.hex}"
    await database.fetch(
        f"create function {name}() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$"
    )
    await database.fetch(
        f"create trigger {name} before update of {column} on reminders for each row when (new.id = '{reminder.id}') "
        f"execute function {name}()"
    )
    try:
        yield
    finally:
        await database.fetch(f"drop trigger {name} on reminders")
        await database.fetch(f"drop function {name}()")
