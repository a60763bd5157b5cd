"""Pipelines: each a company's own order of steps."""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.errors import InvalidValue, NotFound, PipelineIsDefault
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean
from sales.verbs import verb
from sales.viewers import Viewer

LONGEST_NAME = 120


class Pipeline(Model):
    """Ordered steps that a lead goes through; exactly one of an account is the default."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    name = fields.CharField(max_length=120)
    position = fields.IntField(description="Order among the account's pipelines, from 1")
    is_default = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "pipelines"


@verb
async def rename(pipeline_id: UUID, *, by: Viewer, name: str) -> Draft:
    by.require_administrator()
    pipeline = await locked_pipeline(pipeline_id, by=by)
    draft = Draft(Kind.PIPELINE_RENAMED, pipeline, by=by)
    draft.change(pipeline, name=clean(name, path="name", longest=LONGEST_NAME))
    return draft


@verb
async def move(pipeline_id: UUID, *, by: Viewer, before_id: UUID | None = None) -> Draft:
    """Put a pipeline before another one in the account's list, or at the end."""
    by.require_administrator()
    pipelines = await locked_pipelines(by)
    pipeline = next((each for each in pipelines if each.id == pipeline_id), None)
    if pipeline is None:
        raise NotFound("pipeline")
    order = [each for each in pipelines if each.id != pipeline_id]
    index = next((n for n, each in enumerate(order) if each.id == before_id), None if before_id else len(order))
    if index is None:
        raise InvalidValue("beforeId", "not_in_account" if before_id != pipeline_id else "next_to_itself")
    draft = Draft(Kind.PIPELINE_MOVED, pipeline, by=by)
    for position, each in enumerate([*order[:index], pipeline, *order[index:]], start=1):
        draft.change(each, position=position)
    return draft


@verb
async def make_default(pipeline_id: UUID, *, by: Viewer) -> Draft:
    """New leads go to this pipeline from now on, unless another is given."""
    by.require_administrator()
    pipelines = {each.id: each for each in await locked_pipelines(by)}
    pipeline = pipelines.get(pipeline_id)
    if pipeline is None:
        raise NotFound("pipeline")
    if pipeline.archived_at is not None:
        raise InvalidValue("id", "pipeline_archived")
    draft = Draft(Kind.PIPELINE_MADE_DEFAULT, pipeline, by=by)
    for each in pipelines.values():
        draft.change(each, is_default=each.id == pipeline_id)
    return draft


@verb
async def archive(pipeline_id: UUID, *, by: Viewer) -> Draft:
    """Close a pipeline to new leads; those in it stay. The default can't be archived (PipelineIsDefault).

    Its steps are written anew as they are, since whoever puts a lead there has locked one of them, or rests on it.
    """
    by.require_administrator()
    pipeline = await locked_pipeline(pipeline_id, by=by)
    if pipeline.is_default:
        raise PipelineIsDefault
    await database.fetch(
        "update steps set position = position where account_id = $1 and pipeline_id = $2 returning id",
        by.account.id, pipeline.id,
    )  # fmt: skip
    draft = Draft(Kind.PIPELINE_ARCHIVED, pipeline, by=by)
    draft.change(pipeline, archived_at=pipeline.archived_at or await database.now())
    return draft


@verb
async def restore(pipeline_id: UUID, *, by: Viewer) -> Draft:
    by.require_administrator()
    pipeline = await locked_pipeline(pipeline_id, by=by)
    draft = Draft(Kind.PIPELINE_RESTORED, pipeline, by=by)
    draft.change(pipeline, archived_at=None)
    return draft


async def locked_pipeline(pipeline_id: UUID, *, by: Viewer, path: str = "id") -> Pipeline:
    """Pipelines are locked before steps, steps before leads."""
    pipeline = await Pipeline.filter(account_id=by.account.id, id=pipeline_id).select_for_update(no_key=True).first()
    if pipeline is None:
        raise NotFound("pipeline", path)
    return pipeline


async def locked_pipelines(by: Viewer) -> list[Pipeline]:
    """All pipelines of the account, locked by id; in their order."""
    pipelines = await Pipeline.filter(account_id=by.account.id).order_by("id").select_for_update(no_key=True)
    return sorted(pipelines, key=lambda pipeline: pipeline.position)
