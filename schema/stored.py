"""Inputs that are kept: written as clients write them, and read again by the schema as it is by then."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Protocol, TypeVar
from uuid import UUID

import strawberry
from graphql.utilities import coerce_input_value, validate_input_value
from strawberry import UNSET
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryContainer, get_object_definition
from strawberry.types.field import StrawberryField

from reads import More
from sales.views import Reference
from schema import ids
from schema.names import camel
from schema.scalars import SCALARS

T = TypeVar("T")


class KnowsSchema(Protocol):
    """A request, or whoever else reads what was stored."""

    @property
    def schema(self) -> Any: ...


def written(value: Any) -> Any:
    """An input as JSON has it, in the contract's own names; what is null is left out, since it means the same there."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, list):
        return [written(each) for each in value]
    if get_object_definition(value):
        return {name: written(each) for name, each, _ in _given(value)}
    scalar = SCALARS.get(type(value))
    return scalar.serialize(value) if scalar and scalar.serialize else value


def outdated(info: KnowsSchema, kind: type, stored: Any, *, path: str) -> list[str]:
    """The places in a stored input that the schema does not take any more."""
    found: list[str] = []
    validate_input_value(stored, _type(info, kind), lambda _, at: found.append(".".join(map(str, [path, *at]))))
    return found


def read(info: KnowsSchema, kind: type[T], stored: Any) -> T:
    """The input that was stored, in which nothing is outdated."""
    schema: Any = info.schema
    coerced = coerce_input_value(stored, _type(info, kind))
    value: Any = convert_argument(coerced, kind, schema.schema_converter.scalar_registry, schema.config)
    return value  # type: ignore[no-any-return]


def tree(value: Any, more: More) -> Any:
    """An input as plans see it; what is not a part of their shape goes into `more`."""
    if isinstance(value, list):
        return [tree(each, more) for each in value]
    if get_object_definition(value):
        return {name: tree(each, more) for name, each, _ in _given(value)}
    return value if isinstance(value, Enum | bool) else more.late(value)


def references(value: Any, *, path: str) -> Iterator[Reference]:
    """The rows that an input names by their ids, and where."""
    for name, each, field in _given(value):
        yield from _named(each, field, f"{path}.{name}")


def _named(value: Any, field: StrawberryField, path: str) -> Iterator[Reference]:
    if isinstance(value, list):
        for n, each in enumerate(value):
            yield from _named(each, field, f"{path}.{n}")
    elif get_object_definition(value):
        yield from references(value, path=path)
    elif _innermost(field.type) is strawberry.ID and (found := ids.split(value)):
        model, key = found
        if isinstance(key, UUID):
            yield Reference(path, model, key)


def _given(value: Any) -> Iterator[tuple[str, Any, StrawberryField]]:
    """The fields of an input that were sent with a value, by the names that clients know."""
    for field in get_object_definition(value, strict=True).fields:
        given = getattr(value, field.python_name)
        if given is not UNSET and given is not None:
            yield field.graphql_name or camel(field.python_name), given, field


def _innermost(kind: Any) -> Any:
    while isinstance(kind, StrawberryContainer):
        kind = kind.of_type
    return kind


def _type(info: KnowsSchema, kind: type) -> Any:
    schema: Any = info.schema
    return schema._schema.type_map[get_object_definition(kind, strict=True).name]
