"""A document with one mutation, as nearly all are: carried out and answered without the executor.

Whatever is unusual about it (directives, fragments, several fields, a refusal or advice to be told) the executor
answers; what was done by then it takes over from here.
"""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from graphql import FieldNode, GraphQLError, GraphQLField, GraphQLObjectType, SelectionNode, get_named_type
from graphql.execution import get_argument_values, get_variable_values
from orjson import Fragment
from strawberry.types.arguments import convert_arguments

from schema import plans
from schema.asked import Asked
from schema.context import Context
from schema.mutations import action_of, carry_out, field_of, outcome_of
from schema.schema import schema

_EMPTY: Final = frozenset({"errors", "warnings"})
"""What has nothing in it after a success."""


async def answer(context: Context) -> bytes | None:
    """The data of a mutation as JSON; None where the executor has to answer."""
    asked = context.asked
    [(key, node), *others] = _plain(asked.operation.selection_set.selections).items() or [("", None)]
    field = None if node is None or others else field_of(asked.schema, node)
    action = None if field is None else action_of(field)
    if node is None or field is None or action is None or action.model is None:
        return None
    parts = _plain(node.selection_set.selections if node.selection_set else ())
    if not parts or {part.name.value for part in parts.values()} - {*_EMPTY, action.entity, "position"}:
        return None
    try:
        input = _input(asked, node, field)
    except GraphQLError:
        return None
    try:
        done = context.done[key] = await carry_out(context, [key], action, input)
    except Exception as problem:
        context.done[key] = problem
        return None
    if done.done is None or done.warnings:
        return None
    payload = get_named_type(field.type)
    assert isinstance(payload, GraphQLObjectType)
    written: dict[str, Any] = {}
    for name, part in parts.items():
        match part.name.value:
            case "errors" | "warnings":
                written[name] = []
            case "position":
                written[name] = done.position
            case entity:
                place = (f"Mutation.{key}", f"{payload.name}.{name}")
                of_type = payload.fields[entity].type
                id = outcome_of(done).id
                written[name] = await plans.row_below(context, [part], of_type, action.model, place, id)
                if not isinstance(written[name], Fragment):
                    return None
    return orjson.dumps({key: written})


def _input(asked: Asked, node: FieldNode, field: GraphQLField) -> object:
    """What the mutation is given, as its own type. Raises GraphQLError."""
    variables = get_variable_values(asked.schema, asked.operation.variable_definitions or (), asked.variables)
    if isinstance(variables, list):
        raise variables[0]
    given = get_argument_values(field, node, variables)
    arguments = field.extensions["strawberry-definition"].arguments
    return convert_arguments(given, arguments, schema.schema_converter.scalar_registry, schema.config)["input"]


def _plain(selections: Sequence[SelectionNode]) -> dict[str, FieldNode]:
    """Fields by their keys in the answer; none at all where one of them is not plain."""
    fields = {
        node.alias.value if node.alias else node.name.value: node
        for node in selections
        if isinstance(node, FieldNode) and not node.directives
    }
    return fields if len(fields) == len(selections) else {}
