"""Taking hold of a lead: seen, editable, locked. The order of locks is step, lead, reminder, journal head."""

from uuid import UUID

from sales.errors import NotAllowed, NotFound
from sales.leads import Lead
from sales.viewers import Viewer, visible_to


async def locked(lead_id: UUID, *, by: Viewer, path: str = "id") -> Lead:
    """The lead, locked until the transaction ends. Raises NotFound for what the viewer can't see."""
    lead = await Lead.filter(visible_to(by), id=lead_id).select_for_update(no_key=True).first()
    if lead is None:
        raise NotFound("lead", path)
    return lead


async def locked_to_edit(lead_id: UUID, *, by: Viewer, path: str = "id") -> Lead:
    """The lead, locked, for somebody who may change it. Raises NotFound or NotAllowed."""
    lead = await locked(lead_id, by=by, path=path)
    require_editable(lead, by)
    return lead


def require_editable(lead: Lead, by: Viewer) -> None:
    if not by.may_edit(lead):
        raise NotAllowed("owner" if lead.owner_id else "claim")
