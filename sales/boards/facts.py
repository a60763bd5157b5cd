"""What the journal tells of leads and of steps, as of a moment: the SQL and the rows that the boards are made of.

Two rules say what was so at a moment. An event counts from its `happened_at`, a closing from the date that it was last
corrected to. Of all that counts by then, what was written last holds: whoever says today that a lead was won in May
overrules what was said of it meanwhile, so the board of this instant is always the live one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from sales import database
from sales.errors import InvalidValue, NotFound
from sales.leads.locking import SEEN
from sales.viewers import Viewer


@dataclass(frozen=True)
class PastStep:
    """A step as it was; one that did not exist yet is as it was made, one that was deleted as it was until then."""

    id: UUID
    name: str
    position: int
    probability: int | None
    archived_at: datetime | None
    exists: bool

    @property
    def is_open(self) -> bool:
        return self.exists and self.archived_at is None


_TOLD = """
with shown as materialized (  -- leads that were closed for good by then, or came up later: nothing of them counts
  select l.id, l.number, {now} from leads l
  where l.account_id = $1 and {seen} and l.created_at <= $3 and (l.closed_at is null or l.closed_at > $2)),
lately as materialized (
  select j.lead_id, j.position, j.kind, j.happened_at, j.changes ? 'status' as decides, c.key,
    j.changes -> c.key as change
  from journal j join shown s on s.id = j.lead_id cross join unnest({columns} || 'closed_at'::text) c(key)
  where j.account_id = $1 and j.position > $4 and j.subject_id = j.lead_id and j.changes ? c.key
  union all
  select s.id, j.position, j.kind, j.happened_at, part.value ? 'status', c.key, part.value -> c.key
  from journal j cross join jsonb_each(j.changes -> 'leads') part join shown s on s.id = part.key::uuid
  cross join unnest({columns}) c(key)
  where j.account_id = $1 and j.position > $4 and j.changes ? 'leads' and part.value ? c.key),
told as not materialized (
  select * from lately
  union all  -- a closing that was written by then and is dated anew since, with all that it may overrule
  select j.lead_id, j.position, j.kind, j.happened_at, p.changes ? 'status', c.key, p.changes -> c.key
  from (select distinct lead_id from lately where key = 'closed_at' and not decides) r
  cross join lateral (  -- offset 0: by the index on its leads, however few or many they are
    select * from journal where account_id = $1 and lead_id = r.lead_id and position <= $4 offset 0) j
  cross join lateral (select
    case when j.subject_id = j.lead_id then j.changes else j.changes -> 'leads' -> j.lead_id::text end) p(changes)
  cross join unnest({columns} || 'closed_at'::text) c(key)
  where p.changes ? c.key),
dated as (
  select lead_id, position, change ->> 1 as closed_at,
    count(*) filter (where decides) over (partition by lead_id order by position) as closing
  from told where key = 'closed_at'),
closings as (  -- the decision's position, and the date that it was last given
  select lead_id, min(position) as position,
    (array_agg(closed_at order by position desc))[1]::timestamptz as closed_at
  from dated group by lead_id, closing),
facts as materialized (  -- a lead that was closed when it was entered here had been open from its creation on
  select t.lead_id, t.position, t.key, t.change,
    case when t.kind <> 'lead.created' or t.key = 'status' then coalesce(d.closed_at, t.happened_at)
      else t.happened_at end as since
  from told t left join closings d on d.lead_id = t.lead_id and d.position = t.position
  where t.key <> 'closed_at'),
undone as (  -- what was so before whatever counts only later; nothing, where that was the lead's creation
  select lead_id, jsonb_object_agg(key, change -> 0) as old from (
    select distinct on (lead_id, key) lead_id, key, change from (
      select *, max(position) filter (where since <= $2) over (
        partition by lead_id, key order by position
        rows between unbounded preceding and unbounded following) as settled
      from facts) f
    where since > $2 and (settled is null or position > settled)
    order by lead_id, key, position) first
  group by lead_id),
was as materialized (
  select s.id, s.number, {was} from shown s left join undone u on u.lead_id = s.id)
"""

_LAST_POSITION = """
with recursive halves (low, high) as (  -- events up to `low` were written by then, those after `high` later
  select 0::bigint, position from journal_heads where account_id = $1
  union all
  select case when e.at <= $2 then middle else low end, case when e.at <= $2 then high else middle - 1 end
  from (select low, high, (low + high + 1) / 2 as middle from halves where low < high) h
  cross join lateral (select j.at from journal j
    where j.account_id = $1 and j.position <= h.middle order by j.position desc limit 1) e)
select coalesce(max(low), 0) as position from halves
"""

_STEPS = """
select j.happened_at, j.subject_id, j.kind, j.changes - 'leads' as changes from journal j
where j.account_id = $1 and j.lead_id is null and (j.kind like 'step.%' or j.changes ? 'steps')
order by j.position
"""


def facts_seen(columns: Mapping[str, str]) -> str:
    """The beginning of a statement, for `values_seen`: what was so at the start of a stretch of time, and came after.

    `columns` are names of columns with their types. `was (id, number, ...columns)` are the leads as they were at the
    start, all columns null where there was none yet; `facts (lead_id, position, key, change, since)` is all that may
    count after the start, and more. Titles are not among the columns, since the journal alone says what was erased.

    It begins with the rows of today and undoes what has been written since, so it costs what has happened since.
    """
    return _TOLD.format(
        seen=SEEN.format(owners="$5"),
        columns="array[" + ", ".join(f"'{name}'" for name in columns) + "]",
        now=", ".join(f"l.{name}" for name in columns),
        was=", ".join(
            f"case when u.old ? '{name}' then (u.old ->> '{name}')::{kind} else s.{name}::{kind} end as {name}"
            for name, kind in columns.items()
        ),
    )


async def fetch_seen(sql: str, *values: Any) -> list[database.Row]:
    """Run a statement that begins with `facts_seen`; not within a transaction, for the rest of which it would count.

    How many rows its steps hold can't be known when it is planned. Where the guess is a handful, the planner compares
    each row of the one with each of the other, which takes minutes for ten thousand leads; so it may only hash them.
    """
    async with database.transaction():
        await database.fetch("set local enable_nestloop = off")
        return await database.fetch(sql, *values)


async def values_seen(by: Viewer, *, since: datetime, until: datetime) -> list[Any]:
    """The values `$1` to `$5` of `facts_seen`.

    Rights are those of now: what one may not see today, one doesn't see in the past either. Instants of writing never
    run backwards, so the position that was the last by `since` is found without an index on them.
    """
    [row] = await database.fetch(_LAST_POSITION, by.account.id, since)
    return [by.account.id, since, until, row["position"], by.seen_owners]


async def require_past(moment: datetime, *, path: str) -> None:
    """Refuse the future (InvalidValue): nothing is written about it."""
    if moment > await database.now():
        raise InvalidValue(path, "in_the_future")


async def steps_at(pipeline_id: UUID, moment: datetime, *, by: Viewer) -> dict[UUID, PastStep]:
    """Every step that the pipeline has ever had, by id, as it was at the moment, in the order of then.

    A pipeline that is deleted has a past too; NotFound for one that has never been there.
    """
    found: dict[UUID, _Told] = {}
    for row in await database.fetch(_STEPS, by.account.id):
        for id, changes in _changes_of_steps(row):
            found.setdefault(id, _Told()).hear(changes, is_past=row["happened_at"] <= moment)
    steps = [told.step(id) for id, told in found.items() if told.pipeline_id == str(pipeline_id)]
    if not steps:
        raise NotFound("pipeline")
    return {step.id: step for step in sorted(steps, key=lambda step: (step.position, step.id))}


def _changes_of_steps(row: dict[str, Any]) -> list[tuple[UUID, dict[str, Any]]]:
    changes = orjson.loads(row["changes"])
    others = [(UUID(id), change) for id, change in changes.get("steps", {}).items()]
    own = [(row["subject_id"], changes)] if row["kind"].startswith("step.") else []
    return own + others


class _Told:
    """One step, put together from what is told of it in the order in which it was written."""

    def __init__(self) -> None:
        self.pipeline_id: str | None = None
        self.values: dict[str, Any] = {}
        self.exists = False
        self._is_new = True

    def hear(self, changes: dict[str, Any], *, is_past: bool) -> None:
        if is_past or self._is_new:
            is_deletion = "id" in changes and changes["id"][1] is None
            self.exists = is_past and not is_deletion
            if not is_deletion:
                self.values |= {column: change[1] for column, change in changes.items() if isinstance(change, list)}
                self.pipeline_id = self.values.get("pipeline_id")
        self._is_new = False

    def step(self, id: UUID) -> PastStep:
        archived_at = self.values.get("archived_at")
        return PastStep(
            id=id,
            name=self.values["name"],
            position=self.values["position"],
            probability=self.values.get("probability"),
            archived_at=datetime.fromisoformat(archived_at) if archived_at else None,
            exists=self.exists,
        )
