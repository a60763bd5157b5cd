"""Finding leads: one by its id or number, many by filters of every kind, in any order."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import UNSET
from tortoise.expressions import Q, RawSQL, Subquery

import reads
from reads import Row, Unplannable
from sales import leads, pipelines, steps, users
from sales.texts import containing
from schema import ids
from schema.connections import After, Before, Connection, First, Last, Page, Slice, paged
from schema.context import Context, Info
from schema.filters import LONGEST_TEXT, Filter, Instant, compared, conditions
from schema.leads import Lead, orders
from schema.leads.conditions import DEEPEST, MOST_CONDITIONS, Conditions
from schema.leads.filters import LeadFilter, StepFilter, UserFilter
from schema.leads.orders import LeadOrder
from schema.loading import seen
from schema.mistakes import bad_input

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


def _order(given: reads.Arguments) -> list[LeadOrder]:
    return orders.asked(given.get("orderBy"))


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
    graphql_type=Connection[Lead],
    description="The leads that you may see, by default those with the highest numbers first. Never null.",
    metadata=reads.connection(
        leads.Lead,
        lambda _, lead, given: _matching(lead, given),
        order=lambda given: orders.sorted_by(_order(given)),
        rows=lambda row, given: orders.sortable(row, _order(given)),
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
    if _is_newer(filter, order_by):
        raise context.unreadable()
    rows = (await seen(leads.Lead, context.by)).annotate(due=RawSQL(_DUE))
    asked = LeadConditions(context.by.account.id, await context.now())
    matching = asked.of(filter) if filter else Q()
    return await paged(rows.filter(matching), orders.sorted_by(order_by or []), page)


_NEWER = (
    "status_changed_at", "step_entered_at", "created_by", "reason", "title", "description", "has_next_reminder",
    "is_overdue", "currency", "probability", "expected_close_on",
)  # fmt: skip


def _is_newer(filter: LeadFilter | None, order_by: Sequence[LeadOrder] | None) -> bool:
    """Whether this asks for what only a plan can say."""
    if {order.field for order in order_by or []} & orders.WORKED_OUT:
        return True
    if not filter:
        return False
    within = [*(filter.and_ or []), *(filter.or_ or []), *([filter.not_] if filter.not_ else [])]
    return (
        any(getattr(filter, name) not in (None, UNSET) for name in _NEWER)
        or bool(filter.owner and filter.owner.team)
        or any(_is_newer(each, None) for each in within)
    )


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
