"""Steps: the places of a pipeline, and what a lead must bring to enter one."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.expressions import Q
from tortoise.models import Model

from sales import attempts, database
from sales.advice import Advice, AdviceCode
from sales.errors import InvalidValue, LastStep, NotFound
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean, like_status
from sales.pipelines import Pipeline, locked_pipeline
from sales.verbs import Checks, verb
from sales.viewers import Viewer

MANY_STEPS = 8
MOST_STEPS = 50
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


COLUMNS = f"{database.selected('s', Step)}, s.xmin as s_xmin, p.archived_at is not null as is_pipeline_archived"
FROM = "steps s join pipelines p on p.account_id = s.account_id and p.id = s.pipeline_id"
"""Of statements that read a step to put a lead there."""

_TO_ENTER = f"select {COLUMNS} from {FROM} where s.account_id = $1 and s.id = $2"


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
    if len(steps) >= MOST_STEPS:
        raise InvalidValue("pipelineId", "steps_number", most=MOST_STEPS)
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
    step, steps = await _locked_among(step_id, by=by)
    draft = Draft(Kind.STEP_MOVED, step, by=by)
    _renumber(draft, _inserted([each for each in steps if each.id != step_id], step, before_id))
    return draft


@verb
async def archive(step_id: UUID, *, by: Viewer) -> Draft:
    """Close a step to new leads; those in it stay. The last open step of a pipeline can't be archived (LastStep)."""
    step, steps = await _locked_among(step_id, by=by)
    if all(each.archived_at for each in steps if each.id != step_id):
        raise LastStep
    draft = Draft(Kind.STEP_ARCHIVED, step, by=by)
    draft.change(step, archived_at=step.archived_at or await database.now())
    return draft


@verb
async def restore(step_id: UUID, *, by: Viewer) -> Draft:
    """Open an archived step to leads again."""
    step, steps = await _locked_among(step_id, by=by)
    draft = Draft(Kind.STEP_RESTORED, step, by=by)
    draft.change(step, archived_at=None)
    draft.warnings += many_steps(steps)
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
    """A step that takes leads, locked: by a statement of its own, so that the next one sees what it waited for."""
    if not attempts.running():
        await locked_step(step_id, by=by, path=path)
    return entered(await database.fetch(_TO_ENTER, by.account.id, step_id), path=path)


def entered(rows: list[database.Row], *, path: str = "stepId") -> Step:
    """The step whose COLUMNS a statement has selected; an attempt rests on it from now on.

    Refuses one that doesn't exist, is archived, or whose pipeline is.
    """
    if not rows:
        raise NotFound("step", path)
    step = database.row_of(Step, "s", rows[0])
    attempts.hold(step, rows[0]["s_xmin"])
    if step.archived_at is not None:
        raise InvalidValue(path, "step_archived", step=step.name)
    if rows[0]["is_pipeline_archived"]:
        raise InvalidValue(path, "pipeline_archived")
    return step


async def require_open(step: Step, *, path: str) -> None:
    """Refuse a step that is archived, or whose pipeline is."""
    if step.archived_at is not None:
        raise InvalidValue(path, "step_archived", step=step.name)
    if await Pipeline.filter(account_id=step.account_id, id=step.pipeline_id, archived_at__isnull=False).exists():
        raise InvalidValue(path, "pipeline_archived")


async def locked_steps(pipeline: Pipeline, *, also: UUID | None = None) -> list[Step]:
    """All steps of a pipeline, archived ones too, and `also` a step of another: locked by id, in their order."""
    wanted = Step.filter(Q(pipeline_id=pipeline.id) | Q(id=also), account_id=pipeline.account_id)
    return sorted(await wanted.order_by("id").select_for_update(no_key=True), key=lambda step: step.position)


def one_of(steps: list[Step], step_id: UUID) -> Step:
    step = next((each for each in steps if each.id == step_id), None)
    if step is None:
        raise NotFound("step")
    return step


def name_of(account: str, step: str) -> str:
    """For statements: what a step (an id) is called, or was called when it was deleted."""
    return f"""coalesce(
    (select s.name from steps s where s.account_id = {account} and s.id = {step}),
    (select d.changes #>> '{{name,0}}' from journal d
     where d.account_id = {account} and d.kind = 'step.deleted' and d.subject_id = {step}))"""


async def names(account_id: UUID, ids: Collection[UUID]) -> dict[UUID, str | None]:
    """What these steps are called, or were when they were deleted."""
    sql = f"select i.id, {name_of('$1', 'i.id')} as name from unnest($2::uuid[]) i(id)"
    return {row["id"]: row["name"] for row in await database.fetch(sql, account_id, list(ids))}


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


async def locked_pipeline_of(step_id: UUID, *, by: Viewer) -> Pipeline:
    step = await Step.filter(account_id=by.account.id, id=step_id).first()
    if step is None:
        raise NotFound("step")
    return await locked_pipeline(step.pipeline_id, by=by)


async def _locked_among(step_id: UUID, *, by: Viewer) -> tuple[Step, list[Step]]:
    """A step and all of its pipeline, it among them, locked for an administrator."""
    by.require_administrator()
    steps = await locked_steps(await locked_pipeline_of(step_id, by=by))
    return one_of(steps, step_id), steps


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
