"""Deleting a step or a pipeline: its leads move to a target step, as one bulk event with a part for each lead."""

from collections import Counter
from uuid import UUID

from sales import ranks
from sales.errors import InvalidValue, LastStep, NotFound, PipelineIsDefault, StepInUse
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.pipelines import locked_pipeline
from sales.steps import Step, locked_step, locked_steps
from sales.verbs import Advice, AdviceCode, verb
from sales.viewers import Viewer


@verb
async def delete_step(step_id: UUID, *, by: Viewer, target_step_id: UUID | None = None) -> Draft:
    """Delete a step; what is in it goes to the end of the target step, in its order.

    Without a target a step in use is refused (StepInUse). Guards of the target are not asked: a warning says so.
    """
    by.require_administrator()
    source = await Step.filter(account_id=by.account.id, id=step_id).first()
    if source is None:
        raise NotFound("step")
    pipeline = await locked_pipeline(source.pipeline_id, by=by)
    steps, target = await _locked_with_target([source.id], target_step_id, by=by)
    siblings = await locked_steps(pipeline)
    if all(each.archived_at for each in siblings if each.id != step_id):
        raise LastStep
    draft = Draft(Kind.STEP_DELETED, steps[0], by=by)
    await _relocate(draft, steps, target)
    draft.remove(steps[0])
    return draft


@verb
async def delete_pipeline(pipeline_id: UUID, *, by: Viewer, target_step_id: UUID | None = None) -> Draft:
    """Delete a pipeline with its steps; their leads go to the end of a step of another pipeline."""
    by.require_administrator()
    pipeline = await locked_pipeline(pipeline_id, by=by)
    if pipeline.is_default:
        raise PipelineIsDefault
    ids = [step.id for step in await Step.filter(account_id=by.account.id, pipeline_id=pipeline.id)]
    steps, target = await _locked_with_target(ids, target_step_id, by=by)
    draft = Draft(Kind.PIPELINE_DELETED, pipeline, by=by)
    await _relocate(draft, sorted(steps, key=lambda step: step.position), target)
    for step in steps:
        draft.remove(step)
    draft.remove(pipeline)
    return draft


async def _locked_with_target(ids: list[UUID], target_id: UUID | None, *, by: Viewer) -> tuple[list[Step], Step | None]:
    """The steps that go and the one that takes their leads, locked in the order of their ids."""
    if target_id in ids:
        raise InvalidValue("targetStepId", "target_is_deleted")
    locked = {id: await locked_step(id, by=by, path="targetStepId" if id == target_id else "id")
              for id in sorted({*ids, *([target_id] if target_id else [])})}  # fmt: skip
    target = locked.pop(target_id) if target_id else None
    if target is not None and target.archived_at is not None:
        raise InvalidValue("targetStepId", "step_archived", step=target.name)
    return list(locked.values()), target


async def _relocate(draft: Draft, steps: list[Step], target: Step | None) -> None:
    """Move all leads of these steps to the end of the target, each with an event of its own that this one caused."""
    by, order = draft.by, {step.id: index for index, step in enumerate(steps)}
    leads = (
        await Lead.filter(account_id=by.account.id, step_id__in=list(order))
        .order_by("id")
        .select_for_update(no_key=True)
    )
    if leads and target is None:
        raise StepInUse(len(leads))
    owners = Counter(str(lead.owner_id) for lead in leads if lead.owner_id)
    draft.data = {"leads": len(leads), "owners": owners, "targetStepId": target.id if target else None}
    if not leads or target is None:
        return
    last = await Lead.filter(account_id=by.account.id, step_id=target.id).order_by("-rank").first()
    now = await by.now()
    leads.sort(key=lambda lead: (order[lead.step_id], lead.rank))
    for lead, rank in zip(leads, ranks.spread(len(leads), after=last.rank if last else None), strict=True):
        part = Draft(Kind.LEAD_MOVED, lead, by=by, lead=lead)
        part.change(lead, step_id=target.id, step_entered_at=now, rank=rank)
        draft.parts.append(part)
    if target.guards:
        draft.warnings.append(
            Advice(AdviceCode.GUARDS_SKIPPED, (target.id,), {"leads": len(leads), "step": target.name})
        )
