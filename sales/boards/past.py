"""The board of a past moment: a pipeline's columns as they were then, made from the journal alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from sales import database
from sales.boards.facts import PastStep, facts_seen, require_past, steps_at
from sales.leads import Status
from sales.money import Money
from sales.viewers import Viewer

_COLUMNS = ("number", "title", "status", "owner_id", "amount", "currency", "probability", "rank", "step_id")

_BOARD = """
/*facts*/,
leads_then as (
  select lead_id, jsonb_object_agg(key, value order by position) as lead
  from facts where since <= $2 group by lead_id),
open_then as materialized (
  select l.lead_id, l.lead, s.id as step_id, (l.lead ->> 'amount')::numeric as amount,
    coalesce((l.lead ->> 'probability')::smallint, s.probability) as probability,
    row_number() over (
      partition by s.id order by l.lead ->> 'rank' collate "C", (l.lead ->> 'number')::bigint) as place
  from leads_then l
  join unnest($3::uuid[], $4::smallint[]) s(id, probability) on s.id = (l.lead ->> 'step_id')::uuid
  where coalesce(l.lead ->> 'status', 'TODO') in ('TODO', 'STANDBY')),
totals as (
  select step_id, lead ->> 'currency' as currency, count(*) as leads, sum(amount)::text as amount,
    sum(amount * coalesce(probability, 0) / 100)::text as weighted
  from open_then group by step_id, lead ->> 'currency')
select
  (select coalesce(jsonb_agg(to_jsonb(t) order by t.currency), '[]') from totals t) as totals,
  (select coalesce(jsonb_agg(lead || jsonb_build_object('id', lead_id, 'effective', probability)
     order by step_id, place), '[]') from open_then where $5::bigint is null or place <= $5) as leads
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
    await require_past(moment, path="moment")
    steps = await steps_at(pipeline_id, moment, by=by)
    sql = _BOARD.replace("/*facts*/", facts_seen(by, _COLUMNS, since="2", until="2"))
    probabilities = [step.probability for step in steps.values()]
    [row] = await database.fetch(sql, by.account.id, moment, list(steps), probabilities, first)
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
        title=told.get("title"),
        status=Status(told.get("status", Status.TODO)),
        owner_id=UUID(told["owner_id"]) if told.get("owner_id") else None,
        money=Money(Decimal(told["amount"]), told["currency"]) if told.get("amount") else None,
        own_probability=told.get("probability"),
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
