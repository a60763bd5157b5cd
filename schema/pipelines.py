"""Pipelines: each a company's own order of steps, and how administrators arrange them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import UNSET, Parent

import reads
from reads import Row
from sales import leads, pipelines, steps
from sales.leads import Status
from sales.pipelines.create import create
from sales.steps import delete
from sales.verbs import Outcome
from sales.viewers import Viewer
from sales.watches import Attention
from schema import ids
from schema.attention import DESCRIPTION, attention
from schema.boards.past import BoardDiff, Diff, PastBoard, PastColumns, board_as_of, board_diff
from schema.context import Info
from schema.leads.conditions import Conditions
from schema.mutations import deletion, mutation
from schema.nodes import Node
from schema.steps import Step, StepInput, fields

if TYPE_CHECKING:
    from schema.boards.live import Board
    from schema.leads.filters import LeadFilter


def _is_shown(row: Row, given: reads.Arguments) -> str:
    return "true" if given["includeArchived"] else f"{row.archived_at} is null"


def _chosen(pipeline: Row, given: reads.Arguments) -> str:
    if given.get("id") is None:
        return pipeline.is_default
    return f"{pipeline.id} = {pipeline.bind(ids.late(given['id'], pipelines.Pipeline), 'uuid')}"


def _matching(pipeline: Row, given: reads.Arguments) -> str:
    return Conditions(Row(pipeline.statement, "lead", leads.Lead)).of(given.get("filter"))


@strawberry.type(description="A company's own order of steps; its leads are those of its steps.")
class Pipeline(Node, over=pipelines.Pipeline):
    name: str = strawberry.field(description="Its name, in the company's words. Never null.")
    position: int = strawberry.field(description="Its place among the pipelines, from 1. Never null.")
    is_default: bool = strawberry.field(description="Whether new leads go here unless said otherwise. Never null.")
    archived_at: datetime | None = strawberry.field(description="Since when it takes no more leads; null: it does.")
    attention: Attention | None = strawberry.field(description=DESCRIPTION, metadata=attention("pipeline_id"))

    @strawberry.field(
        graphql_type=list[Step],
        description="Its steps in order; never null.",
        metadata=reads.many(
            steps.Step,
            lambda pipeline, step, given: f"{step.pipeline_id} = {pipeline.id} and {_is_shown(step, given)}",
            order=lambda step: step.position,
        ),
    )
    def steps(
        self,
        include_archived: Annotated[
            bool, strawberry.argument(description="Archived steps, too. It can't be null.")
        ] = False,
    ) -> None: ...

    @strawberry.field(
        graphql_type=Annotated["Board", strawberry.lazy("schema.boards.live")],
        description="Its steps with the leads that are in them, of these statuses and by this filter. Never null.",
        metadata=reads.same_row(check=_matching),
    )
    def board(
        self,
        filter: Annotated[
            Annotated["LeadFilter", strawberry.lazy("schema.leads.filters")] | None,
            strawberry.argument(description="Which leads; null: all."),
        ] = None,
        statuses: Annotated[
            list[Status] | None,
            strawberry.argument(
                description="In which statuses; an empty list: none. Left out or null: those of a filter that "
                "names any, or else the open ones, TODO and STANDBY."
            ),
        ] = None,
        first: Annotated[
            int | None,
            strawberry.argument(description="How many leads a column shows at first, 1 to 100; null means 25."),
        ] = None,
    ) -> None: ...

    @strawberry.field(graphql_type=PastBoard, description="Its board as it was at a moment of the past. Never null.")
    async def board_as_of(
        self,
        pipeline: Parent[pipelines.Pipeline],
        info: Info,
        at: Annotated[datetime, strawberry.argument(description="When; not in the future. It can't be null.")],
    ) -> PastColumns:
        return await board_as_of(info.context, pipeline.id, at)

    @strawberry.field(graphql_type=BoardDiff, description="What moved on its board between two moments. Never null.")
    async def board_diff(
        self,
        pipeline: Parent[pipelines.Pipeline],
        info: Info,
        start: Annotated[
            datetime, strawberry.argument(name="from", description="What is later counts. It can't be null.")
        ],
        end: Annotated[
            datetime,
            strawberry.argument(
                name="to",
                description="Up to and including this; not before `from`, not in the future. It can't be null.",
            ),
        ],
    ) -> Diff:
        return await board_diff(info.context, pipeline.id, start, end)


@strawberry.field(
    name="pipelines",
    graphql_type=list[Pipeline],
    description="The pipelines of your account in order; never null.",
    metadata=reads.many(
        pipelines.Pipeline,
        lambda _, pipeline, given: _is_shown(pipeline, given),
        order=lambda pipeline: pipeline.position,
    ),
)
def list_pipelines(
    include_archived: Annotated[
        bool, strawberry.argument(description="Archived pipelines, too. It can't be null.")
    ] = False,
) -> None: ...


@strawberry.field(
    name="pipeline",
    graphql_type=Pipeline | None,
    description="One pipeline. Null when there is none of that id.",
    metadata=reads.one(pipelines.Pipeline, lambda _, pipeline, given: _chosen(pipeline, given)),
)
def pipeline_by_id(
    id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Its id; left out or null: the default pipeline.")
    ] = None,
) -> None: ...


_NAME = "What it is called; no two open ones share a name. It can't be null."


@strawberry.input(description="A new pipeline with its steps.")
class PipelineCreateInput:
    name: str = strawberry.field(description=_NAME)
    steps: list[StepInput] = strawberry.field(description="Its steps in order, at least one. It can't be null.")
    id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Your own id for it, `pipeline_<UUIDv7>`; sent again, it answers the first outcome. "
        "Left out or null: the server makes one.",
    )


@strawberry.input(description="Another name for a pipeline.")
class PipelineRenameInput:
    id: strawberry.ID = strawberry.field(description="The pipeline. It can't be null.")
    name: str = strawberry.field(description=_NAME)


@strawberry.input(description="Another place for a pipeline.")
class PipelineMoveInput:
    id: strawberry.ID = strawberry.field(description="The pipeline. It can't be null.")
    before_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The pipeline that it comes before; left out or null: it comes last."
    )


@strawberry.input(description="The pipeline that new leads go to.")
class PipelineMakeDefaultInput:
    id: strawberry.ID = strawberry.field(description="The pipeline. It can't be null.")


@strawberry.input(description="A pipeline to close.")
class PipelineArchiveInput(PipelineMakeDefaultInput):
    pass


@strawberry.input(description="An archived pipeline.")
class PipelineRestoreInput(PipelineMakeDefaultInput):
    pass


@strawberry.input(description="A pipeline to delete, and where its leads go.")
class PipelineDeleteInput(PipelineMakeDefaultInput):
    target_step_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="The step of another pipeline that takes its leads; left out or null: only an empty one goes.",
    )


@mutation("pipeline", Pipeline, creates=True)
async def pipeline_create(by: Viewer, input: PipelineCreateInput) -> Outcome:
    """Make a pipeline with its steps. More than eight earn a warning. Administrators only."""
    own = ids.own(input.id, pipelines.Pipeline)
    return await create(by=by, name=input.name, steps=[fields(step) for step in input.steps], id=own)


@mutation("pipeline", Pipeline)
async def pipeline_rename(by: Viewer, input: PipelineRenameInput) -> Outcome:
    """Give a pipeline another name. Administrators only."""
    return await pipelines.rename(ids.read(input.id, pipelines.Pipeline), by=by, name=input.name)


@mutation("pipeline", Pipeline)
async def pipeline_move(by: Viewer, input: PipelineMoveInput) -> Outcome:
    """Put a pipeline before another one, or last. Administrators only."""
    before = ids.maybe(input.before_id, pipelines.Pipeline, path="beforeId")
    return await pipelines.move(ids.read(input.id, pipelines.Pipeline), by=by, before_id=before)


@mutation("pipeline", Pipeline)
async def pipeline_make_default(by: Viewer, input: PipelineMakeDefaultInput) -> Outcome:
    """Have new leads go to this pipeline, unless another is given. Administrators only."""
    return await pipelines.make_default(ids.read(input.id, pipelines.Pipeline), by=by)


@mutation("pipeline", Pipeline)
async def pipeline_archive(by: Viewer, input: PipelineArchiveInput) -> Outcome:
    """Close a pipeline to new leads; those in it stay. The default stays open. Administrators only."""
    return await pipelines.archive(ids.read(input.id, pipelines.Pipeline), by=by)


@mutation("pipeline", Pipeline)
async def pipeline_restore(by: Viewer, input: PipelineRestoreInput) -> Outcome:
    """Open an archived pipeline again. Administrators only."""
    return await pipelines.restore(ids.read(input.id, pipelines.Pipeline), by=by)


@deletion("pipeline")
async def pipeline_delete(by: Viewer, input: PipelineDeleteInput) -> Outcome:
    """Delete a pipeline with its steps; their leads go to the end of a step of another one. Administrators only."""
    target = ids.maybe(input.target_step_id, steps.Step, path="targetStepId")
    return await delete.delete_pipeline(ids.read(input.id, pipelines.Pipeline), by=by, target_step_id=target)


QUERIES = [list_pipelines, pipeline_by_id]
MUTATIONS = [
    pipeline_create, pipeline_rename, pipeline_move, pipeline_make_default, pipeline_archive, pipeline_restore,
    pipeline_delete,
]  # fmt: skip
