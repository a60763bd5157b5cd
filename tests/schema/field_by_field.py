"""The schema read field by field: the executor walks the query, and a statement of its own answers each field of a row.

So aliases, fragments, directives, lists and nulls are the executor's affair, and nothing is folded into one statement.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)
from strawberry.schema.config import StrawberryConfig

from reads import Path, Question, Unplannable, attach, path_of
from reads.compiler import _declared
from reads.executing import _reader
from reads.plan import Plan
from reads.selections import Selections
from schema import plans
from schema.events import Event
from schema.scalars import SCALARS
from schema.schema import Mutation, Query, refusals


class NotYet(GraphQLError):
    """A field that is asked for by itself later."""


@dataclass(frozen=True)
class RowKey:
    """The row that a field is of."""

    key: Any


def _schema() -> GraphQLSchema:
    made = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=[*refusals.TYPES, Event],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    schema: GraphQLSchema = made._schema
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for field in kind.fields.values():
                if _is_declared(field):
                    field.resolve = _by_itself(field.resolve)
    attach(schema, load=_load, refused=_refused)
    return schema


def _is_declared(field: Any) -> bool:
    try:
        _declared(field)
    except Unplannable:
        return False
    return True


async def _load(info: GraphQLResolveInfo[Any], key: Any) -> Any:
    if _is_declared(info.parent_type.fields[info.field_name]):
        return RowKey(key)
    return await plans.load(info, key)


def _refused(info: GraphQLResolveInfo[Any]) -> GraphQLError | None:
    error = plans.refused(info)
    return None if isinstance(error, NotYet) else error


def _by_itself(python: Any) -> Any:
    """A resolver that reads a field of the query, or of a row; of what Python made, as `python` does."""

    def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if source is None or isinstance(source, RowKey):
            return _read_alone(source and source.key, info)
        return python(source, info, **arguments)

    return resolve


async def _read_alone(key: Any, info: GraphQLResolveInfo[Any]) -> Any:
    asked, path, nodes = info.context.asked, path_of(info), list(info.field_nodes)
    later = dict[Path, GraphQLError]()
    with suppress(Unplannable):  # a variable of a directive is null, which the executor refuses below
        later |= {each: NotYet("later") for each in _later(info, nodes, info.return_type, path)}
    alone = SelectionSetNode(selections=tuple(nodes))
    model = None if key is None else _model(info.parent_type)

    def compile(question: Question) -> Plan:
        own = replace(question, refused={**question.refused, **later})
        if model is None:
            return own.compile(replace(asked.operation, selection_set=alone), is_lenient=True)
        asking = [replace(nodes[0], selection_set=alone)]
        return own.compile_rows(asking, info.parent_type, model, path[:-1], is_lenient=True)

    keys = [model._meta.pk.to_python_value(key)] if model else None
    plan, run, [row] = await plans._lenient(info.context, object(), compile, more=keys)
    text = row["data"]
    found = await plan.tree(text.encode() if isinstance(text, str) else text, run)
    if refusal := _refused(info):
        raise refusal
    read = _reader(info.return_type)
    value = found[info.path.key]
    return value if read is None else read(value)


def _later(info: GraphQLResolveInfo[Any], nodes: list[FieldNode], of_type: Any, path: Path) -> Iterator[Path]:
    """The fields of rows below a field."""
    kind = get_named_type(of_type)
    if not is_composite_type(kind):
        return
    selections = Selections(info.schema, info.fragments, info.context.asked.shape.tree)
    for each in info.schema.get_possible_types(kind) if is_abstract_type(kind) else [kind]:
        for key, below in selections.below(nodes, each).items():
            if _model(each) is not None:
                yield (*path, f"{each.name}.{key}")
            elif field := each.fields.get(below[0].name.value):
                yield from _later(info, below, field.type, (*path, f"{each.name}.{key}"))


def _model(kind: GraphQLObjectType) -> Any:
    return getattr(kind.extensions["strawberry-definition"].origin, "over", None)


FIELD_BY_FIELD = _schema()
