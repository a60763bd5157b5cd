"""Finding leads: one by its id or number, many by filters of every kind, in any order."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import UNSET

import reads
from reads import Key, Row
from sales import leads
from sales.leads import Status
from schema import ids
from schema.connections import After, Before, Connection, First, Last
from schema.filters import Filter, Instant, RangeFilter
from schema.leads import Lead
from schema.leads.conditions import LONGEST_TEXT, Conditions
from schema.mistakes import bad_input
from schema.words import described

_ABSENT = "Left out or null: any."


@strawberry.input(description="Which steps. An empty filter is no filter.")
class StepFilter:
    id: Filter[strawberry.ID] | None = strawberry.field(default=UNSET, description=f"By id. {_ABSENT}")
    pipeline_id: Filter[strawberry.ID] | None = strawberry.field(default=UNSET, description=f"By pipeline. {_ABSENT}")


@strawberry.input(description="Which pipelines. An empty filter is no filter.")
class PipelineFilter:
    id: Filter[strawberry.ID] | None = strawberry.field(default=UNSET, description=f"By id. {_ABSENT}")


@strawberry.input(description="Which people. An empty filter is no filter.")
class UserFilter:
    id: Filter[strawberry.ID] | None = strawberry.field(default=UNSET, description=f"By id. {_ABSENT}")
    is_null: bool | None = strawberry.field(
        default=UNSET, description=f"True: there is nobody; false: there is somebody. {_ABSENT}"
    )


@strawberry.input(description="Which leads: all conditions hold. An empty filter is no filter; an empty `in` or `or` "
                  "matches nothing.")  # fmt: skip
class LeadFilter:
    status: Filter[Status] | None = strawberry.field(default=UNSET, description=f"By status. {_ABSENT}")
    pipeline: PipelineFilter | None = strawberry.field(default=UNSET, description=f"By pipeline. {_ABSENT}")
    step: StepFilter | None = strawberry.field(default=UNSET, description=f"By step. {_ABSENT}")
    owner: UserFilter | None = strawberry.field(default=UNSET, description=f"By owner. {_ABSENT}")
    is_starred: bool | None = strawberry.field(default=UNSET, description=f"Starred, or not. {_ABSENT}")
    text: str | None = strawberry.field(
        default=UNSET,
        description=f"The title or the description contains this, whatever its case and accents; at most "
        f"{LONGEST_TEXT} characters. {_ABSENT}",
    )
    number: RangeFilter[int] | None = strawberry.field(default=UNSET, description=f"By number. {_ABSENT}")
    due: RangeFilter[Instant] | None = strawberry.field(
        default=UNSET, description=f"By the moment of its earliest pending reminder; empty: none is. {_ABSENT}"
    )
    created_at: RangeFilter[Instant] | None = strawberry.field(
        default=UNSET, description=f"By when it came up. {_ABSENT}"
    )
    closed_at: RangeFilter[Instant] | None = strawberry.field(
        default=UNSET, description=f"By when it was closed; empty: it is open. {_ABSENT}"
    )
    amount: RangeFilter[Decimal] | None = strawberry.field(
        default=UNSET, description=f"By amount, whatever the currency; empty: none is known. {_ABSENT}"
    )
    expected_close_on: RangeFilter[date] | None = strawberry.field(
        default=UNSET, description=f"By the expected closing date; empty: unknown. {_ABSENT}"
    )
    and_: list["LeadFilter"] | None = strawberry.field(
        name="and", default=UNSET, description="All of these hold, too; an empty list is no condition. Null: none."
    )
    or_: list["LeadFilter"] | None = strawberry.field(
        name="or", default=UNSET, description="One of these holds, too; an empty list matches nothing. Null: none."
    )
    not_: "LeadFilter | None" = strawberry.field(
        name="not", default=UNSET, description="This does not hold; an empty filter always does. Null: no condition."
    )


class LeadOrderField(StrEnum):
    """What leads can be sorted by."""

    NUMBER = "number"
    CREATED_AT = "created_at"
    TITLE = "title"
    AMOUNT = "amount"
    STATUS_CHANGED_AT = "status_changed_at"
    EXPECTED_CLOSE_ON = "expected_close_on"
    RANK = "rank"


class OrderDirection(StrEnum):
    """Which end comes first."""

    ASC = "ASC"
    DESC = "DESC"


class OrderNulls(StrEnum):
    """Where empty values go."""

    FIRST = "FIRST"
    LAST = "LAST"


described(
    LeadOrderField,
    "What leads can be sorted by.",
    NUMBER="The number within the account.",
    CREATED_AT="When it came up.",
    TITLE="The title, letter by letter.",
    AMOUNT="The amount, whatever the currency.",
    STATUS_CHANGED_AT="Since when it has its status.",
    EXPECTED_CLOSE_ON="The expected closing date.",
    RANK="The place in the column of the board; makes sense within one step.",
)
described(
    OrderDirection, "Which end comes first.", ASC="The smallest, or the earliest.", DESC="The largest, or latest."
)
described(OrderNulls, "Where empty values go.", FIRST="Before all others.", LAST="After all others.")


@strawberry.input(description="One thing to sort by.")
class LeadOrder:
    field: LeadOrderField = strawberry.field(description="By what. It can't be null.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end comes first. It can't be null."
    )
    nulls: OrderNulls = strawberry.field(default=OrderNulls.LAST, description="Where empty values go; never null.")


_KINDS: dict[LeadOrderField, type] = {
    LeadOrderField.NUMBER: int,
    LeadOrderField.CREATED_AT: datetime,
    LeadOrderField.TITLE: str,
    LeadOrderField.AMOUNT: Decimal,
    LeadOrderField.STATUS_CHANGED_AT: datetime,
    LeadOrderField.EXPECTED_CLOSE_ON: date,
    LeadOrderField.RANK: str,
}
_NULLABLE = {LeadOrderField.AMOUNT, LeadOrderField.EXPECTED_CLOSE_ON}
_NEWEST_FIRST = (LeadOrder(field=LeadOrderField.NUMBER, direction=OrderDirection.DESC),)


def _named(lead: Row, given: reads.Arguments) -> str:
    id, number = given.get("id"), given.get("number")
    if (id is None) == (number is None):
        raise bad_input("Give the lead's id or its number: one of the two.")
    if id is not None:
        return f"{lead.id} = {lead.bind(ids.late(id, leads.Lead), 'uuid')}"
    return f"{lead.number} = {number}"


def _matching(lead: Row, given: reads.Arguments) -> str:
    return Conditions(lead).of(given.get("filter"))


def _sorted(given: reads.Arguments) -> tuple[Key, ...]:
    order_by = given.get("orderBy") or []
    return _order(
        [
            LeadOrder(
                field=LeadOrderField(each["field"]),
                direction=OrderDirection(each["direction"]),
                nulls=OrderNulls(each["nulls"]),
            )
            for each in order_by
        ]
        or _NEWEST_FIRST
    )


FOUND = reads.connection(leads.Lead, lambda _, lead, given: _matching(lead, given), order=lambda given: _sorted(given))
"""How leads are found, by `filter` and `orderBy`."""


@strawberry.field(
    name="lead",
    graphql_type=Lead | None,
    description="One lead, by its id or its number. Null when there is none, or you may not see it.",
    metadata=reads.one(leads.Lead, lambda _, lead, given: _named(lead, given)),
)
def lead_by_id(
    id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Its id. Left out or null: give the number.")
    ] = None,
    number: Annotated[
        int | None, strawberry.argument(description="Its number in your account. Left out or null: give the id.")
    ] = None,
) -> None: ...


@strawberry.field(
    name="leads",
    graphql_type=Connection[Lead],
    description="The leads that you may see, by default those with the highest numbers first. Never null.",
    metadata=FOUND,
)
def list_leads(
    filter: Annotated[LeadFilter | None, strawberry.argument(description="Which; null: all.")] = None,
    order_by: Annotated[
        list[LeadOrder] | None,
        strawberry.argument(description="The order, most important first; the id decides last. Null: newest first."),
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> None: ...


def _order(order_by: Any) -> tuple[Key, ...]:
    """The sort keys; a field that comes twice counts once, and the id is the last."""
    fields = {order.field: order for order in reversed(order_by)}
    keys = [
        Key(
            each.field.value,
            _KINDS[each.field],
            descending=each.direction == OrderDirection.DESC,
            nulls_first=each.nulls == OrderNulls.FIRST if each.field in _NULLABLE else None,
        )
        for each in reversed(fields.values())
    ]
    return (*keys, Key("id", UUID))


QUERIES = [lead_by_id, list_leads]
