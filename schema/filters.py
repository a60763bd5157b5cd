"""Filters: comparisons for each kind of value. An empty one is no condition, and none is ever undecided.

SQL's third truth value never shows: what is empty is neither less nor greater nor equal, and `not` of that is true.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeAlias, TypeVar

import strawberry
from strawberry import UNSET
from tortoise.models import Model

from reads import Row
from reads.written import literal
from schema import ids
from schema.mistakes import bad_input

MOST_VALUES = 100

Given: TypeAlias = Mapping[str, Any]
"""A filter as a plan sees it: its fields by the names that clients know, and what they are compared with."""
Write: TypeAlias = Callable[[Any], str]

_SIGNS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

T = TypeVar("T")

_ABSENT = "Left out or null: no condition."


@strawberry.input(description="Conditions on one value; all that are given hold. An empty one is no condition.")
class Filter(Generic[T]):
    eq: T | None = strawberry.field(default=UNSET, description=f"Is this. {_ABSENT}")
    ne: T | None = strawberry.field(default=UNSET, description=f"Is not this, or is empty. {_ABSENT}")
    in_: list[T] | None = strawberry.field(
        name="in", default=UNSET, description=f"Is one of these; an empty list matches nothing. {_ABSENT}"
    )
    not_in: list[T] | None = strawberry.field(
        default=UNSET, description=f"Is none of these, or is empty; an empty list matches everything. {_ABSENT}"
    )
    is_null: bool | None = strawberry.field(default=UNSET, description=f"True: is empty; false: is not. {_ABSENT}")


@strawberry.input(description="Conditions on a value with an order; all that are given hold. An empty one is none.")
class RangeFilter(Filter[T], Generic[T]):
    lt: T | None = strawberry.field(default=UNSET, description=f"Is less, or before. {_ABSENT}")
    lte: T | None = strawberry.field(default=UNSET, description=f"Is this, or less, or before. {_ABSENT}")
    gt: T | None = strawberry.field(default=UNSET, description=f"Is greater, or after. {_ABSENT}")
    gte: T | None = strawberry.field(default=UNSET, description=f"Is this, or greater, or after. {_ABSENT}")


@strawberry.input(one_of=True, description="An instant: exactly one of these, and that one not null.")
class Instant:
    at: datetime | None = strawberry.field(default=UNSET, description="An instant. Left out, never null.")
    ago: timedelta | None = strawberry.field(default=UNSET, description="So long before now. Left out, never null.")
    ahead: timedelta | None = strawberry.field(default=UNSET, description="So long after now. Left out, never null.")


def compared(sql: str, filter: Given | None, write: Write) -> str:
    """The condition that a filter sets on a value; `write` gives the SQL of the filter's own values.

    Raises BAD_USER_INPUT for more than a hundred values.
    """
    return all_of(*(_part(sql, name, value, write) for name, value in (filter or {}).items() if value is not None))


def all_of(*parts: str) -> str:
    """All of these; those without any condition don't count."""
    real = [part for part in parts if part != "true"]
    return f"({' and '.join(real)})" if real else "true"


def of_states(sql: str, states: Sequence[Any] | None) -> str:
    """Whether a closed word is one of these; None means any."""
    if states is None:
        return "true"
    return f"{sql} in ({', '.join(map(literal, states))})" if states else "false"


def key_of(row: Row, model: type[Model]) -> Write:
    """Ids of a table's rows. The run raises BAD_USER_INPUT for others."""
    return lambda id: row.bind(ids.late(id, model), "uuid")


def instant_of(row: Row) -> Write:
    """Instants, by themselves or from now."""

    def write(instant: Given) -> str:
        [(name, late)] = instant.items()
        if name == "at":
            return row.bind(late, "timestamptz")
        return f"(now() {'+' if name == 'ahead' else '-'} {row.bind(late, 'interval')})"

    return write


def _part(sql: str, name: str, value: Any, write: Write) -> str:
    match name:
        case "isNull":
            return f"({sql} is {'' if value else 'not '}null)"
        case "in":
            return _among(sql, value, write)
        case "notIn":
            return f"(not {_among(sql, value, write)})"
        case "ne":
            return f"(not {_among(sql, [value], write)})"
    return f"({sql} is not null and {sql} {_SIGNS[name]} {write(value)})"


def _among(sql: str, values: list[Any], write: Write) -> str:
    if len(values) > MOST_VALUES:
        raise bad_input(f"A filter takes at most {MOST_VALUES} values; these are {len(values):,}.")
    return f"({sql} is not null and {sql} in ({', '.join(map(write, values))}))" if values else "false"
