"""What the journal tells of leads and of steps, as of a moment: the SQL and the rows that the boards are made of.

Two rules say what was so at a moment. An event counts from its `happened_at`, a closing from the date that it was last
corrected to. Of all that counts by then, what was written last holds: whoever says today that a lead was won in May
overrules what was said of it meanwhile, so the board of this instant is always the live one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from sales import database
from sales.errors import InvalidValue, NotFound
from sales.leads import Lead
from sales.viewers import Viewer, visible_to


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


# Leads that were closed for good by then, or came up later, are left out at once: nothing of them counts.
_TOLD = """
with shown as materialized (
  select l.id from leads l
  where l.id in ({visible}) and l.created_at <= ${until} and (l.closed_at is null or l.closed_at > ${since})),
told as materialized (
  select j.lead_id, j.position, j.kind, j.happened_at, j.changes || j.private as changes
  from shown s join journal j on j.account_id = $1 and j.lead_id = s.id
  where j.subject_id = j.lead_id
  union all
  select s.id, j.position, j.kind, j.happened_at,
    part.value || coalesce(j.private -> 'leads' -> part.key, '{{}}')
  from journal j cross join jsonb_each(j.changes -> 'leads') part join shown s on s.id = part.key::uuid
  where j.account_id = $1 and j.changes ? 'leads'),
dated as (
  select lead_id, position, changes -> 'closed_at' ->> 1 as closed_at,
    count(*) filter (where changes ? 'status') over (partition by lead_id order by position) as closing
  from told where changes ? 'closed_at'),
closings as (  -- the decision's position, and the date that it was last given
  select lead_id, min(position) as position,
    (array_agg(closed_at order by position desc))[1]::timestamptz as closed_at
  from dated group by lead_id, closing),
facts as (  -- a lead that was closed when it was entered here had been open from its creation on
  select t.lead_id, t.position, c.key, c.value -> 1 as value,
    case when t.kind <> 'lead.created' or c.key = 'status' then coalesce(d.closed_at, t.happened_at)
      else t.happened_at end as since
  from told t cross join jsonb_each(t.changes) c
  left join closings d on d.lead_id = t.lead_id and d.position = t.position
  where c.key = any({columns}))
"""

_STEPS = """
select j.happened_at, j.subject_id, j.kind, j.changes from journal j
where j.account_id = $1 and j.lead_id is null and (j.kind like 'step.%' or j.changes ? 'steps')
order by j.position
"""


def facts_seen(by: Viewer, columns: tuple[str, ...], *, since: str, until: str) -> str:
    """The beginning of a statement: `facts (lead_id, position, key, value, since)` of the leads that the viewer sees.

    `since` and `until` name the parameters of the stretch that is looked at; `$1` is the account. Rights are those of
    now: what one may not see today, one doesn't see in the past either.
    """
    visible = Lead.filter(visible_to(by)).values("id").sql(params_inline=True)
    names = "array[" + ", ".join(f"'{column}'" for column in columns) + "]"
    return _TOLD.format(visible=visible, columns=names, since=since, until=until)


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
