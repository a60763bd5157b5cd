"""What moved on a board between two moments: column by column, how the one became the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from sales.boards.facts import PastStep, facts_seen, fetch_seen, require_past, steps_at, values_seen
from sales.errors import InvalidValue
from sales.leads import Status
from sales.money import Money
from sales.statuses import CLOSED, OPEN
from sales.viewers import Viewer

_COLUMNS = {"status": "text", "step_id": "text", "amount": "numeric", "currency": "text"}

# A fact that was overruled before it counted is left out.
_MOVES = f"""
{facts_seen(_COLUMNS)},
told_by as (
  select lead_id, key, change -> 1 as value, position, since, max(position) over (
    partition by lead_id, key order by since, position
    rows between unbounded preceding and 1 preceding) as overruling
  from facts where since <= $3),
passages as (
  select lead_id, since, jsonb_object_agg(key, value order by position) as changes
  from told_by where since > $2 and (overruling is null or overruling < position)
  group by lead_id, since),
moved as materialized (
  select lead_id, jsonb_agg(changes order by since) as passages from passages group by lead_id)
select null as passages, step_id, status, currency, count(*) as leads, sum(amount) as amount
from was where coalesce(status, 'TODO') in ('TODO', 'STANDBY')
  and step_id = any($6::text[]) and id not in (select lead_id from moved)
group by step_id, status, currency
union all
select m.passages, w.step_id, w.status, w.currency, 1, w.amount from moved m join was w on w.id = m.lead_id
"""


@dataclass
class Figures:
    """So many leads, and what they were worth in each currency; leads without an amount count and add nothing."""

    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    @property
    def sums(self) -> list[Money]:
        return [Money(amount, currency) for currency, amount in sorted(self.amounts.items())]

    def add(self, money: Money | None, *, leads: int = 1) -> None:
        self.count += leads
        if money is not None:
            self.amounts[money.currency] = self.amounts.get(money.currency, Decimal(0)) + money.amount


@dataclass
class ColumnDiff:
    """What moved in one column, whose step is as it was at the end.

    `at_start`, `at_end`: the open leads in it then.
    `entered`: open leads that came in, from another step, from another pipeline or newly created.
    `reopened`: closed leads that came back to life in it.
    `left`: open leads that went to another step, still open.
    `won`, `lost`, `cancelled`: leads in it that were closed, at the amount at which they were.
    `up`, `down`: by how much the amounts of leads in it grew and shrank while they were in it; a first amount grows
    from nothing. Another currency is all of the one amount down and all of the other up. They count changes, not leads.

    Each passage counts: a lead that left and came back has left once and entered once. What happens at one and the same
    instant is one passage; an amount that changes in it changes first, in the column that the lead is leaving.

    So it always adds up, in counts (without up and down) and in the amounts of each currency:
    at_start + entered + reopened - left - won - lost - cancelled + up - down = at_end.
    """

    step: PastStep
    at_start: Figures = field(default_factory=Figures)
    entered: Figures = field(default_factory=Figures)
    reopened: Figures = field(default_factory=Figures)
    left: Figures = field(default_factory=Figures)
    won: Figures = field(default_factory=Figures)
    lost: Figures = field(default_factory=Figures)
    cancelled: Figures = field(default_factory=Figures)
    up: Figures = field(default_factory=Figures)
    down: Figures = field(default_factory=Figures)
    at_end: Figures = field(default_factory=Figures)

    @property
    def is_empty(self) -> bool:
        parts = (self.at_start, self.entered, self.reopened, self.up, self.down)
        return not any(part.count for part in parts)


@dataclass(frozen=True)
class _Standing:
    """What counts of a lead at an instant."""

    status: Status
    step_id: str
    money: Money | None


async def diff(pipeline_id: UUID, start: datetime, end: datetime, *, by: Viewer) -> list[ColumnDiff]:
    """What moved in each column after `start`, up to and including `end`; leads and rights are those of `past.as_of`.

    A column is there for each step that was open to leads at the end, and for others where there is a figure.
    Raises InvalidValue for an end in the future or before the start, NotFound for a pipeline that has never been there.
    """
    await require_past(end, path="to")
    if end < start:
        raise InvalidValue("to", "ends_before_it_starts")
    steps = await steps_at(pipeline_id, end, by=by)
    ledger = _Ledger({str(id): ColumnDiff(step) for id, step in steps.items()})
    values = await values_seen(by, since=start, until=end)
    for row in await fetch_seen(_MOVES, *values, list(map(str, steps))):
        told = {column: row[column] for column in _COLUMNS if row[column] is not None}
        lead = _standing(told)
        ledger.open_with(lead, leads=row["leads"])
        for changes in orjson.loads(row["passages"] or "[]"):
            before, told = lead, told | changes
            lead = _standing(told)
            ledger.pass_on(before, lead)
        ledger.close_with(lead, leads=row["leads"])
    return [column for column in ledger.columns.values() if column.step.is_open or not column.is_empty]


@dataclass
class _Ledger:
    """The columns being worked out."""

    columns: Mapping[str, ColumnDiff]

    def open_with(self, lead: _Standing | None, *, leads: int) -> None:
        if lead and (column := self._column(lead)):
            column.at_start.add(lead.money, leads=leads)

    def close_with(self, lead: _Standing | None, *, leads: int) -> None:
        if lead and (column := self._column(lead)):
            column.at_end.add(lead.money, leads=leads)

    def pass_on(self, before: _Standing | None, after: _Standing | None) -> None:
        """Enter what one instant made of a lead: first its amount, then where it went."""
        if after is None:
            return
        here, there = self._column(before), self._column(after)
        if here and before:
            _reprice(here, before.money, after.money)
        if here is there:
            return
        if here:
            _way_out(here, after.status).add(after.money)
        if there:
            is_back = before is not None and before.status in CLOSED
            (there.reopened if is_back else there.entered).add(after.money)

    def _column(self, lead: _Standing | None) -> ColumnDiff | None:
        """Where an open lead lies; None outside this pipeline."""
        return self.columns.get(lead.step_id) if lead and lead.status in OPEN else None


def _reprice(column: ColumnDiff, old: Money | None, new: Money | None) -> None:
    if old and new and old.currency == new.currency:
        change = new.amount - old.amount
        if change:
            (column.up if change > 0 else column.down).add(Money(abs(change), new.currency))
        return
    if old:
        column.down.add(old)
    if new:
        column.up.add(new)


def _way_out(column: ColumnDiff, status: Status) -> Figures:
    match status:
        case Status.WON:
            return column.won
        case Status.LOST:
            return column.lost
        case Status.CANCELLED:
            return column.cancelled
        case _:
            return column.left


def _standing(told: dict[str, Any]) -> _Standing | None:
    """None before there was the lead. One that came in closed has no status told until its closing: it was open."""
    if "step_id" not in told:
        return None
    return _Standing(
        status=Status(told.get("status", Status.TODO)),
        step_id=told["step_id"],
        money=Money(Decimal(told["amount"]), told["currency"]) if told.get("amount") is not None else None,
    )
