"""The board of a past moment: a pipeline's columns as they were then, made from the journal alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from sales.boards.facts import PastStep, facts_seen, fetch_seen, require_past, steps_at, values_seen
from sales.leads import Status
from sales.money import Money
from sales.viewers import Viewer

_COLUMNS = {
    "status": "text", "owner_id": "uuid", "amount": "numeric", "currency": "text", "probability": "smallint",
    "rank": "text", "step_id": "uuid",
}  # fmt: skip

_BOARD = f"""
{facts_seen(_COLUMNS)},
open_then as materialized (
  select w.*, coalesce(w.probability, s.probability) as effective,
    row_number() over (partition by w.step_id order by w.rank collate "C", w.number) as place
  from was w join unnest($6::uuid[], $7::smallint[]) s(id, probability) on s.id = w.step_id
  where coalesce(w.status, 'TODO') in ('TODO', 'STANDBY')),
totals as (
  select step_id, currency, count(*) as leads, sum(amount)::text as amount,
    sum(amount * coalesce(effective, 0) / 100)::text as weighted
  from open_then group by step_id, currency),
titled as (
  select o.*, (
    select j.private -> 'title' ->> 1 from journal j
    where j.account_id = $1 and j.lead_id = o.id and j.subject_id = o.id and j.private ? 'title' and j.happened_at <= $2
    order by j.position desc limit 1) as title
  from open_then o where $8::bigint is null or place <= $8)
select
  (select coalesce(jsonb_agg(to_jsonb(t) order by t.currency), '[]') from totals t) as totals,
  (select coalesce(jsonb_agg(to_jsonb(t) || jsonb_build_object('amount', t.amount::text) order by step_id, place), '[]')
    from titled t) as leads
"""


@dataclass(frozen=True)
class PastLead:
    """An open lead as it was. The title is None where it was erased since."""

    id: UUID
    number: int
    title: str | None
    status: Status
    owner_id: UUID | None
    money: Money | None
    own_probability: int | None
    probability: int | None
    """Per cent: its own, or else that of its step, as they were."""
    rank: str
    step_id: UUID


@dataclass
class PastColumn:
    """A step as it was with the open leads that lay in it: the first ones, how many there were, what they were worth.

    `weighted` counts each amount by the lead's probability; nothing where there was none. One sum per currency.
    """

    step: PastStep
    leads: list[PastLead] = field(default_factory=list)
    count: int = 0
    sums: list[Money] = field(default_factory=list)
    weighted: list[Money] = field(default_factory=list)


async def as_of(pipeline_id: UUID, moment: datetime, *, by: Viewer, first: int | None = None) -> list[PastColumn]:
    """The columns of a pipeline as they were: steps in their order then, their open leads in rank order.

    A column is there for each step that was open to leads, and for others where leads lay in them. `first` bounds the
    leads of each column (None: all of them); counts and sums are of all. Only leads that the viewer may see now. Before
    there was a pipeline there are no columns, except where back-dated leads lie in its steps.
    Raises InvalidValue for the future, NotFound for a pipeline that has never been there.
    """
    await require_past(moment, path="at")
    steps = await steps_at(pipeline_id, moment, by=by)
    values = await values_seen(by, since=moment, until=moment)
    probabilities = [step.probability for step in steps.values()]
    [row] = await fetch_seen(_BOARD, *values, list(steps), probabilities, first)
    columns = {id: PastColumn(step) for id, step in steps.items()}
    for lead in map(_lead, orjson.loads(row["leads"])):
        columns[lead.step_id].leads.append(lead)
    for total in orjson.loads(row["totals"]):
        _add(columns[UUID(total["step_id"])], total)
    return _shown(columns.values())


def _lead(told: dict[str, Any]) -> PastLead:
    return PastLead(
        id=UUID(told["id"]),
        number=told["number"],
        title=told["title"],
        status=Status(told["status"] or Status.TODO),
        owner_id=UUID(told["owner_id"]) if told["owner_id"] else None,
        money=Money(Decimal(told["amount"]), told["currency"]) if told["amount"] else None,
        own_probability=told["probability"],
        probability=told["effective"],
        rank=told["rank"],
        step_id=UUID(told["step_id"]),
    )


def _add(column: PastColumn, total: dict[str, Any]) -> None:
    column.count += total["leads"]
    if total["currency"] is not None:
        column.sums.append(Money(Decimal(total["amount"]), total["currency"]))
        column.weighted.append(Money(Decimal(total["weighted"]), total["currency"]))


def _shown(columns: Iterable[PastColumn]) -> list[PastColumn]:
    return [column for column in columns if column.step.is_open or column.count]
