"""Steps: the places of a pipeline, and how administrators arrange them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import UNSET

import reads
from sales import pipelines, steps
from sales.steps import Guard, delete
from sales.verbs import Outcome
from sales.viewers import Viewer
from sales.watches import Attention
from schema import ids
from schema.absent import given
from schema.attention import DESCRIPTION, attention
from schema.mutations import deletion, mutation
from schema.nodes import Node

if TYPE_CHECKING:
    from schema.pipelines import Pipeline


@strawberry.type(description="A place in a pipeline: how far along a sale is.")
class Step(Node, over=steps.Step):
    name: str = strawberry.field(description="Its name, in the company's words. Never null.")
    position: int = strawberry.field(description="Its place among the steps of the pipeline, from 1. Never null.")
    probability: int | None = strawberry.field(
        description="Per cent, for leads without a probability of their own; null: none."
    )
    archived_at: datetime | None = strawberry.field(description="Since when it takes no more leads; null: it does.")
    expected_dwell: timedelta | None = strawberry.field(
        description="How long a lead should stay at most; null: nobody said.",
        metadata=reads.computed(lambda step: step.expected_dwell),
    )
    guards: list[Guard] = strawberry.field(
        description="What a lead must bring to enter; may be empty, never null.",
        metadata=reads.computed(lambda step: step.guards),
    )
    pipeline: Annotated["Pipeline", strawberry.lazy("schema.pipelines")] = strawberry.field(
        description="The pipeline that it is a part of. Never null.",
        metadata=reads.to_one(pipelines.Pipeline, "pipeline_id"),
    )
    attention: Attention | None = strawberry.field(description=DESCRIPTION, metadata=attention("step_id"))


@strawberry.field(
    name="step",
    graphql_type=Step | None,
    description="The step of an id. Null when there is none in your account.",
    metadata=reads.one(
        steps.Step, lambda _, step, given: f"{step.id} = {step.bind(ids.late(given['id'], steps.Step), 'uuid')}"
    ),
)
def step_by_id(
    id: Annotated[strawberry.ID, strawberry.argument(description="The step's id; it can't be null.")],
) -> None: ...


_NAME = "What it is called; not like a status. "
_PROBABILITY = "Per cent, 0 to 100, for leads without a probability of their own. "
_DWELL = "How long a lead should stay at most. "
_GUARDS = "What a lead must bring to enter. "
_BEFORE = "The step of the same pipeline that it comes before; left out or null: it comes last."


@strawberry.input(description="A step of a new pipeline.")
class StepInput:
    name: str = strawberry.field(description=_NAME + "It can't be null.")
    probability: int | None = strawberry.field(default=UNSET, description=_PROBABILITY + "Null: none.")
    expected_dwell: timedelta | None = strawberry.field(default=UNSET, description=_DWELL + "Null: nobody says.")
    guards: list[Guard] | None = strawberry.field(default=UNSET, description=_GUARDS + "Left out: nothing; never null.")


@strawberry.input(description="A new step of a pipeline.")
class StepCreateInput(StepInput):
    pipeline_id: strawberry.ID = strawberry.field(description="The pipeline. It can't be null.")
    before_id: strawberry.ID | None = strawberry.field(default=UNSET, description=_BEFORE)
    id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Your own id for it, `step_<UUIDv7>`; sent again, it answers the first outcome. "
        "Left out or null: the server makes one.",
    )


@strawberry.input(description="What changes on a step; what is left out stays.")
class StepEditInput:
    id: strawberry.ID = strawberry.field(description="The step. It can't be null.")
    name: str | None = strawberry.field(default=UNSET, description=_NAME + "Left out: stays; never null.")
    probability: int | None = strawberry.field(default=UNSET, description=_PROBABILITY + "Null clears it.")
    expected_dwell: timedelta | None = strawberry.field(default=UNSET, description=_DWELL + "Null clears it.")
    guards: list[Guard] | None = strawberry.field(default=UNSET, description=_GUARDS + "Left out: stays; never null.")


@strawberry.input(description="Another place for a step.")
class StepMoveInput:
    id: strawberry.ID = strawberry.field(description="The step. It can't be null.")
    before_id: strawberry.ID | None = strawberry.field(default=UNSET, description=_BEFORE)


@strawberry.input(description="A step, and nothing else to say.")
class StepArchiveInput:
    id: strawberry.ID = strawberry.field(description="The step. It can't be null.")


@strawberry.input(description="An archived step.")
class StepRestoreInput(StepArchiveInput):
    pass


@strawberry.input(description="A step to delete, and where its leads go.")
class StepDeleteInput:
    id: strawberry.ID = strawberry.field(description="The step. It can't be null.")
    target_step_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The step that takes its leads; left out or null: only an empty step is deleted."
    )


@mutation("step", Step, creates=True)
async def step_create(by: Viewer, input: StepCreateInput) -> Outcome:
    """Add a step to a pipeline. The ninth earns a warning. Administrators only."""
    return await steps.create(
        ids.read(input.pipeline_id, pipelines.Pipeline, path="pipelineId"),
        by=by,
        fields=fields(input),
        before_id=ids.maybe(input.before_id, steps.Step, path="beforeId"),
        id=ids.own(input.id, steps.Step),
    )


@mutation("step", Step)
async def step_edit(by: Viewer, input: StepEditInput) -> Outcome:
    """Change what a step is called and asks for. Administrators only."""
    return await steps.edit(ids.read(input.id, steps.Step), by=by, fields=fields(input))


@mutation("step", Step)
async def step_move(by: Viewer, input: StepMoveInput) -> Outcome:
    """Put a step before another one of its pipeline, or last; its leads go with it. Administrators only."""
    before = ids.maybe(input.before_id, steps.Step, path="beforeId")
    return await steps.move(ids.read(input.id, steps.Step), by=by, before_id=before)


@mutation("step", Step)
async def step_archive(by: Viewer, input: StepArchiveInput) -> Outcome:
    """Close a step to new leads; those in it stay. Administrators only."""
    return await steps.archive(ids.read(input.id, steps.Step), by=by)


@mutation("step", Step)
async def step_restore(by: Viewer, input: StepRestoreInput) -> Outcome:
    """Open an archived step again. Administrators only."""
    return await steps.restore(ids.read(input.id, steps.Step), by=by)


@deletion("step")
async def step_delete(by: Viewer, input: StepDeleteInput) -> Outcome:
    """Delete a step; its leads go to the end of the target step, in their order. Administrators only."""
    target = ids.maybe(input.target_step_id, steps.Step, path="targetStepId")
    return await delete.delete_step(ids.read(input.id, steps.Step), by=by, target_step_id=target)


def fields(input: StepInput | StepEditInput) -> steps.StepFields:
    """What of a step was sent."""
    names = ("name", "probability", "expected_dwell", "guards")
    sent: steps.StepFields = given(input, *names, clearable={"probability", "expected_dwell"})  # type: ignore[assignment]
    return sent


QUERIES = [step_by_id]
MUTATIONS = [step_create, step_edit, step_move, step_archive, step_restore, step_delete]
