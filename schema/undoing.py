"""Undoing what was done."""

from asyncio import gather
from typing import Any

import strawberry
from strawberry import Parent

from sales import leads
from sales.journal import Event
from sales.undoing.undo import leads_of
from sales.undoing.undo import undo as put_back
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import plans
from schema.context import Info
from schema.events import read_position
from schema.leads import Lead
from schema.mutations import Answer, mutation, outcome_of
from schema.scalars import Cursor

MOST_LEADS = 100


@strawberry.input(description="A change to undo.")
class UndoInput:
    position: Cursor = strawberry.field(
        description="The `position` that the mutation answered, or that of an event of a lead's history. "
        "It can't be null."
    )


async def _leads(info: Info, answer: Answer) -> list[Any]:
    """Those that are back; where nothing was to be put back, the one that the change was about."""
    done = outcome_of(answer)
    told = await leads_of(info.context.by, done.position, most=MOST_LEADS) if done.position else []
    keys = [event.lead_id for event in told] if done.position else [done.id]
    found = await gather(*(plans.row(info, leads.Lead, key) for key in keys))
    return [lead for lead in found if lead]


@strawberry.field(
    description="Whether people are told of this as of any other change, because the time for undoing in silence was "
    "over or somebody had been told; false: nobody hears of the change or of its undoing. Null when nothing was done, "
    "or there was nothing to put back."
)
async def _is_told(answer: Parent[Answer], info: Info) -> bool | None:
    done = outcome_of(answer) if answer.done else None
    if done is None or done.position is None:
        return None
    event = await Event.get(account_id=info.context.by.account.id, position=done.position)
    return bool(event.data["isTold"])


@mutation("leads", list[Lead], read=_leads, is_told=_is_told)
async def undo(by: Viewer, input: UndoInput) -> Outcome:
    """Put back what a move, a decision about a lead or the deletion of a step or pipeline has changed.

    For a few seconds nobody is told of either. For who did it, and administrators, within 24 hours, as long as nothing
    that it puts back has changed since. `leads` are those concerned, at most 100 of them.
    """
    return await put_back(read_position(input.position), by=by)


MUTATIONS = [undo]
