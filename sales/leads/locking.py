"""Taking hold of a lead: seen, editable, locked. The order of locks is step, lead, reminder, journal head."""

from uuid import UUID

from sales import attempts, database
from sales.errors import NotAllowed, NotFound
from sales.leads import Lead
from sales.viewers import Viewer

SEEN = "({owners}::uuid[] is null or l.owner_id is null or l.owner_id = any({owners}))"
"""`visible_to` for statements: `owners` are the viewer's `seen_owners`."""

COLUMNS = f"{database.selected('l', Lead)}, l.xmin as l_xmin"

_LEAD = f"select {COLUMNS} from leads l where l.account_id = $1 and l.id = $2 and {SEEN.format(owners='$3')}"


async def locked(lead_id: UUID, *, by: Viewer, path: str = "id") -> Lead:
    """The lead, locked until the transaction ends. Raises NotFound for what the viewer can't see."""
    rows = await database.fetch(_LEAD + attempts.locking("l"), by.account.id, lead_id, by.seen_owners)
    if not rows:
        raise NotFound("lead", path)
    return held(rows[0])


async def locked_to_edit(lead_id: UUID, *, by: Viewer, path: str = "id") -> Lead:
    """The lead, locked, for somebody who may change it. Raises NotFound or NotAllowed."""
    lead = await locked(lead_id, by=by, path=path)
    require_editable(lead, by)
    return lead


def held(row: database.Row) -> Lead:
    """The lead whose COLUMNS a statement has selected; an attempt rests on it from now on."""
    lead = database.row_of(Lead, "l", row)
    attempts.hold(lead, row["l_xmin"])
    return lead


def require_editable(lead: Lead, by: Viewer) -> None:
    if not by.may_edit(lead):
        raise NotAllowed("owner" if lead.owner_id else "claim")
