"""Filters: comparisons for each kind of value. An empty one is no condition, and none is ever undecided.

SQL's third truth value never shows: what is empty is neither less nor greater nor equal, and `not` of that is true.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import and_
from typing import Any, Generic, TypeVar

import strawberry
from strawberry import UNSET
from tortoise.expressions import Q

from schema.mistakes import bad_input
from schema.words import described

MOST_VALUES = 100
LONGEST_TEXT = 200

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


@strawberry.input(
    description="Conditions on a text, which is never null; all that are given hold, whatever case and accents are. "
    f"An empty one is no condition. A text to compare with has at most {LONGEST_TEXT} characters, none of them special."
)
class TextFilter:
    eq: str | None = strawberry.field(default=UNSET, description=f'Is this as a whole; `""`: is empty. {_ABSENT}')
    ne: str | None = strawberry.field(default=UNSET, description=f"Is not this as a whole. {_ABSENT}")
    in_: list[str] | None = strawberry.field(
        name="in", default=UNSET, description=f"Is one of these; an empty list matches nothing. {_ABSENT}"
    )
    not_in: list[str] | None = strawberry.field(
        default=UNSET, description=f"Is none of these; an empty list matches everything. {_ABSENT}"
    )
    contains: str | None = strawberry.field(default=UNSET, description=f"This is somewhere in it. {_ABSENT}")
    starts_with: str | None = strawberry.field(default=UNSET, description=f"It begins with this. {_ABSENT}")


class CalendarPeriod(StrEnum):
    """A stretch of the viewer's calendar that is running now."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


described(
    CalendarPeriod,
    "A stretch of your calendar that is running now, in your time zone.",
    DAY="Today.",
    WEEK="This week, from Monday.",
    MONTH="This month.",
    QUARTER="This quarter.",
    YEAR="This year.",
)


@strawberry.input(one_of=True, description="An instant: exactly one of these, and that one not null.")
class Instant:
    at: datetime | None = strawberry.field(default=UNSET, description="An instant. Left out, never null.")
    ago: timedelta | None = strawberry.field(default=UNSET, description="So long before now. Left out, never null.")
    ahead: timedelta | None = strawberry.field(default=UNSET, description="So long after now. Left out, never null.")
    start_of: CalendarPeriod | None = strawberry.field(
        default=UNSET, description="When the running period began, in your time zone. Left out, never null."
    )

    def at_from(self, now: datetime) -> datetime:
        if self.start_of:
            raise bad_input("The start of a period can be asked of leads only.")
        if self.at:
            return self.at
        return now + self.ahead if isinstance(self.ahead, timedelta) else now - (self.ago or timedelta())


@strawberry.input(
    one_of=True,
    description="A day: exactly one of these, and that one not null. All but `on` are reckoned from your own today.",
)
class Day:
    on: date | None = strawberry.field(default=UNSET, description="A day of the calendar. Left out, never null.")
    ago: timedelta | None = strawberry.field(
        default=UNSET, description="So many whole days before today; `P0D` is today. Left out, never null."
    )
    ahead: timedelta | None = strawberry.field(
        default=UNSET, description="So many whole days after today; `P0D` is today. Left out, never null."
    )
    start_of: CalendarPeriod | None = strawberry.field(
        default=UNSET, description="The first day of the running period. Left out, never null."
    )
    end_of: CalendarPeriod | None = strawberry.field(
        default=UNSET, description="The last day of the running period. Left out, never null."
    )


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
