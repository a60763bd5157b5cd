"""Selections: what a webhook's subscriber wants to be told of a lead, as GraphQL fields of `Lead`, checked and read."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Final
from uuid import UUID

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    parse,
    validate,
)

from reads import RefusedArguments, Unplannable
from sales import leads
from sales.errors import InvalidValue
from sales.memory import Memory
from sales.viewers import Viewer
from schema import limits, plans
from schema.asked import Asked
from schema.exceeded import LimitExceeded

DEFAULT: Final = """{
  id number version title status closedAt isStarred probability expectedCloseOn dueAt createdAt
  amount { amount currency }
  step { id name }
  pipeline { id name }
  owner { id name }
  reason { id label }
}"""
"""What a webhook tells of a lead where nobody says otherwise."""

_MOST: Final = {"depth": 8, "fields": 200, "aliases": 20, "cost": 500}
_MOST_TOKENS: Final = 1_000
_HEAD: Final = "query { nodes(ids: []) { ... on Lead "
_TAIL: Final = "}}"

_known: Memory[str, tuple[Asked, FieldNode]] = Memory(1_000_000)


@cache
def schema() -> ModuleType:
    """The schema, which is whole only after what is in it, such as the mutation that takes a selection."""
    return import_module("schema.schema")


def require_readable(selection: str, *, by: Viewer, path: str = "selection") -> None:
    """Refuse a selection that no lead could be told by. Raises InvalidValue, which says where it goes wrong."""
    try:
        asked, lead = _asked(selection)
        limits.check(asked.document, {}, replace(schema().LIMITS, **_MOST))
        if errors := validate(asked.schema, asked.document):
            raise errors[0]
        plans.plan_of_rows(asked, by, [lead], leads.Lead)
    except (GraphQLError, LimitExceeded) as problem:
        raise InvalidValue(path, "selection_unreadable", problem=_where(problem)) from None
    except Unplannable as problem:
        raise InvalidValue(path, "selection_unreadable", problem=str(problem)) from None


async def read(selection: str, ids: Sequence[UUID], *, by: Viewer) -> dict[UUID, bytes]:
    """What a selection asks of these leads, as JSON; those that are not there are not among them.

    Raises ValueError for a selection that the schema doesn't take any more.
    """
    try:
        asked, lead = _asked(selection)
        found = await plans.rows_of(asked, by, [lead], leads.Lead, list(ids))
    except (GraphQLError, RefusedArguments, Unplannable) as problem:
        raise ValueError(f"the selection is not understood any more: {problem}") from None
    return {UUID(key): text for key, text in found.items()}


def _asked(selection: str) -> tuple[Asked, FieldNode]:
    """The selection as an operation, and as a field that answers a lead. Raises GraphQLError."""
    if (known := _known.get(selection)) is not None:
        return known
    text = f"{_HEAD}{selection}{_TAIL}"
    document = parse(text, max_tokens=_MOST_TOKENS)
    made = Asked(schema().graphql_schema, text, document, _only_operation(document), {}, frozenset()), _lead(document)
    _known.keep(selection, made, size=100 * len(text))
    return made


def _only_operation(document: DocumentNode) -> OperationDefinitionNode:
    """The one operation, which takes no variables: a text that closes our braces and goes on is none."""
    operation, *others = document.definitions
    if others or not isinstance(operation, OperationDefinitionNode):
        raise GraphQLError("Write the fields in one pair of braces: { id title }.")
    return operation


def _lead(document: DocumentNode) -> FieldNode:
    """A field `Lead` with what is asked of one."""
    [nodes, *others] = _only_operation(document).selection_set.selections
    inside = nodes.selection_set.selections if isinstance(nodes, FieldNode) and nodes.selection_set else ()
    if others or len(inside) != 1 or not isinstance(inside[0], InlineFragmentNode):
        raise GraphQLError("Write the fields in one pair of braces: { id title }.")
    if not inside[0].selection_set.selections:
        raise GraphQLError("Name at least one field: { id }.")
    return FieldNode(
        alias=None, name=NameNode(value="Lead"), arguments=(), directives=(), selection_set=inside[0].selection_set
    )


def _where(problem: GraphQLError | LimitExceeded) -> str:
    """What is wrong, and at which line and column of the selection."""
    message = problem.message if isinstance(problem, GraphQLError) else str(problem)
    if isinstance(problem, GraphQLSyntaxError):
        message = problem.message.removeprefix("Syntax Error: ")
    locations = problem.locations if isinstance(problem, GraphQLError) else None
    if not locations:
        return message
    line, column = locations[0]
    return f"{message} (line {line}, column {column - len(_HEAD) if line == 1 else column})"
