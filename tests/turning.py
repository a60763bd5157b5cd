"""The clock and the dispatch by hand, and time that passes at once."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sales import database
from sales.clock import fire_due
from sales.deliveries import Delivery
from sales.dispatch import dispatch
from sales.leads import Lead
from sales.moments import After
from sales.notifications import Notification
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.factories import a_lead, an_empty_outbox

AN_INSTANT = After(timedelta(milliseconds=1))


async def today(by: Viewer) -> date:
    """The day that it is on somebody's calendar, by the database's clock."""
    return (await database.now()).astimezone(ZoneInfo(by.user.time_zone)).date()


async def fire_all_due(*, limit: int = 500) -> None:
    """Wait until what was meant to be due in an instant is, and fire it all."""
    await asyncio.sleep(0.002)
    while await fire_due(limit):
        pass


async def dispatch_all(*, limit: int = 500) -> None:
    while await dispatch(limit):
        pass


async def fire_and_dispatch() -> None:
    await fire_all_due()
    await dispatch_all()


async def reminded(by: Viewer, *, title: str = "New roof", activity: str = "", note: str = "") -> UUID:
    """A reminder of theirs comes due, and nothing else waits to be sent: gives the id of its one delivery."""
    await an_empty_outbox()
    lead = await a_lead(by, title=title)
    await stand_by(lead.id, by=by, until=AN_INSTANT, activity=activity, note=note)
    await fire_and_dispatch()
    return (await Delivery.get(account_id=by.account.id)).id


async def ticks(over: asyncio.Event) -> None:
    while not over.is_set():
        if not await fire_due():
            await asyncio.sleep(0.001)


async def to_be_due_in(lead: Lead, length: timedelta) -> None:
    """As if so much time had passed that only this is left of the lead's pending reminders."""
    await database.fetch(
        """update reminders r set due_at = now() + $2::interval, notify_at = now() + $2::interval, ahead_at = (
             select max(a.at) from unnest(ahead) s
             cross join lateral (select now() + $2::interval - s * interval '1 second' as at) a
             where a.at <= now() + interval '1 second')
           where lead_id = $1 and state = 'PENDING' returning 1""",
        lead.id, length,
    )  # fmt: skip


async def let_pass(lead: Lead, length: timedelta) -> None:
    """All that has happened to a lead happened so much earlier, and what is to come comes so much sooner."""
    await database.fetch(
        """update reminders set due_at = due_at - $2::interval, notify_at = notify_at - $2::interval,
             created_at = created_at - $2::interval, fired_at = fired_at - $2::interval,
             ended_at = ended_at - $2::interval, escalate_at = escalate_at - $2::interval,
             ahead_at = ahead_at - $2::interval
           where lead_id = $1 returning 1""",
        lead.id, length,
    )  # fmt: skip
    await database.fetch("update journal set at = at - $2::interval where lead_id = $1 returning 1", lead.id, length)


async def told(by: Viewer, **only: Any) -> list[Notification]:
    """What the people of an account are told, also what is held back or called off."""
    return await Notification.filter(account_id=by.account.id, **only).order_by("position", "user_id")


async def what_was_told(by: Viewer, kind: str) -> list[str]:
    """To whom, by their ids."""
    return sorted(str(each.user_id) for each in await told(by) if each.kind == kind)
