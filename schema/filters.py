"""Filters: the inputs that compare a value of each kind; `schema.comparisons` makes SQL of them.

An empty one is no condition, and none is ever undecided: what is empty is neither less nor greater nor equal, and
`not` of that is true.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

import strawberry
from strawberry import UNSET

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
