"""The verb: what may be undone, by whom, for how long."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sales import database
from sales.errors import CannotUndo, NotAllowed, NotFound, WhyNotUndone
from sales.journal import Event
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.undoing import UNDOABLE, UNDONE
from sales.undoing.deletions import undone_deletion
from sales.undoing.leads import undone_lead
from sales.undoing.silence import fall_silent
from sales.verbs import verb
from sales.viewers import Viewer, visible_to

LONGEST: Final = timedelta(hours=24)
"""After so long it is history: others have worked on from it."""


@verb
async def undo(position: int, *, by: Viewer) -> Draft:
    """Put back what the event at this position changed, as it was before.

    Within the window, while nobody has been told, people hear of neither; otherwise it is told like any other change.
    For who did it, or an administrator. Raises CannotUndo, and VersionConflict where what it would put back has
    changed since; what is already as it was is left as it is.
    """
    event = await _undoable(position, by)
    draft = await (undone_lead if event.lead_id else undone_deletion)(event, by=by)
    # Whoever else undoes it has locked the same rows first, and is done with them by now.
    await _require_not_undone(event)
    draft.data |= {"undoes": position, "undone": event.kind}
    if not draft.is_empty:
        draft.data["isTold"] = not await fall_silent(event, draft)
    return draft


async def leads_of(by: Viewer, position: int, *, most: int) -> Sequence[Event]:
    """The event of an undo at this position, or its parts: those about leads, at most so many."""
    events = Event.filter(account_id=by.account.id, position__gte=position, lead_id__isnull=False)
    own = await events.filter(position=position)
    return own or await events.filter(caused_by=position).order_by("position").limit(most)


async def _undoable(position: int, by: Viewer) -> Event:
    event = await Event.filter(account_id=by.account.id, position=position).first()
    if event is None or (event.lead_id and not await Lead.filter(visible_to(by), id=event.lead_id).exists()):
        raise NotFound("event", "position")
    if event.kind in UNDONE:
        raise CannotUndo(WhyNotUndone.AN_UNDO)
    if event.kind not in UNDOABLE:
        raise CannotUndo(WhyNotUndone.KIND)
    if event.caused_by is not None:
        raise CannotUndo(WhyNotUndone.PART)
    if event.actor_id != by.user.id and not by.is_administrator:
        raise NotAllowed("undo")
    await _require_not_undone(event)
    if await database.now() > event.at + LONGEST:
        raise CannotUndo(WhyNotUndone.TOO_LATE)
    return event


_UNDONE = "select 1 from journal where account_id = $1 and data ? 'undoes' and (data ->> 'undoes')::bigint = $2"


async def _require_not_undone(event: Event) -> None:
    if await database.fetch(_UNDONE, event.account_id, event.position):
        raise CannotUndo(WhyNotUndone.ALREADY)
