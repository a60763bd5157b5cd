"""Operations: valid GraphQL queries made at random from a schema, and from nothing else that knows it.

What is new in the schema is in them from that day on: a type, a field, an argument. Values come from `Supplies`; only a
new scalar that a client sends needs a word there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    parse,
    validate,
)
from hypothesis import strategies as st

DEEPEST = 7
"""Levels of selections; a connection takes two of them."""
MOST_FIELDS = 24
MOST_NESTED_LISTS = 3
DEEPEST_INPUT = 3
MOST_ITEMS = 2

CHOICES = st.binary(min_size=256, max_size=768)
"""All choices of an operation in one value: Hypothesis would otherwise spend two thirds of its time on repeats."""
_MOST_TRIES = 5


@dataclass(frozen=True, repr=False)
class Supplies:
    """What arguments are made of, as JSON."""

    scalars: Mapping[str, Sequence[Any]]
    """By the scalar's name."""
    named: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)
    """By the scalar, and how a name on the way begins (field, argument, input's field): mostly these are taken."""


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
        self._schema, self._supplies, self._choices = schema, supplies, iter(choices)
        self._left = MOST_FIELDS
        self._aliases = 0
        self._definitions: list[str] = []
        self._variables: dict[str, Any] = {}
        self._fragments: list[tuple[str, GraphQLNamedType, str]] = []
        self._arguments: dict[tuple[str, str], str] = {}

    def operation(self) -> Operation:
        assert self._schema.query_type is not None
        selection = self._selection(self._schema.query_type, 0, 0, _Scope())
        name = "Asked" if self._chance(30) else ""
        defined = f"({', '.join(self._definitions)})" if self._definitions else ""
        parts = [f"query {name}{defined} {selection}", *(text for _, _, text in self._fragments)]
        if name and self._chance(30):
            parts.append("query Other { __typename }")
        return Operation("\n".join(parts), self._variables, name or None)

    def _selection(self, kind: Any, depth: int, lists: int, scope: _Scope) -> str:
        count = 1 + self._number(4)
        return "{ " + " ".join(self._part(kind, depth, lists, scope) for _ in range(count)) + " }"

    def _part(self, kind: Any, depth: int, lists: int, scope: _Scope) -> str:
        """One line of a selection: a field, `__typename`, or a fragment."""
        chance = 40 if is_abstract_type(kind) else 10
        if isinstance(kind, GraphQLUnionType) or self._chance(6):
            return f"__typename{self._directives()}"
        if self._left > 0 and self._chance(chance):
            below = self._narrower(kind)
            on = f" on {below}" if below is not kind or self._chance(50) else ""
            return f"...{on}{self._directives()} {self._selection(below, depth, lists, scope)}"
        if self._left > 0 and self._chance(chance):
            return f"...{self._fragment(kind, depth, lists)}{self._directives()}"
        if kind is self._schema.query_type and self._chance(2):
            return '__schema { queryType { name } } __type(name: "ID") { kind }'
        return self._field(kind, depth, lists, scope)

    def _narrower(self, kind: Any) -> Any:
        """The type itself, or another one that some of its objects are of too."""
        if is_abstract_type(kind):
            possible = self._schema.get_possible_types(kind)
            return self._pick([*possible, *possible[0].interfaces, kind])
        return self._pick([kind, *kind.interfaces])

    def _fragment(self, kind: Any, depth: int, lists: int) -> str:
        known = [name for name, on, _ in self._fragments if on is kind]
        if known and self._chance(50):
            return self._pick(known)
        on = self._narrower(kind)
        text = self._selection(on, depth, lists, _Scope())
        name = f"F{len(self._fragments)}"
        self._fragments.append((name, on, f"fragment {name} on {on} {text}"))
        return name

    def _field(self, kind: Any, depth: int, lists: int, scope: _Scope) -> str:
        self._left -= 1
        known = [each for (on, _), each in scope.keys.items() if on == str(kind)]
        if known and self._chance(10):
            # The same once more: what is asked below it is put together.
            written, below, inner = self._pick(known)
            return written + self._directives() + self._below(below, depth, lists, inner)
        name, chosen = self._pick([*self._fields(kind, depth, lists)] or [("__typename", None)])
        if chosen is None:
            return name
        if self._chance(25):
            self._aliases += 1
            key = f"a{self._aliases}"
            written = f"{key}: {name}{self._given(name, chosen)}"
        else:
            # Under its own name a field is asked in one way only in the whole document, or it could not be merged.
            key = name
            if (str(kind), name) not in self._arguments:
                self._arguments[str(kind), name] = self._given(name, chosen)
            written = f"{name}{self._arguments[str(kind), name]}"
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
        return objects if objects and (not leaves or self._chance(50)) else leaves

    def _below(self, kind: Any, depth: int, lists: int, scope: _Scope) -> str:
        return "" if is_leaf_type(kind) else f" {self._selection(kind, depth + 1, lists, scope)}"

    def _directives(self) -> str:
        if not self._chance(8):
            return ""
        directive, holds = self._pick(["include", "skip"]), not self._chance(40)
        value = self._value(GraphQLNonNull(self._schema.type_map["Boolean"]), ("if",), ready=[holds])  # type: ignore[type-var]
        return f" @{directive}(if: {value})"

    def _given(self, name: str, chosen: GraphQLField) -> str:
        wanted = {
            argument: definition
            for argument, definition in chosen.args.items()
            if is_required_argument(definition) or self._chance(40)
        }
        if "first" in wanted and "last" in wanted and not self._chance(10):
            del wanted[self._pick(["first", "last"])]
        given = {
            argument: self._value(definition.type, (name, argument), definition=definition)
            for argument, definition in wanted.items()
        }
        return f"({', '.join(f'{key}: {value}' for key, value in given.items())})" if given else ""

    # Values, as GraphQL writes them, with variables in any place.

    def _value(
        self,
        of_type: Any,
        path: tuple[str, ...],
        *,
        definition: GraphQLArgument | GraphQLInputField | None = None,
        ready: list[Any] | None = None,
    ) -> str:
        if self._chance(30):
            return self._variable(of_type, path, definition, ready)
        if ready:
            return _literal(ready[0], of_type)
        inner = of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type
        if inner is of_type and self._chance(8):
            return "null"
        if isinstance(inner, GraphQLList):
            if self._chance(10):
                return _literal(self._json(inner.of_type, path), inner.of_type)
            items = range(self._number(MOST_ITEMS + 1))
            return f"[{', '.join(self._value(inner.of_type, path) for _ in items)}]"
        if isinstance(inner, GraphQLInputObjectType):
            if inner.is_one_of:
                return _literal(self._json(inner, path), inner)
            chosen = self._chosen(inner, path)
            given = {name: self._value(each.type, (*path, name), definition=each) for name, each in chosen.items()}
            return f"{{{', '.join(f'{name}: {value}' for name, value in given.items())}}}"
        return _literal(self._json(inner, path), inner)

    def _variable(self, of_type: Any, path: tuple[str, ...], definition: Any, ready: list[Any] | None) -> str:
        """A new variable for this place: with or without a default, sent or left out, null where it may be."""
        name = f"v{len(self._definitions)}"
        value = ready[0] if ready else self._json(of_type, path)
        has_default_itself = definition is not None and definition.default_value is not Undefined
        plain = of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type
        if self._chance(30):
            default = _literal(self._json(plain, path) if ready is None else value, plain)
            self._definitions.append(f"${name}: {plain} = {default}")
            if self._chance(60):
                # A null for @skip is an error of the field around it, told only where that has a value.
                self._variables[name] = None if self._chance(10) and path != ("if",) else value
        elif plain is not of_type and not has_default_itself:
            self._definitions.append(f"${name}: {of_type}")
            self._variables[name] = value
        else:
            strict = "!" if self._chance(20) else ""
            self._definitions.append(f"${name}: {plain}{strict}")
            if strict or not self._chance(30):
                self._variables[name] = value if strict or not self._chance(15) else None
        return f"${name}"

    def _json(self, of_type: Any, path: tuple[str, ...]) -> Any:
        of_type = _required(of_type)
        if isinstance(of_type, GraphQLList):
            return [self._json(of_type.of_type, path) for _ in range(self._number(MOST_ITEMS + 1))]
        if isinstance(of_type, GraphQLInputObjectType):
            chosen = self._chosen(of_type, path)
            return {name: self._json(each.type, (*path, name)) for name, each in chosen.items()}
        if isinstance(of_type, GraphQLEnumType):
            return self._pick(list(of_type.values))
        return self._pick(self._supply(of_type.name, path))

    def _chosen(self, of_type: GraphQLInputObjectType, path: tuple[str, ...]) -> dict[str, GraphQLInputField]:
        required = {name: each for name, each in of_type.fields.items() if is_required_input_field(each)}
        is_deep = len(path) > DEEPEST_INPUT
        others = [
            name
            for name, each in of_type.fields.items()
            if name not in required and not (is_deep and isinstance(get_named_type(each.type), GraphQLInputObjectType))
        ]
        if of_type.is_one_of:
            return {(name := self._pick(others)): of_type.fields[name]}
        count = self._number(3) if others else 0
        chosen = {self._pick(others) for _ in range(count)}
        return required | {name: of_type.fields[name] for name in of_type.fields if name in chosen}

    def _supply(self, scalar: str, path: tuple[str, ...]) -> Sequence[Any]:
        every = self._supplies.scalars.get(scalar)
        assert every, f"say in Supplies what a client may send as {scalar}"
        named = self._supplies.named.get(scalar, {})
        fitting = (values for word in reversed(path) for name, values in named.items() if word.startswith(name))
        usual = next(fitting, None)
        return every if usual is None or self._chance(6) else usual

    def _chance(self, per_cent: int) -> bool:
        """Whether; simpler examples are without."""
        return self._number(100) >= 100 - per_cent

    def _pick(self, among: Sequence[Any]) -> Any:
        return among[self._number(len(among))]

    def _number(self, below: int) -> int:
        """From 0 on; always 0 when there are no choices left, so that every operation comes to an end."""
        return (next(self._choices, 0) * 256 + next(self._choices, 0)) * below // 65_536


def _is_list(of_type: Any) -> bool:
    """Whether a field answers many objects, by itself or as a connection's rows."""
    if is_leaf_type(get_named_type(of_type)):
        return False
    while isinstance(of_type, GraphQLNonNull):
        of_type = of_type.of_type
    return isinstance(of_type, GraphQLList)


def _required(of_type: Any) -> Any:
    return of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type


def _literal(value: Any, of_type: Any) -> str:
    """A JSON value as GraphQL writes it."""
    of_type = _required(of_type)
    if value is None:
        return "null"
    if isinstance(of_type, GraphQLList) and isinstance(value, list):
        return f"[{', '.join(_literal(each, of_type.of_type) for each in value)}]"
    if isinstance(of_type, GraphQLInputObjectType):
        parts = (f"{name}: {_literal(each, of_type.fields[name].type)}" for name, each in value.items())
        return f"{{{', '.join(parts)}}}"
    return str(value) if isinstance(of_type, GraphQLEnumType) else json.dumps(value)
