"""Steps: the places of a pipeline, and what a lead must bring to enter one."""

from datetime import timedelta
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from sales import database
from sales.errors import InvalidValue, LastStep, NotFound
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean, like_status
from sales.pipelines import Pipeline, locked_pipeline
from sales.verbs import Advice, AdviceCode, Checks, verb
from sales.viewers import Viewer

MANY_STEPS = 8
LONGEST_NAME = 60
LONGEST_DWELL = timedelta(days=3_660)


class Guard(StrEnum):
    """A field of the lead that a step may demand to be filled."""

    DESCRIPTION = "DESCRIPTION"
    AMOUNT = "AMOUNT"
    PROBABILITY = "PROBABILITY"
    EXPECTED_CLOSE_ON = "EXPECTED_CLOSE_ON"
    OWNER = "OWNER"


class Step(Model):
    """A place in a pipeline."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    pipeline_id = fields.UUIDField()
    name = fields.CharField(max_length=60)
    position = fields.IntField(description="Order within the pipeline, from 1, archived steps included")
    probability = fields.SmallIntField(null=True, description="Per cent; used until a lead has its own")
    expected_dwell = fields.BigIntField(null=True, description="How long a lead should stay, in seconds")
    guards: list[str] = ArrayField(element_type="text", default=list, description="Lead fields that must be filled")
    created_at = fields.DatetimeField()
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "steps"


class StepFields(TypedDict, total=False):
    """What can be set on a step; what is absent stays (or is empty on a new one)."""

    name: str
    probability: int | None
    expected_dwell: timedelta | None
    guards: list[Guard]


@verb
async def create(
    pipeline_id: UUID, *, by: Viewer, fields: StepFields, before_id: UUID | None = None, id: UUID | None = None
) -> Draft:
    """Add a step before another one, or at the end. The ninth earns a warning."""
    by.require_administrator()
    values = columns(fields)
    pipeline = await locked_pipeline(pipeline_id, by=by, path="pipelineId")
    steps = await locked_steps(pipeline)
    step = Step(
        id=id or new_id(), account_id=by.account.id, pipeline_id=pipeline.id, position=0,
        created_at=await database.now(), **values,
    )  # fmt: skip
    draft = Draft(Kind.STEP_CREATED, step, by=by)
    _renumber(draft, _inserted(steps, step, before_id))
    draft.add(step)
    draft.warnings += many_steps([*steps, step])
    return draft


@verb
async def edit(step_id: UUID, *, by: Viewer, fields: StepFields) -> Draft:
    """Rename a step, set its probability, expected dwell time or guards."""
    by.require_administrator()
    values = columns(fields)
    step = await locked_step(step_id, by=by)
    draft = Draft(Kind.STEP_EDITED, step, by=by)
    draft.change(step, **values)
    return draft


@verb
async def move(step_id: UUID, *, by: Viewer, before_id: UUID | None = None) -> Draft:
    """Put a step before another one of its pipeline, or at the end; its leads go with it."""
    by.require_administrator()
    pipeline = await _locked_pipeline_of(step_id, by=by)
    steps = await locked_steps(pipeline)
    step = next((each for each in steps if each.id == step_id), None)
    if step is None:
        raise NotFound("step")
    draft = Draft(Kind.STEP_MOVED, step, by=by)
    _renumber(draft, _inserted([each for each in steps if each.id != step_id], step, before_id))
    return draft


@verb
async def archive(step_id: UUID, *, by: Viewer) -> Draft:
    """Close a step to new leads; those in it stay. The last open step of a pipeline can't be archived (LastStep)."""
    by.require_administrator()
    pipeline = await _locked_pipeline_of(step_id, by=by)
    steps = {each.id: each for each in await locked_steps(pipeline)}
    step = steps.get(step_id)
    if step is None:
        raise NotFound("step")
    if all(each.archived_at for each in steps.values() if each.id != step_id):
        raise LastStep
    draft = Draft(Kind.STEP_ARCHIVED, step, by=by)
    draft.change(step, archived_at=step.archived_at or await database.now())
    return draft


@verb
async def restore(step_id: UUID, *, by: Viewer) -> Draft:
    by.require_administrator()
    pipeline = await _locked_pipeline_of(step_id, by=by)
    steps = {each.id: each for each in await locked_steps(pipeline)}
    step = steps.get(step_id)
    if step is None:
        raise NotFound("step")
    draft = Draft(Kind.STEP_RESTORED, step, by=by)
    draft.change(step, archived_at=None)
    draft.warnings += many_steps(list(steps.values()))
    return draft


def columns(fields: StepFields) -> dict[str, Any]:
    """The columns that these fields set; all that is wrong with them is raised at once."""
    values: dict[str, Any] = {}
    checks = Checks()
    if "name" in fields:
        with checks:
            values["name"] = _step_name(fields["name"])
    if "probability" in fields:
        values["probability"] = fields["probability"]
        if fields["probability"] is not None and not 0 <= fields["probability"] <= 100:
            checks.refusals.append(InvalidValue("probability", "not_per_cent"))
    if "expected_dwell" in fields:
        dwell = fields["expected_dwell"]
        values["expected_dwell"] = None if dwell is None else int(dwell.total_seconds())
        if dwell is not None and not timedelta(seconds=1) <= dwell <= LONGEST_DWELL:
            checks.refusals.append(InvalidValue("expectedDwell", "dwell_out_of_range"))
    if "guards" in fields:
        values["guards"] = sorted({guard.value for guard in fields["guards"]})
    checks.done()
    return values


def many_steps(steps: list[Step]) -> list[Advice]:
    """More than eight steps are hard to see and to manage."""
    live = [step for step in steps if step.archived_at is None]
    if len(live) <= MANY_STEPS:
        return []
    return [Advice(AdviceCode.MANY_STEPS, tuple(step.id for step in live[MANY_STEPS:]), {"steps": len(live)})]


async def locked_step(step_id: UUID, *, by: Viewer, path: str = "id") -> Step:
    step = await Step.filter(account_id=by.account.id, id=step_id).select_for_update(no_key=True).first()
    if step is None:
        raise NotFound("step", path)
    return step


async def locked_to_enter(step_id: UUID, *, by: Viewer, path: str = "stepId") -> Step:
    """A step, locked, that takes leads: neither it nor its pipeline is archived."""
    step = await locked_step(step_id, by=by, path=path)
    if step.archived_at is not None:
        raise InvalidValue(path, "step_archived", step=step.name)
    if await Pipeline.filter(account_id=by.account.id, id=step.pipeline_id, archived_at__isnull=False).exists():
        raise InvalidValue(path, "pipeline_archived")
    return step


async def locked_steps(pipeline: Pipeline) -> list[Step]:
    """All steps of a pipeline, archived ones too, locked by id; in their order."""
    steps = (
        await Step.filter(account_id=pipeline.account_id, pipeline_id=pipeline.id)
        .order_by("id")
        .select_for_update(no_key=True)
    )
    return sorted(steps, key=lambda step: step.position)


async def first_step(by: Viewer) -> UUID:
    """Where a lead goes when nobody says: the first open step of the default pipeline."""
    step = (
        await Step.filter(
            account_id=by.account.id,
            archived_at__isnull=True,
            pipeline_id__in=await Pipeline.filter(account_id=by.account.id, is_default=True).values_list(
                "id", flat=True
            ),
        )
        .order_by("position")
        .first()
    )
    assert step is not None, "a default pipeline keeps an open step"
    return step.id


async def _locked_pipeline_of(step_id: UUID, *, by: Viewer) -> Pipeline:
    step = await Step.filter(account_id=by.account.id, id=step_id).first()
    if step is None:
        raise NotFound("step")
    return await locked_pipeline(step.pipeline_id, by=by)


def _step_name(name: str) -> str:
    cleaned = clean(name, path="name", longest=LONGEST_NAME)
    if status := like_status(cleaned):
        raise InvalidValue("name", "name_like_status", name=cleaned, status=status)
    return cleaned


def _inserted(steps: list[Step], step: Step, before_id: UUID | None) -> list[Step]:
    if before_id is None:
        return [*steps, step]
    index = next((n for n, each in enumerate(steps) if each.id == before_id), None)
    if index is None:
        raise InvalidValue("beforeId", "not_in_pipeline")
    return [*steps[:index], step, *steps[index:]]


def _renumber(draft: Draft, steps: list[Step]) -> None:
    for position, step in enumerate(steps, start=1):
        if step.position == 0:
            step.position = position
        else:
            draft.change(step, position=position)
