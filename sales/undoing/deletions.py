"""A step or a pipeline that was deleted, back in its place, with its leads back in it."""

from collections import Counter
from typing import Any
from uuid import UUID

from sales import totals
from sales.errors import CannotUndo, InvalidValue, NotFound, WhyNotUndone
from sales.journal import Event, Kind
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.pipelines import Pipeline, locked_pipeline, locked_pipelines
from sales.steps import MOST_STEPS, Step, locked_steps
from sales.undoing.leads import put_back, row_before
from sales.undoing.places import rank_before
from sales.viewers import Viewer


async def undone_deletion(event: Event, *, by: Viewer) -> Draft:
    """The draft that brings back what was deleted, under the same id, and each lead to its step and rank.

    All of them or none: raises VersionConflict where one has been moved on since.
    """
    by.require_administrator()
    parts = await _parts(event)
    draft = await (_pipeline if event.kind == Kind.PIPELINE_DELETED else _step)(event, by)
    for part in parts:
        if part.kind == Kind.STEP_DELETED:
            step = row_before(Step, part.changes)
            draft.parts.append(Draft(Kind.STEP_UNDONE, step, by=by))
            draft.parts[-1].add(step)
    leads = await _locked([part.lead_id for part in parts if part.lead_id], by)
    if leads:
        await totals.count_at_once()
    for part in parts:
        if part.lead_id is not None:
            lead = leads[part.lead_id]
            back = await put_back(part, lead, by=by)
            if "step_id" in back.changed(lead):  # into a step that nobody else can have entered
                back.change(lead, rank=await rank_before(part, lead))
            draft.parts += [] if back.is_empty else [back]
    owners = Counter(str(lead.owner_id) for lead in leads.values() if lead.owner_id)
    draft.data = {"leads": len(leads), "owners": owners}
    return draft


async def _parts(event: Event) -> list[Event]:
    """The events that it caused: they lie right behind it."""
    most = event.data.get("leads", 0) + MOST_STEPS
    within = Event.filter(account_id=event.account_id, position__gt=event.position, position__lte=event.position + most)
    return await within.filter(caused_by=event.position).order_by("position")


async def _pipeline(event: Event, by: Viewer) -> Draft:
    others = await locked_pipelines(by)
    await _require_gone(Pipeline, event)
    pipeline = row_before(Pipeline, event.changes)
    draft = Draft(Kind.PIPELINE_UNDONE, pipeline, by=by)
    _put_among(draft, others, pipeline)
    draft.add(pipeline)
    return draft


async def _step(event: Event, by: Viewer) -> Draft:
    step = row_before(Step, event.changes)
    try:
        others = await locked_steps(await locked_pipeline(step.pipeline_id, by=by))
    except NotFound:
        raise CannotUndo(WhyNotUndone.PIPELINE_GONE) from None
    await _require_gone(Step, event)
    if len(others) >= MOST_STEPS:
        raise InvalidValue("position", "steps_number", most=MOST_STEPS)
    draft = Draft(Kind.STEP_UNDONE, step, by=by)
    _put_among(draft, others, step)
    draft.add(step)
    return draft


async def _require_gone(model: type[Any], event: Event) -> None:
    if await model.filter(account_id=event.account_id, id=event.subject_id).exists():
        raise CannotUndo(WhyNotUndone.ALREADY)


def _put_among(draft: Draft, others: list[Any], row: Any) -> None:
    """In its old place among those that are there now."""
    before = sum(1 for other in others if other.position < row.position)
    for position, each in enumerate([*others[:before], row, *others[before:]], start=1):
        if each is row:
            row.position = position
        else:
            draft.change(each, position=position)


async def _locked(ids: list[UUID], by: Viewer) -> dict[UUID, Lead]:
    leads = Lead.filter(account_id=by.account.id, id__in=ids).order_by("id").select_for_update(no_key=True)
    return {lead.id: lead for lead in await leads}
