"""Arguments: values of every input type made at random, as GraphQL writes them, with variables in any place."""

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
    GraphQLNonNull,
    Undefined,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

DEEPEST_INPUT = 3
MOST_ITEMS = 2


@dataclass(frozen=True, repr=False)
class Supplies:
    """What arguments are made of, as JSON."""

    scalars: Mapping[str, Sequence[Any]]
    """By the scalar's name."""
    named: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)
    """By the scalar, and how a name on the way begins (field, argument, input's field): mostly these are taken."""


class Choices:
    """What is chosen at random, one thing after the other."""

    def __init__(self, choices: bytes) -> None:
        self._left = iter(choices)

    def chance(self, per_cent: int) -> bool:
        """Whether; simpler examples are without."""
        return self.number(100) >= 100 - per_cent

    def pick(self, among: Sequence[Any]) -> Any:
        return among[self.number(len(among))]

    def number(self, below: int) -> int:
        """From 0 on; always 0 when there are no choices left, so that every operation comes to an end."""
        return (next(self._left, 0) * 256 + next(self._left, 0)) * below // 65_536


class Arguments:
    """The arguments of one operation, and the variables that stand in them."""

    def __init__(self, supplies: Supplies, choices: Choices) -> None:
        self._supplies, self._choices = supplies, choices
        self.definitions: list[str] = []
        self.variables: dict[str, Any] = {}

    def given(self, name: str, chosen: GraphQLField) -> str:
        wanted = {
            argument: definition
            for argument, definition in chosen.args.items()
            if is_required_argument(definition) or self._choices.chance(40)
        }
        if "first" in wanted and "last" in wanted and not self._choices.chance(10):
            del wanted[self._choices.pick(["first", "last"])]
        given = {
            argument: self.value(definition.type, (name, argument), definition=definition)
            for argument, definition in wanted.items()
        }
        return f"({', '.join(f'{key}: {value}' for key, value in given.items())})" if given else ""

    def value(
        self,
        of_type: Any,
        path: tuple[str, ...],
        *,
        definition: GraphQLArgument | GraphQLInputField | None = None,
        ready: list[Any] | None = None,
    ) -> str:
        if self._choices.chance(30):
            return self._variable(of_type, path, definition, ready)
        if ready:
            return _literal(ready[0], of_type)
        inner = of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type
        if inner is of_type and self._choices.chance(8):
            return "null"
        if isinstance(inner, GraphQLList):
            if self._choices.chance(10):
                return _literal(self._json(inner.of_type, path), inner.of_type)
            items = range(self._choices.number(MOST_ITEMS + 1))
            return f"[{', '.join(self.value(inner.of_type, path) for _ in items)}]"
        if isinstance(inner, GraphQLInputObjectType):
            if inner.is_one_of:
                return _literal(self._json(inner, path), inner)
            chosen = self._chosen(inner, path)
            given = {name: self.value(each.type, (*path, name), definition=each) for name, each in chosen.items()}
            return f"{{{', '.join(f'{name}: {value}' for name, value in given.items())}}}"
        return _literal(self._json(inner, path), inner)

    def _variable(self, of_type: Any, path: tuple[str, ...], definition: Any, ready: list[Any] | None) -> str:
        """A new variable for this place: with or without a default, sent or left out, null where it may be."""
        name = f"v{len(self.definitions)}"
        value = ready[0] if ready else self._json(of_type, path)
        has_default_itself = definition is not None and definition.default_value is not Undefined
        plain = of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type
        if self._choices.chance(30):
            default = _literal(self._json(plain, path) if ready is None else value, plain)
            self.definitions.append(f"${name}: {plain} = {default}")
            if self._choices.chance(60):
                # A null for @skip is an error of the field around it, told only where that has a value.
                self.variables[name] = None if self._choices.chance(10) and path != ("if",) else value
        elif plain is not of_type and not has_default_itself:
            self.definitions.append(f"${name}: {of_type}")
            self.variables[name] = value
        else:
            strict = "!" if self._choices.chance(20) else ""
            self.definitions.append(f"${name}: {plain}{strict}")
            if strict or not self._choices.chance(30):
                self.variables[name] = value if strict or not self._choices.chance(15) else None
        return f"${name}"

    def _json(self, of_type: Any, path: tuple[str, ...]) -> Any:
        of_type = _required(of_type)
        if isinstance(of_type, GraphQLList):
            return [self._json(of_type.of_type, path) for _ in range(self._choices.number(MOST_ITEMS + 1))]
        if isinstance(of_type, GraphQLInputObjectType):
            chosen = self._chosen(of_type, path)
            return {name: self._json(each.type, (*path, name)) for name, each in chosen.items()}
        if isinstance(of_type, GraphQLEnumType):
            return self._choices.pick(list(of_type.values))
        return self._choices.pick(self._supply(of_type.name, path))

    def _chosen(self, of_type: GraphQLInputObjectType, path: tuple[str, ...]) -> dict[str, GraphQLInputField]:
        required = {name: each for name, each in of_type.fields.items() if is_required_input_field(each)}
        is_deep = len(path) > DEEPEST_INPUT
        others = [
            name
            for name, each in of_type.fields.items()
            if name not in required and not (is_deep and isinstance(get_named_type(each.type), GraphQLInputObjectType))
        ]
        if of_type.is_one_of:
            return {(name := self._choices.pick(others)): of_type.fields[name]}
        count = self._choices.number(3) if others else 0
        chosen = {self._choices.pick(others) for _ in range(count)}
        return required | {name: of_type.fields[name] for name in of_type.fields if name in chosen}

    def _supply(self, scalar: str, path: tuple[str, ...]) -> Sequence[Any]:
        every = self._supplies.scalars.get(scalar)
        assert every, f"say in Supplies what a client may send as {scalar}"
        named = self._supplies.named.get(scalar, {})
        fitting = (values for word in reversed(path) for name, values in named.items() if word.startswith(name))
        usual = next(fitting, None)
        return every if usual is None or self._choices.chance(6) else usual


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
