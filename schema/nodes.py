"""Nodes: whatever has an identity can be looked up by it, as far as the viewer sees it."""

import asyncio
from typing import Annotated, Any

import strawberry
from strawberry import Parent
from tortoise.models import Model

import reads
from sales.journal import Event
from schema import ids
from schema.context import Context, Info
from schema.mistakes import bad_input

MOST_NODES = 100


@strawberry.interface(description="Something with an identity.")
class Node:
    """A type over the rows of one table: `class Lead(Node, over=leads.Lead)`."""

    over: strawberry.Private[type[Model]]

    def __init_subclass__(cls, *, over: type[Model]) -> None:
        cls.over = over
        cls.is_type_of = classmethod(lambda cls, row, info: isinstance(row, dict | over))  # type: ignore[attr-defined]

    @strawberry.field(
        description="Unique across all types and stable for ever, such as `lead_<uuid>`. Never null.",
        metadata=reads.computed(ids.in_sql),
    )
    def id(self, row: Parent[Any]) -> strawberry.ID:
        return ids.id_of(row)


async def look_up(context: Context, id: str) -> Model | None:
    """The row that an id names; None for what does not exist, can't be seen, or is no id at all."""
    by, found = context.by, ids.split(id)
    if found is None:
        return None
    model, key = found
    if model is not Event:
        return await context.loaders.one(model).load(key)
    account_id, position = key
    return await context.loaders.events.load(position) if account_id == by.account.id else None


@strawberry.field(
    graphql_type=Node | None,
    description="The object of an id. Null when there is none, when you may not see it, and for what is no id.",
)
async def node(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The id; it can't be null.")]
) -> Model | None:
    return await look_up(info.context, id)


@strawberry.field(
    graphql_type=list[Node | None],
    description="The objects of several ids, in their order; null in the place of each that there is none for.",
)
async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {MOST_NODES} ids; never null.")],
) -> list[Model | None]:
    if len(ids) > MOST_NODES:
        raise bad_input(f"At most {MOST_NODES} ids at once; these are {len(ids):,}.")
    return await asyncio.gather(*(look_up(info.context, id) for id in ids))


QUERIES = [node, nodes]
