"""Deleting a step or a pipeline: its leads move to a target step, as one bulk event with a part for each lead."""

from collections import Counter
from uuid import UUID

from sales import ranks, totals
from sales.advice import Advice, AdviceCode
from sales.errors import InvalidValue, LastStep, NotFound, PipelineIsDefault, StepInUse
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.pipelines import Pipeline, locked_pipeline
from sales.steps import Step, locked_pipeline_of, locked_steps, one_of, require_open
from sales.verbs import verb
from sales.viewers import Viewer


@verb
async def delete_step(step_id: UUID, *, by: Viewer, target_step_id: UUID | None = None) -> Draft:
    """Delete a step; what is in it goes to the end of the target step, in its order.

    Without a target a step in use is refused (StepInUse). Guards of the target are not asked: a warning says so.
    """
    by.require_administrator()
    siblings, target = await _locked(await locked_pipeline_of(step_id, by=by), target_step_id)
    step = one_of(siblings, step_id)
    if target is step:
        raise InvalidValue("targetStepId", "target_is_deleted")
    if all(each.archived_at for each in siblings if each.id != step_id):
        raise LastStep
    draft = Draft(Kind.STEP_DELETED, step, by=by)
    await _relocate(draft, [step], target)
    draft.remove(step)
    return draft


@verb
async def delete_pipeline(pipeline_id: UUID, *, by: Viewer, target_step_id: UUID | None = None) -> Draft:
    """Delete a pipeline with its steps, each with an event of its own; their leads go to another pipeline's step."""
    by.require_administrator()
    pipeline = await locked_pipeline(pipeline_id, by=by)
    if pipeline.is_default:
        raise PipelineIsDefault
    steps, target = await _locked(pipeline, target_step_id)
    if target in steps:
        raise InvalidValue("targetStepId", "target_is_deleted")
    draft = Draft(Kind.PIPELINE_DELETED, pipeline, by=by)
    await _relocate(draft, steps, target)
    for step in steps:
        part = Draft(Kind.STEP_DELETED, step, by=by)
        part.remove(step)
        draft.parts.append(part)
    draft.remove(pipeline)
    return draft


async def _locked(pipeline: Pipeline, target_id: UUID | None) -> tuple[list[Step], Step | None]:
    """The steps of a locked pipeline and the open one that takes their leads, locked together in their ids' order."""
    steps = await locked_steps(pipeline, also=target_id)
    target = next((step for step in steps if step.id == target_id), None)
    if target_id is not None and target is None:
        raise NotFound("step", "targetStepId")
    if target is not None:
        await require_open(target, path="targetStepId")
    return [step for step in steps if step.pipeline_id == pipeline.id], target


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
    await totals.count_at_once()
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
