"""Shapes: what of a request's variables decides how the statement reads, and what only goes into it as a value.

Two requests whose variables have the same shape share a plan. Enum values, booleans, page sizes, nulls and which fields
an input has are part of the shape; texts, ids, numbers and instants are not: a plan knows them as `Late` values.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    coerce_input_value,
    type_from_ast,
    value_from_ast,
)
from graphql.language import ListValueNode, NullValueNode, ObjectValueNode, ValueNode


class Unplannable(Exception):
    """An operation that has no plan: a field in it is not declared."""


Tree: TypeAlias = Any
"""A value as a plan sees it: dicts, lists, enum values, booleans, page sizes and None, with `Late` for all else."""


@dataclass(frozen=True)
class Run:
    """What a plan needs to be carried out once: the late values of the request, and who asks when."""

    late: Sequence[Any]
    who: Any
    more: Any = None


class Late:
    """A value that is known when the plan is carried out.

    `path` is the field that it was given to, and `origin` what it is made of: two of one origin are the same.
    """

    __slots__ = ("get", "origin", "path")

    def __init__(self, get: Callable[[Run], Any], path: tuple[str, ...] = (), origin: Hashable = None) -> None:
        self.get = get
        self.path = path
        self.origin = get if origin is None else origin

    def map(self, change: Callable[[Any], Any]) -> "Late":
        get = self.get
        return Late(lambda run: change(get(run)), self.path, (self.origin, change))

    @staticmethod
    def all(parts: Sequence["Late"]) -> "Late":
        """Several as one list."""
        path = parts[0].path if parts else ()
        return Late(lambda run: [part.get(run) for part in parts], path, tuple(part.origin for part in parts))


def given_to(path: tuple[str, ...], tree: Tree) -> Tree:
    """The same values as the arguments of a field."""
    match tree:
        case Late():
            return Late(tree.get, path, tree.origin)
        case list():
            return [given_to(path, each) for each in tree]
        case dict():
            return {name: given_to(path, each) for name, each in tree.items()}
    return tree


class More:
    """Values that a run brings along besides its request's: those of an input that was kept, for instance."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def late(self, value: Any) -> Late:
        self.values.append(value)
        n = len(self.values) - 1
        return Late(lambda run: run.more[n])


@dataclass(frozen=True)
class Shape:
    """The variables of a request: `key` is what a plan depends on, `tree` what it sees, `late` its values."""

    key: Hashable
    tree: Mapping[str, Tree]
    late: Sequence[Any]


NO_VARIABLES = Shape((), {}, ())


def shape_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any], sizes: Collection[str] = ()
) -> Shape:
    """The shape of a request's variables, of which `sizes` say how long pages are: these are a part of it.

    Raises GraphQLError for a value that its type does not take.
    """
    if not operation.variable_definitions:
        return NO_VARIABLES
    late: list[Any] = []
    keys: list[Hashable] = []
    tree: dict[str, Tree] = {}
    for definition in operation.variable_definitions:
        name = definition.variable.name.value
        of_type: Any = type_from_ast(schema, definition.type)
        if name in given:
            value = coerce_input_value(given[name], of_type)
        elif definition.default_value is not None:
            value = value_from_ast(definition.default_value, of_type)
        elif isinstance(of_type, GraphQLNonNull):
            raise GraphQLError(f"Variable '${name}' is missing.")
        else:
            continue
        if value is Undefined:
            raise GraphQLError(f"Variable '${name}' has a value that its type does not take.")
        key, tree[name] = (
            (("is", value), value) if name in sizes and isinstance(value, int) else _shaped(value, of_type, late)
        )
        keys.append((name, key))
    return Shape(tuple(keys), tree, late)


def _shaped(value: Any, of_type: GraphQLInputType, late: list[Any]) -> tuple[Hashable, Tree]:
    if isinstance(of_type, GraphQLNonNull):
        return _shaped(value, of_type.of_type, late)
    if value is None:
        return None, None
    if isinstance(of_type, GraphQLList):
        parts = [_shaped(each, of_type.of_type, late) for each in value]
        return ("list", *(key for key, _ in parts)), [tree for _, tree in parts]
    if isinstance(of_type, GraphQLInputObjectType):
        fields = {
            name: _shaped(value[name], field.type, late) for name, field in of_type.fields.items() if name in value
        }
        return tuple((name, key) for name, (key, _) in fields.items()), {n: tree for n, (_, tree) in fields.items()}
    if isinstance(of_type, GraphQLEnumType) or isinstance(value, bool):
        return ("is", value), value
    late.append(value)
    return "late", _nth(len(late) - 1)


def _nth(n: int) -> Late:
    return Late(lambda run: run.late[n])


def key_of(tree: Tree) -> Hashable:
    """What of some values a plan depends on."""
    match tree:
        case Late():
            return Late
        case list() | tuple():
            return tuple(key_of(each) for each in tree)
        case Mapping():
            return tuple((name, key_of(each)) for name, each in tree.items())
    return ("is", tree)


ABSENT: Any = object()


def argument(node: ValueNode | None, of_type: GraphQLInputType, variables: Mapping[str, Tree], default: Any) -> Tree:
    """The value of an argument, or of a part of one, in the document; ABSENT where there is none.

    Raises GraphQLError where a variable is null and null may not be: one with a default is let in there.
    """
    if node is None:
        return default
    if isinstance(node, VariableNode):
        value = variables.get(node.name.value, default)
        if value is None and isinstance(of_type, GraphQLNonNull):
            raise GraphQLError(
                f"Variable '${node.name.value}' is null, and null may not be here.",
                extensions={"code": "BAD_USER_INPUT"},
            )
        return value
    if isinstance(of_type, GraphQLNonNull):
        return argument(node, of_type.of_type, variables, default)
    if isinstance(node, NullValueNode):
        return None
    if isinstance(of_type, GraphQLList):
        items = node.values if isinstance(node, ListValueNode) else (node,)
        return [argument(item, of_type.of_type, variables, None) for item in items]
    if isinstance(of_type, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
        given = {field.name.value: field.value for field in node.fields}
        values = {
            name: argument(given.get(name), field.type, variables, _default_of(field))
            for name, field in of_type.fields.items()
        }
        return {name: value for name, value in values.items() if value is not ABSENT}
    value = value_from_ast(node, of_type)
    if isinstance(of_type, GraphQLEnumType) or isinstance(value, int):
        return value
    return Late(lambda run: value)


def _default_of(field: GraphQLInputField) -> Any:
    return ABSENT if field.default_value is Undefined else field.default_value
