"""Filters: comparisons for each kind of value. An empty one is no condition, and none is ever undecided.

SQL's third truth value never shows: what is empty is neither less nor greater nor equal, and `not` of that is true.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any, Generic, TypeVar

import strawberry
from strawberry import UNSET
from tortoise.expressions import Q

from schema.mistakes import bad_input

MOST_VALUES = 100

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

    def at_from(self, now: datetime) -> datetime:
        if self.at:
            return self.at
        return now + self.ahead if isinstance(self.ahead, timedelta) else now - (self.ago or timedelta())


def compared(column: str, filter: Filter[Any] | None, *, read: Callable[[Any], Any] = lambda value: value) -> Q:
    """The condition that a filter sets on a column; `read` makes the column's value of the filter's.

    Raises BAD_USER_INPUT for more than a hundred values.
    """
    if not filter:
        return Q()
    parts = [_part(column, name, value, read) for name, value in vars(filter).items() if value not in (None, UNSET)]
    return conditions(*parts)


def conditions(*parts: Q) -> Q:
    """All of these; those without any condition don't count."""
    return reduce(and_, [part for part in parts if part.children or part.filters], Q())


def _part(column: str, name: str, value: Any, read: Callable[[Any], Any]) -> Q:
    match name:
        case "is_null":
            return Q(**{f"{column}__isnull": value})
        case "in_" | "not_in":
            return _among(column, [read(each) for each in _bounded(value)], negated=name == "not_in")
        case "ne":
            return _among(column, [read(value)], negated=True)
        case _:
            lookup = column if name == "eq" else f"{column}__{name}"
            return _decided(column, **{lookup: read(value)})


def _among(column: str, values: list[Any], *, negated: bool) -> Q:
    among = _decided(column, **{f"{column}__in": values})
    return ~among if negated else among


def _decided(column: str, **condition: Any) -> Q:
    condition[f"{column}__isnull"] = False
    return Q(**condition)


def _bounded(values: list[Any]) -> list[Any]:
    if len(values) > MOST_VALUES:
        raise bad_input(f"A filter takes at most {MOST_VALUES} values; these are {len(values):,}.")
    return values
