"""Operations: valid GraphQL queries made at random from a schema, and from nothing else that knows it.

What is new in the schema is in them from that day on: a type, a field, an argument. Values come from `Supplies`; only a
new scalar that a client sends needs a word there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
    validate,
)
from hypothesis import strategies as st

from tests.schema.arguments import Arguments, Choices, Supplies

DEEPEST = 7
"""Levels of selections; a connection takes two of them."""
MOST_FIELDS = 24
MOST_NESTED_LISTS = 3

CHOICES = st.binary(min_size=256, max_size=768)
"""All choices of an operation in one value: Hypothesis would otherwise spend two thirds of its time on repeats."""
_MOST_TRIES = 5


@dataclass(frozen=True)
class Operation:
    """What a client sends."""

    text: str
    variables: dict[str, Any]
    name: str | None = None


def operation_of(schema: GraphQLSchema, supplies: Supplies, choices: bytes) -> Operation:
    """The valid operation that these choices make, the same each time; what it is answered is another matter."""
    # Two types below one interface may say different things under one name: then others are made.
    for start in range(_MOST_TRIES):
        operation = _Author(schema, supplies, choices[start:]).operation()
        if not validate(schema, parse(operation.text), max_errors=1):
            return operation
    return Operation("{ __typename }", {})


@dataclass
class _Scope:
    """The fields of one object of the answer, by type and key: each as it is written, and its own scope."""

    keys: dict[tuple[str, str], tuple[str, GraphQLNamedType, "_Scope"]] = field(default_factory=dict)


class _Author:
    def __init__(self, schema: GraphQLSchema, supplies: Supplies, choices: bytes) -> None:
        self._schema, self._choices = schema, Choices(choices)
        self._arguments = Arguments(supplies, self._choices)
        self._left = MOST_FIELDS
        self._aliases = 0
        self._fragments: list[tuple[str, GraphQLNamedType, str]] = []
        self._written: dict[tuple[str, str], str] = {}

    def operation(self) -> Operation:
        assert self._schema.query_type is not None
        selection = self._selection(self._schema.query_type, 0, 0, _Scope())
        name = "Asked" if self._choices.chance(30) else ""
        defined = f"({', '.join(self._arguments.definitions)})" if self._arguments.definitions else ""
        parts = [f"query {name}{defined} {selection}", *(text for _, _, text in self._fragments)]
        if name and self._choices.chance(30):
            parts.append("query Other { __typename }")
        return Operation("\n".join(parts), self._arguments.variables, name or None)

    def _selection(self, kind: Any, depth: int, lists: int, scope: _Scope) -> str:
        count = 1 + self._choices.number(4)
        return "{ " + " ".join(self._part(kind, depth, lists, scope) for _ in range(count)) + " }"

    def _part(self, kind: Any, depth: int, lists: int, scope: _Scope) -> str:
        """One line of a selection: a field, `__typename`, or a fragment."""
        chance = 40 if is_abstract_type(kind) else 10
        if isinstance(kind, GraphQLUnionType) or self._choices.chance(6):
            return f"__typename{self._directives()}"
        if self._left > 0 and self._choices.chance(chance):
            below = self._narrower(kind)
            on = f" on {below}" if below is not kind or self._choices.chance(50) else ""
            return f"...{on}{self._directives()} {self._selection(below, depth, lists, scope)}"
        if self._left > 0 and self._choices.chance(chance):
            return f"...{self._fragment(kind, depth, lists)}{self._directives()}"
        if kind is self._schema.query_type and self._choices.chance(2):
            return '__schema { queryType { name } } __type(name: "ID") { kind }'
        return self._field(kind, depth, lists, scope)

    def _narrower(self, kind: Any) -> Any:
        """The type itself, or another one that some of its objects are of too."""
        if is_abstract_type(kind):
            possible = self._schema.get_possible_types(kind)
            return self._choices.pick([*possible, *possible[0].interfaces, kind])
        return self._choices.pick([kind, *kind.interfaces])

    def _fragment(self, kind: Any, depth: int, lists: int) -> str:
        known = [name for name, on, _ in self._fragments if on is kind]
        if known and self._choices.chance(50):
            return self._choices.pick(known)
        on = self._narrower(kind)
        text = self._selection(on, depth, lists, _Scope())
        name = f"F{len(self._fragments)}"
        self._fragments.append((name, on, f"fragment {name} on {on} {text}"))
        return name

    def _field(self, kind: Any, depth: int, lists: int, scope: _Scope) -> str:
        self._left -= 1
        known = [each for (on, _), each in scope.keys.items() if on == str(kind)]
        if known and self._choices.chance(10):
            # The same once more: what is asked below it is put together.
            written, below, inner = self._choices.pick(known)
            return written + self._directives() + self._below(below, depth, lists, inner)
        name, chosen = self._choices.pick([*self._fields(kind, depth, lists)] or [("__typename", None)])
        if chosen is None:
            return name
        if self._choices.chance(25):
            self._aliases += 1
            key = f"a{self._aliases}"
            written = f"{key}: {name}{self._arguments.given(name, chosen)}"
        else:
            # Under its own name a field is asked in one way only in the whole document, or it could not be merged.
            key = name
            if (str(kind), name) not in self._written:
                self._written[str(kind), name] = self._arguments.given(name, chosen)
            written = f"{name}{self._written[str(kind), name]}"
        below = get_named_type(chosen.type)
        inner = scope.keys.setdefault((str(kind), key), (written, below, _Scope()))[2]
        return written + self._directives() + self._below(below, depth, lists + _is_list(chosen.type), inner)

    def _fields(self, kind: Any, depth: int, lists: int) -> Sequence[tuple[str, GraphQLField]]:
        every = list(kind.fields.items())
        leaves = [each for each in every if is_leaf_type(get_named_type(each[1].type))]
        objects = [
            each
            for each in every
            if each not in leaves and depth < DEEPEST and lists + _is_list(each[1].type) <= MOST_NESTED_LISTS
        ]
        if self._left <= 0 and leaves:
            return leaves
        return objects if objects and (not leaves or self._choices.chance(50)) else leaves

    def _below(self, kind: Any, depth: int, lists: int, scope: _Scope) -> str:
        return "" if is_leaf_type(kind) else f" {self._selection(kind, depth + 1, lists, scope)}"

    def _directives(self) -> str:
        if not self._choices.chance(8):
            return ""
        directive, holds = self._choices.pick(["include", "skip"]), not self._choices.chance(40)
        value = self._arguments.value(GraphQLNonNull(self._schema.type_map["Boolean"]), ("if",), ready=[holds])  # type: ignore[type-var]
        return f" @{directive}(if: {value})"


def _is_list(of_type: Any) -> bool:
    """Whether a field answers many objects, by itself or as a connection's rows."""
    if is_leaf_type(get_named_type(of_type)):
        return False
    while isinstance(of_type, GraphQLNonNull):
        of_type = of_type.of_type
    return isinstance(of_type, GraphQLList)
