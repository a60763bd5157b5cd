"""Whose lead it is: assigned by those who may edit it, or claimed by whoever is first."""

from datetime import timedelta
from uuid import UUID

from sales import database
from sales.errors import AlreadyClaimed, NotFound
from sales.journal import Event, Kind
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.leads.locking import locked_to_edit
from sales.reminders import tell_new_owner_in_the_morning
from sales.users import User, require_active
from sales.verbs import verb
from sales.versions import require_unchanged
from sales.viewers import Viewer, visible_to

JUST_NOW = timedelta(minutes=1)


@verb
async def assign(lead_id: UUID, *, by: Viewer, owner_id: UUID | None, expected_version: int | None = None) -> Draft:
    """Give a lead to somebody of the account, or to nobody (None). A waking reminder goes with it."""
    if owner_id is not None:
        await require_active(owner_id, by=by, path="ownerId")
    lead = await locked_to_edit(lead_id, by=by)
    await require_unchanged(lead, expected_version, {"owner_id": owner_id})
    draft = Draft(Kind.LEAD_ASSIGNED, lead, by=by, lead=lead)
    draft.change(lead, owner_id=owner_id)
    await tell_new_owner_in_the_morning(draft, lead)
    return draft


@verb
async def claim(lead_id: UUID, *, by: Viewer) -> Draft:
    """Take a lead that nobody owns. Of two at once one wins; the other gets AlreadyClaimed, and by whom.

    Claiming what is one's own already changes nothing.
    """
    # Whoever saw it unassigned a moment ago is told who was faster, also where that one's leads are not to be seen.
    if not await Lead.filter(visible_to(by), id=lead_id).exists() and not await _was_claimed_just_now(lead_id, by):
        raise NotFound("lead")
    lead = await Lead.filter(account_id=by.account.id, id=lead_id).select_for_update(no_key=True).get()
    if lead.owner_id is not None and lead.owner_id != by.user.id:
        owner = await User.get(id=lead.owner_id)
        raise AlreadyClaimed(owner.id, owner.name)
    draft = Draft(Kind.LEAD_CLAIMED, lead, by=by, lead=lead)
    draft.change(lead, owner_id=by.user.id)
    await tell_new_owner_in_the_morning(draft, lead)
    return draft


async def _was_claimed_just_now(lead_id: UUID, by: Viewer) -> bool:
    since = await database.now() - JUST_NOW
    claims = Event.filter(account_id=by.account.id, lead_id=lead_id, kind=Kind.LEAD_CLAIMED, at__gt=since)
    return await claims.exists()
