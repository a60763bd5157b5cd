"""Totals: how many leads a filter finds and what they are worth, whole or in groups.

Where filter and groups ask for nothing but status, step, pipeline and owner, kept figures answer, whatever the number
of leads; otherwise the leads are counted.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import strawberry

import reads
from reads import Row
from sales import leads, pipelines, reasons, steps, users
from sales.leads import Status
from sales.totals import LeadTotal
from schema.connections import Connection
from schema.leads import Lead
from schema.leads.conditions import Conditions
from schema.leads.filters import LeadFilter
from schema.mistakes import bad_input
from schema.money import in_its_places
from schema.pipelines import Pipeline
from schema.reasons import Reason
from schema.scalars import CurrencyCode
from schema.steps import Step
from schema.users import User
from schema.words import by_status, described

MOST_KEYS = 2

Condition = Callable[[Row], str]

_COLUMNS = {
    "status": "text", "month": "date", "step_id": "uuid", "pipeline_id": "uuid", "owner_id": "uuid",
    "reason_id": "uuid",
}  # fmt: skip
_KEPT_CONDITIONS = frozenset({"status", "step", "pipeline", "owner"})


class LeadGrouping(StrEnum):
    """What leads can be grouped by."""

    STATUS = "status"
    STEP = "step_id"
    PIPELINE = "pipeline_id"
    OWNER = "owner_id"
    REASON = "reason_id"
    CREATED_MONTH = "created_month"
    CLOSED_MONTH = "closed_month"
    EXPECTED_CLOSE_MONTH = "expected_close_month"


described(
    LeadGrouping,
    "What leads can be grouped by.",
    STATUS="The status.",
    STEP="The step.",
    PIPELINE="The pipeline of the step.",
    OWNER="The owner; nobody is a group too.",
    REASON="Why they were closed; no reason is a group too.",
    CREATED_MONTH="The month in which they came up, on your calendar.",
    CLOSED_MONTH="The month in which they were closed, on your calendar; the open ones are a group too.",
    EXPECTED_CLOSE_MONTH="The month in which a decision is expected; unknown is a group too.",
)

_KEPT_KEYS = frozenset({LeadGrouping.STATUS, LeadGrouping.STEP, LeadGrouping.PIPELINE, LeadGrouping.OWNER})


def _in_places(column: str) -> reads.Metadata:
    return reads.computed(lambda sum: in_its_places(getattr(sum, column), sum.currency))


@strawberry.type(description="What the leads of one currency come to. Sums of several currencies are never mixed.")
class LeadSum:
    currency: CurrencyCode = strawberry.field(description="The currency. Never null.")
    amount: Decimal = strawberry.field(description="Their amounts. Never null.", metadata=_in_places("amount"))
    weighted: Decimal = strawberry.field(
        description="Their amounts, each times its probability: the lead's own, or its step's, or else zero. "
        "Never null.",
        metadata=_in_places("weighted"),
    )


def sums_of(group: Callable[[Row], Row] = lambda group: group) -> reads.Metadata:
    """The sums of a row that `grouped` made; `group` finds it from the row that has the field."""
    return reads.derived(lambda row: _unnested(group(row)), order=lambda sum: sum.currency)


def count_of(group: Callable[[Row], Row]) -> reads.Metadata:
    """How many leads are in a row that `grouped` made."""
    return reads.computed(lambda row: group(row).count)


def _unnested(group: Row) -> str:
    return (
        f"(select * from unnest({group.currencies}, {group.amounts}, {group.weights}) "
        "as u (currency, amount, weighted) where currency is not null and amount is not null)"
    )


_COUNT = "How many leads these are. Never null."
_SUMS_TEXT = "What they are worth, one sum per currency by its code; may be empty, never null."


@strawberry.type(description="Leads that have something in common; what they are not grouped by is null.")
class LeadGroup:
    status: Status | None = strawberry.field(description="Their status; null: they are not grouped by it.")
    month: date | None = strawberry.field(
        description="The first day of their month; null: they are not grouped by one, or these have none."
    )
    step: Step | None = strawberry.field(
        description="Their step; null: they are not grouped by it.", metadata=reads.to_one(steps.Step, "step_id")
    )
    pipeline: Pipeline | None = strawberry.field(
        description="Their pipeline; null: they are not grouped by it.",
        metadata=reads.to_one(pipelines.Pipeline, "pipeline_id"),
    )
    owner: User | None = strawberry.field(
        description="Their owner; null: they are not grouped by owner, or these are nobody's.",
        metadata=reads.to_one(users.User, "owner_id"),
    )
    reason: Reason | None = strawberry.field(
        description="Why they were closed; null: they are not grouped by it, or nobody said.",
        metadata=reads.to_one(reasons.Reason, "reason_id"),
    )
    count: int = strawberry.field(description=_COUNT)
    sums: list[LeadSum] = strawberry.field(description=_SUMS_TEXT, metadata=sums_of())


@strawberry.type(description="How many leads there are and what they are worth.")
class LeadTotals:
    count: int = strawberry.field(description=_COUNT)
    sums: list[LeadSum] = strawberry.field(description=_SUMS_TEXT, metadata=sums_of())
    groups: list[LeadGroup] = strawberry.field(
        description="The same in groups, by the keys of `groupBy` in their order; empty without any. Never null.",
        metadata=reads.derived(
            lambda row: _groups(row, row.arguments.get("filter"), _keys(row.arguments)), order=lambda g: g.place
        ),
    )


def _groups(row: Row, filter: Mapping[str, Any] | None, keys: Sequence[LeadGrouping]) -> str:
    groups = grouped(row, filter, keys)
    return groups if keys else f"(select * from {groups} whole where false)"


def _found(page: Row) -> Row:
    return page.beside("totals", lambda: grouped(page, page.arguments.get("filter"), []))


@strawberry.type(description="Leads by a filter, one page of them, and what all of them come to. Null nowhere.")
class LeadList(Connection[Lead]):
    total_count: int = strawberry.field(
        description="How many leads the whole list has; counted only where it is asked for.", metadata=count_of(_found)
    )
    sums: list[LeadSum] = strawberry.field(
        description="What all leads of the list are worth, on this page or not: one sum per currency by its code; may "
        "be empty, never null.",
        metadata=sums_of(_found),
    )


@strawberry.field(
    graphql_type=LeadTotals,
    description="How many leads a filter finds and what they are worth, whole and in groups. Never null.",
    metadata=reads.only(lambda row, given: grouped(row, given.get("filter"), [])),
)
def lead_totals(
    filter: Annotated[LeadFilter | None, strawberry.argument(description="Which leads; null: all.")] = None,
    group_by: Annotated[
        list[LeadGrouping] | None,
        strawberry.argument(description=f"At most {MOST_KEYS} keys; null or empty: no groups."),
    ] = None,
) -> None: ...


def grouped(
    row: Row, filter: Mapping[str, Any] | None, keys: Sequence[LeadGrouping], *, also: Condition | None = None
) -> str:
    """A subselect with one row per group: its keys, `count`, and what it is worth as arrays beside each other.

    Without keys it is one row, also of nothing. `also` is a further condition, on status, step, pipeline and owner.
    """
    is_kept = _is_kept(filter) and set(keys) <= _KEPT_KEYS
    lead = Row(row.statement, row.statement.name("l"), LeadTotal if is_kept else leads.Lead)
    step = Row(row.statement, row.statement.name("s"), steps.Step)
    names = ", ".join(f"{_key(key, lead, step)} as k{n}" for n, key in enumerate(keys))
    places = "".join(f", {n + 1}" for n in range(len(keys)))
    weight = f"coalesce({step.probability}, 0) * 0.01"
    if is_kept:
        worth = f"sum({lead.weighted} + {lead.unweighted} * {weight})"
        figures = f"sum({lead.leads}) as n, sum({lead.amount}) as a, {worth} as w"
    else:
        own = f"coalesce({lead.probability} * 0.01, {weight})"
        figures = f"count(*) as n, sum({lead.amount}) as a, sum({lead.amount} * {own}) as w"
    conditions = [
        Conditions(lead).of(filter),
        also(lead) if also else "true",
        *([f"{lead.leads} > 0"] if is_kept else []),
    ]
    by_currency = (
        f"select {names + ', ' if names else ''}{lead.currency} as c, {figures} "
        f"from {row.rows_of(LeadTotal if is_kept else leads.Lead)} {lead} "
        f"join {row.rows_of(steps.Step)} {step} on {step.id} = {lead.step_id} where {' and '.join(conditions)} "
        f"group by {len(keys) + 1}{places}"
    )
    columns = {name: f"null::{kind}" for name, kind in _COLUMNS.items()}
    columns |= {_column(key): f"k{n}" for n, key in enumerate(keys)}
    chosen = ", ".join(f"{sql} as {name}" for name, sql in columns.items())
    by = f"group by {', '.join(f'k{n}' for n in range(len(keys)))} having sum(n) > 0" if keys else ""
    order = ", ".join(_sorted(key, n) for n, key in enumerate(keys))
    place = f"row_number() over (order by {order})" if keys else "1"
    return (
        f"(select {chosen}, coalesce(sum(n), 0)::bigint as count, coalesce(array_agg(c), '{{}}') as currencies, "
        f"coalesce(array_agg(a), '{{}}') as amounts, coalesce(array_agg(w), '{{}}') as weights, {place} as place "
        f"from ({by_currency}) b {by})"
    )


def _is_kept(filter: Mapping[str, Any] | None) -> bool:
    """Whether a filter asks for nothing that the kept figures don't know."""
    return all(
        name in _KEPT_CONDITIONS
        or (name in ("and", "or") and all(_is_kept(each) for each in value or []))
        or (name == "not" and _is_kept(value))
        for name, value in (filter or {}).items()
    )


def _keys(arguments: Mapping[str, Any]) -> list[LeadGrouping]:
    keys = [LeadGrouping(key) for key in dict.fromkeys(arguments.get("groupBy") or [])]
    if len(keys) > MOST_KEYS:
        raise bad_input(f"Leads are grouped by {MOST_KEYS} keys at most.")
    if sum(_column(key) == "month" for key in keys) > 1:
        raise bad_input("Leads are grouped by one month at most.")
    return keys


def _column(key: LeadGrouping) -> str:
    return "month" if key.endswith("_month") else str(key)


def _key(key: LeadGrouping, lead: Row, step: Row) -> str:
    match key:
        case LeadGrouping.PIPELINE:
            return step.pipeline_id
        case LeadGrouping.EXPECTED_CLOSE_MONTH:
            return f"date_trunc('month', {lead.expected_close_on})::date"
        case LeadGrouping.CREATED_MONTH | LeadGrouping.CLOSED_MONTH:
            at = lead.created_at if key == LeadGrouping.CREATED_MONTH else lead.closed_at
            return f"date_trunc('month', {at} at time zone {lead.bind(_zone, 'text')})::date"
    return str(getattr(lead, key))


def _sorted(key: LeadGrouping, n: int) -> str:
    if key == LeadGrouping.STATUS:
        return by_status(f"k{n}")
    return f"k{n} nulls last"


def _zone(run: reads.Run) -> str:
    zone: str = run.who.user.time_zone
    return zone


QUERIES = [lead_totals]
