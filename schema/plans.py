"""Plans: queries compiled once per text, shape of variables and kind of viewer, and remembered."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, Final, TypeAlias
from uuid import UUID

import orjson
from graphql import DocumentNode, GraphQLError, GraphQLResolveInfo, OperationDefinitionNode, OperationType

from reads import BadPage, Plan, Run, Shape, Unplannable, attach, compile_operation, shape_of
from sales import database
from sales.journal import Event
from sales.viewers import Viewer
from schema.mistakes import bad_input
from schema.rights import Rights, kind_of
from schema.scalars import WRITERS
from schema.schema import graphql_schema

REMEMBERED: Final = 1_000

Fetch: TypeAlias = Callable[..., Awaitable[bytes | None]]
"""Runs a plan's statement with its values and gives its `data`."""

_plans: OrderedDict[Hashable, Plan | None] = OrderedDict()


async def answer(
    text: str,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    by: Viewer,
    *,
    fetch: Fetch | None = None,
) -> bytes | None:
    """The data of a query as JSON; None for what has to be executed field by field.

    That is what no plan can say, and whatever is wrong: execution then tells where. Also where `fetch` gives None.
    """
    try:
        found = await _read(text, document, operation, variables, by, is_lenient=False, fetch=fetch or _fetch)
    except GraphQLError:
        return None
    return found if found is not None and Plan.is_whole(found) else None


async def rows(
    text: str, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any], by: Viewer
) -> dict[str, Any] | None:
    """What a plan can say of a query, for the executor to begin with; None for what has no plan.

    Raises GraphQLError for what a value refuses.
    """
    try:
        found = await _read(text, document, operation, variables, by, is_lenient=True, fetch=_fetch)
    except BadPage as bad:
        raise bad_input(bad.message) from None
    return orjson.loads(Plan.mended(found)) if found is not None else None


async def _read(
    text: str,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    by: Viewer,
    *,
    is_lenient: bool,
    fetch: Fetch,
) -> bytes | None:
    if operation.operation != OperationType.QUERY:
        return None
    shape = shape_of(graphql_schema, operation, variables)
    plan = _plan(text, document, operation, shape, by, is_lenient)
    if plan is None:
        return None
    return await fetch(plan.sql, *plan.bind(Run(shape.late, by)))


async def _fetch(sql: str, *values: Any) -> bytes | None:
    [row] = await database.fetch(f"select textsend(data) as data from ({sql}) what", *values)
    data: bytes = row["data"]
    return data


def _plan(
    text: str,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    shape: Shape,
    by: Viewer,
    is_lenient: bool,
) -> Plan | None:
    """The plan for requests like this one; None where there can't be one, which is remembered too."""
    kind = kind_of(by)
    key = (text, operation.name and operation.name.value, shape.key, kind, is_lenient)
    if key in _plans:
        _plans.move_to_end(key)
        return _plans[key]
    try:
        plan: Plan | None = compile_operation(
            graphql_schema, document, operation, shape, rights=Rights(kind), writers=WRITERS, is_lenient=is_lenient
        )
    except Unplannable:
        plan = None
    _plans[key] = plan
    if len(_plans) > REMEMBERED:
        _plans.popitem(last=False)
    return plan


async def _load(info: GraphQLResolveInfo[Any], key: Any) -> Any:
    """The row of the type that is being executed, by what a lenient plan says of it."""
    model = info.parent_type.extensions["strawberry-definition"].origin.over
    loaders = info.context.loaders
    return await (loaders.events.load(key) if model is Event else loaders.one(model).load(UUID(key)))


attach(graphql_schema, _load)
