"""Plans: what requests ask, compiled once per text, shape of variables and kind of viewer, and remembered."""

from collections.abc import Awaitable, Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
)
from orjson import Fragment
from tortoise.models import Model

from reads import (
    Arguments,
    Field,
    Metadata,
    Path,
    Plan,
    Question,
    RefusedArguments,
    Run,
    TooLarge,
    Unplannable,
    key_of,
    path_of,
    rows_by_key,
)
from sales import database
from sales.memory import Memory
from sales.viewers import Viewer
from schema.asked import Asked
from schema.mistakes import unauthenticated
from schema.rights import Rights, kind_of

if TYPE_CHECKING:
    from schema.context import Context, Info

REMEMBERED: Final = 16_000_000
"""Bytes of all plans, roughly: twice the text, and what each value takes."""
_VALUE: Final = 700

M = TypeVar("M", bound=Model)
Compile: TypeAlias = Callable[[Question], Plan]
Fetch: TypeAlias = Callable[..., Awaitable[bytes | None]]
"""Runs a plan's statement with its values and gives its `data`."""

_plans: Memory[Hashable, Plan | None] = Memory(REMEMBERED, largest=REMEMBERED // 8)


async def answer(asked: Asked, by: Viewer, *, fetch: Fetch | None = None) -> bytes | None:
    """The data of a query as JSON; None for what has to be executed field by field.

    That is what no plan can say, and whatever is wrong: execution then tells where. Also where `fetch` gives None.
    Raises TooLarge.
    """
    try:
        plan = _plan(asked, by, "whole", lambda question: question.compile(asked.operation))
        if plan is None:
            return None
        run = Run(asked.shape.late, by)
        found = await (fetch or _fetch)(plan.sql, *plan.bind(run))
        return None if found is None else await plan.whole(found, run)
    except TooLarge:
        raise
    except (GraphQLError, RefusedArguments):
        return None


async def rows(context: "Context") -> dict[str, Any]:
    """What plans can say of the request's query, for the executor to begin with.

    Nothing where variables are wrong, which the executor tells.
    """
    try:
        asked = context.asked
        plan, run, [found] = await _lenient(
            context, "rows", lambda question: question.compile(asked.operation, is_lenient=True)
        )
        tree: dict[str, Any] = await plan.tree(found["data"].encode(), run)
        return tree
    except (GraphQLError, Unplannable):
        return {}


async def row(info: "Info", model: type[Model], key: Any) -> Any:
    """What the field that is being executed asks of a row; None where the viewer sees no such row.

    Whatever asks at the same time for rows at the same place of the answer shares a statement.
    """
    context, raw = info.context, info._raw_info
    path = path_of(raw)
    load = partial(_rows_below, context, raw.field_nodes, raw.return_type, model, path)
    return await context.batched((path, model), load, key)


async def only_row(info: "Info", model: type[Model], key: Any) -> Any:
    """The same where nothing else asks for rows at this place, as in a mutation: without waiting for others."""
    raw = info._raw_info
    return await row_below(info.context, raw.field_nodes, raw.return_type, model, path_of(raw), key)


async def row_below(
    context: "Context",
    nodes: list[FieldNode],
    of_type: GraphQLOutputType,
    model: type[Model],
    path: Path,
    key: Any,
) -> Any:
    """The same for a field of this type at this place, which need not be executed."""
    [found] = await _rows_below(context, nodes, of_type, model, path, [key])
    return found


def plan_of_rows(asked: Asked, by: Viewer, nodes: list[FieldNode], model: type[Model]) -> Plan:
    """The plan of what these fields, of the type that they are named after, ask of rows of a table.

    Raises GraphQLError, and Unplannable, for what no plan can say.
    """
    kind = asked.schema.type_map[nodes[0].name.value]
    assert isinstance(kind, GraphQLObjectType)

    def compile(question: Question) -> Plan:
        return question.compile_rows(nodes, kind, model, (), is_lenient=False)

    return _plan(asked, by, model, compile) or compile(asked.question(by))


async def rows_of(
    asked: Asked, by: Viewer, nodes: list[FieldNode], model: type[Model], keys: list[Any]
) -> dict[str, bytes]:
    """What these fields ask of rows of a table, as JSON by their keys, outside of any request.

    Raises GraphQLError, and Unplannable, for what no plan can say.
    """
    plan = plan_of_rows(asked, by, nodes, model)
    run = Run(asked.shape.late, by, keys)
    found = await database.fetch(plan.sql, *plan.bind(run))
    texts = {row["key"]: await plan.whole(row["data"], run) for row in found}
    return {key: text for key, text in texts.items() if text is not None}


async def field(info: "Info", read: Metadata, arguments: Arguments, *, more: Any = None) -> Any:
    """The field that is being executed, as if it were declared to be read like this, with these arguments.

    `more` is what they take from the run.
    """
    raw = info._raw_info
    path = path_of(raw)
    declared: Field
    [declared] = read.values()

    def compile(question: Question, *, is_lenient: bool) -> Plan:
        given = raw.field_nodes, raw.return_type, declared, arguments, path
        return question.compile_field(*given, is_lenient=is_lenient)

    [found] = (await _by_key(info.context, (path, key_of(arguments)), compile, more=more)).values()
    return found


async def one(context: "Context", model: type[Model], key: Any) -> Any:
    """A row of a table for use in Python; None where the viewer sees no such row. Those asked for together come so."""

    async def load_rows(keys: list[Any]) -> list[Any]:
        found = await loaded(model, keys, context.by)
        return [found.get(each) for each in keys]

    return await context.batched(model, load_rows, key)


async def loaded(model: type[M], keys: Iterable[Any], by: Viewer) -> dict[Any, M]:
    """The rows of a table that the viewer sees, by their keys."""
    sql, values = rows_by_key(model, Rights(kind_of(by)), Run((), by), list(keys))
    columns = database.columns_of(model)
    found = [
        model._init_from_db(**{name: each[name] for name in columns}) for each in await database.fetch(sql, *values)
    ]
    return {each.pk: each for each in found}


async def load(info: GraphQLResolveInfo[Any], key: str | int) -> Any:
    """The row of the type that is being executed, by what a lenient plan says of it."""
    model = info.parent_type.extensions["strawberry-definition"].origin.over
    return await one(info.context, model, model._meta.pk.to_python_value(key))


def refused(info: GraphQLResolveInfo[Any]) -> GraphQLError | None:
    """Why a plan has left out the field that is being executed."""
    context: Context = info.context
    if context.viewer is None:
        return unauthenticated()
    return context.refused.get(path_of(info))


async def _fetch(sql: str, *values: Any) -> bytes:
    [row] = await database.fetch(f"select textsend(data) as data from ({sql}) what", *values)
    data: bytes = row["data"]
    return data


async def _rows_below(
    context: "Context",
    nodes: list[FieldNode],
    of_type: GraphQLOutputType,
    model: type[Model],
    path: Path,
    keys: list[Any],
) -> list[Any]:
    kind = get_named_type(of_type)
    assert isinstance(kind, GraphQLObjectType)

    def compile(question: Question, *, is_lenient: bool) -> Plan:
        return question.compile_rows(nodes, kind, model, path, is_lenient=is_lenient)

    found = await _by_key(context, (path, model), compile, more=keys)
    return [found.get(str(key)) for key in keys]


async def _by_key(context: "Context", what: Hashable, compile: Callable[..., Plan], *, more: Any) -> dict[str, Any]:
    """What a plan of rows answers: finished JSON, or where it can't say all of it, what the executor goes on with."""
    asked = context.asked
    plan = _plan(asked, context.by, what, partial(compile, is_lenient=False))
    if plan is not None:
        with suppress(GraphQLError, RefusedArguments):
            run = Run(asked.shape.late, context.by, more)
            rows = await database.fetch(plan.sql, *plan.bind(run))
            texts = {row["key"]: await plan.whole(row["data"], run) for row in rows}
            if None not in texts.values():
                return {key: Fragment(text) for key, text in texts.items() if text is not None}
    plan, run, rows = await _lenient(context, (what, "rows"), partial(compile, is_lenient=True), more=more)
    return {row["key"]: await plan.tree(row["data"], run) for row in rows}


async def _lenient(
    context: "Context", what: Hashable, compile: Compile, *, more: Any = None
) -> tuple[Plan, Run, list[database.Row]]:
    """What a lenient plan answers in this run. What it refuses is noted, and left out."""
    asked, by = context.asked, context.by
    run, refused = Run(asked.shape.late, by, more), dict[Path, GraphQLError]()
    while True:
        plan = None if refused else _plan(asked, by, what, compile)
        if plan is None:
            plan = compile(replace(asked.question(by), refused=refused))  # or raise why there is none
        try:
            values = plan.bind(run)
        except RefusedArguments as problem:
            again = refused.keys() & problem.refused.keys()
            if again:  # it is the field itself that can't be read
                raise refused[again.pop()] from None
            refused |= problem.refused
            continue
        context.refused.update(plan.refused)
        return plan, run, await database.fetch(plan.sql, *values)


def _plan(asked: Asked, by: Viewer, what: Hashable, compile: Compile) -> Plan | None:
    """The plan for requests like this one; None where there can't be one, which is remembered too."""
    key = asked.key, kind_of(by), what
    if key in _plans:
        return _plans[key]
    try:
        plan: Plan | None = compile(asked.question(by))
    except TooLarge:
        raise
    except (Unplannable, GraphQLError):
        plan = None
    size = 0 if plan is None else 2 * len(plan.sql) + _VALUE * len(plan.uses)
    _plans.keep(key, plan, size=size + 2 * len(asked.text))
    return plan
