"""Finding leads: one by its id or number, many by filters of every kind, in any order."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry import UNSET
from tortoise.expressions import Q, RawSQL, Subquery

import reads
from reads import Row, Unplannable
from sales import leads, pipelines, steps, users
from sales.leads import Status
from sales.texts import containing
from schema import ids
from schema.connections import After, Before, First, Last, Page, Slice, paged
from schema.context import Context, Info
from schema.filters import Filter, Instant, RangeFilter, compared, conditions
from schema.leads import Lead
from schema.leads.conditions import DEEPEST, LONGEST_TEXT, MOST_CONDITIONS, Conditions
from schema.loading import seen
from schema.mistakes import bad_input
from schema.orders import Key
from schema.words import described

if TYPE_CHECKING:
    from schema.totals import LeadList

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

_DUE = """(select min(r.due_at) from reminders r
  where r.account_id = "leads"."account_id" and r.lead_id = "leads"."id" and r.state = 'PENDING')"""


def _named(lead: Row, given: reads.Arguments) -> str:
    id, number = given.get("id"), given.get("number")
    if (id is None) == (number is None):
        raise Unplannable("one of the two")
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


@strawberry.field(
    name="lead",
    graphql_type=Lead | None,
    description="One lead, by its id or its number. Null when there is none, or you may not see it.",
    metadata=reads.one(leads.Lead, lambda _, lead, given: _named(lead, given)),
)
async def lead_by_id(
    info: Info,
    id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Its id. Left out or null: give the number.")
    ] = None,
    number: Annotated[
        int | None, strawberry.argument(description="Its number in your account. Left out or null: give the id.")
    ] = None,
) -> leads.Lead | None:
    if (id is None) == (number is None):
        raise bad_input("Give the lead's id or its number: one of the two.")
    if id is not None:
        return await info.context.loaders.one(leads.Lead).load(ids.asked(id, leads.Lead))
    return await (await seen(leads.Lead, info.context.by)).filter(number=number).first()


@strawberry.field(
    name="leads",
    graphql_type=Annotated["LeadList", strawberry.lazy("schema.totals")],
    description="The leads that you may see, by default those with the highest numbers first. Never null.",
    metadata=reads.connection(
        leads.Lead, lambda _, lead, given: _matching(lead, given), order=lambda given: _sorted(given)
    ),
)
async def list_leads(
    info: Info,
    filter: Annotated[LeadFilter | None, strawberry.argument(description="Which; null: all.")] = None,
    order_by: Annotated[
        list[LeadOrder] | None,
        strawberry.argument(description="The order, most important first; the id decides last. Null: newest first."),
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Slice:
    return await page_of_leads(info.context, filter, order_by, Page.of(first, after, last, before))


async def page_of_leads(
    context: Context, filter: LeadFilter | None, order_by: Sequence[LeadOrder] | None, page: Page
) -> Slice:
    """A page of the leads that the viewer may see, by a filter (None: all) and in an order (empty: newest first)."""
    rows = (await seen(leads.Lead, context.by)).annotate(due=RawSQL(_DUE))
    asked = LeadConditions(context.by.account.id, await context.now())
    matching = asked.of(filter) if filter else Q()
    return await paged(rows.filter(matching), _order(order_by or _NEWEST_FIRST), page)


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


class LeadConditions:
    """Turns filters into conditions, for one request; counts them, so that a filter stays within bounds."""

    def __init__(self, account_id: UUID, now: datetime) -> None:
        self._account_id = account_id
        self._now = now
        self._counted = 0

    def of(self, filter: LeadFilter, *, depth: int = 1) -> Q:
        """The conditions of a filter. Raises BAD_USER_INPUT where it is too large or an id in it is none."""
        self._counted += 1
        if depth > DEEPEST or self._counted > MOST_CONDITIONS:
            raise bad_input(f"A filter is at most {DEEPEST} deep and has at most {MOST_CONDITIONS} parts.")
        parts = [self._own(filter), *(self.of(each, depth=depth + 1) for each in filter.and_ or [])]
        if isinstance(filter.or_, list):
            either = [self.of(each, depth=depth + 1) for each in filter.or_]
            if not either:
                parts.append(_NONE)
            elif all(each.children or each.filters for each in either):
                parts.append(reduce(or_, either))
        if filter.not_:
            excluded = self.of(filter.not_, depth=depth + 1)
            parts.append(~excluded if excluded.children or excluded.filters else _NONE)
        return conditions(*parts)

    def _own(self, filter: LeadFilter) -> Q:
        return conditions(
            compared("status", filter.status),
            _of_pipeline(filter.pipeline.id) if filter.pipeline else Q(),
            _of_step(filter.step) if filter.step else Q(),
            _of_owner(filter.owner) if filter.owner else Q(),
            Q(is_starred=filter.is_starred) if isinstance(filter.is_starred, bool) else Q(),
            _containing(filter.text, self._account_id) if filter.text else Q(),
            compared("number", filter.number),
            compared("due", filter.due, read=self._instant),
            compared("created_at", filter.created_at, read=self._instant),
            compared("closed_at", filter.closed_at, read=self._instant),
            compared("amount", filter.amount),
            compared("expected_close_on", filter.expected_close_on),
        )

    def _instant(self, instant: Instant) -> datetime:
        return instant.at_from(self._now)


_NONE = Q(id__in=[])


def _of_pipeline(filter: Filter[Any] | None) -> Q:
    of_steps = compared("pipeline_id", filter, read=lambda id: ids.asked(id, pipelines.Pipeline))
    return Q(step_id__in=Subquery(steps.Step.filter(of_steps).values("id"))) if of_steps.children else Q()


def _of_step(filter: StepFilter) -> Q:
    own = compared("step_id", filter.id, read=lambda id: ids.asked(id, steps.Step))
    return conditions(own, _of_pipeline(filter.pipeline_id))


def _of_owner(filter: UserFilter) -> Q:
    own = compared("owner_id", filter.id, read=lambda id: ids.asked(id, users.User))
    return conditions(own, Q(owner_id__isnull=filter.is_null) if isinstance(filter.is_null, bool) else Q())


def _containing(text: str, account_id: UUID) -> Q:
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise bad_input(f"A text to look for has at most {LONGEST_TEXT} characters, all of which can be shown.")
    return containing(text, account_id=account_id)


QUERIES = [lead_by_id, list_leads]
