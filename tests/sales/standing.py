"""Leads in a status, and all that a decision could have changed of them."""

from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.viewers import Viewer
from tests.factories import SOON, a_lead, reminders_of


async def a_lead_in(status: Status, by: Viewer) -> Lead:
    return await a_lead(by, standing=Standing(status, until=SOON if status == Status.STANDBY else None))


async def state_of(lead: Lead) -> tuple[object, ...]:
    row = await Lead.filter(id=lead.id).values()
    return tuple(row[0].items()), tuple((r.id, r.state, r.due_at) for r in await reminders_of(lead))
