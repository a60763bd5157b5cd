"""Hearing: which of the account's endpoints hear of an event, by its kind and by the lead as it is after it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sales import database
from sales.endpoints import CHANNELS, EndpointKind
from sales.errors import InvalidValue, Refusal
from sales.journal import Kind

TOLD_OUTSIDE: Final = ("lead", "reminder", "step", "pipeline")
"""What an event of the journal is about, for the account's endpoints to hear of it."""
PUBLIC_KINDS: Final = tuple(kind for kind in Kind if kind.partition(".")[0] in TOLD_OUTSIDE)

_SHOWN: Final = 60
"""Characters of what is no kind at all."""

_OF_ACCOUNT: Final = (EndpointKind.WEBHOOK, EndpointKind.SLACK, EndpointKind.TEAMS, EndpointKind.APPRISE)
_LISTENING: Final = "e.user_id is null and e.disabled_at is null and e.deleted_at is null"

_IS_PUBLIC: Final = f"split_part({{event}}.kind, '.', 1) in ({', '.join(repr(word) for word in TOLD_OUTSIDE)})"

HAS_LISTENERS: Final = f"exists (select from endpoints e where e.account_id = {{account}} and {_LISTENING})"
"""SQL for whether an account has endpoints of its own."""

IS_PUBLIC: Final = _IS_PUBLIC.format(event="journal")
"""SQL for whether endpoints may be told of an event, a row of `journal`."""


def _after(column: str) -> str:
    """SQL for a column of the lead of event `j` after it: as it set it, or as the next that sets it finds it.

    The lead may have changed since, and the dispatch reads late: a filter is about the lead as it was told of.
    """
    own = """(case when {e}.subject_id = {e}.lead_id then {e}.changes
      else {e}.changes #> array['leads', {e}.lead_id::text] end)"""
    mine, later = own.format(e="j"), own.format(e="n")
    return f"""(case when {mine} ? '{column}' then {mine} #>> '{{{column},1}}' else coalesce(
      (select {later} -> '{column}' from journal n where n.account_id = j.account_id and n.lead_id = j.lead_id
         and n.position > j.position and {later} ? '{column}' order by n.position limit 1) ->> 0,
      (select l.{column}::text from leads l where l.account_id = j.account_id and l.id = j.lead_id)) end)"""


# A step that has been deleted since keeps its pipeline in the journal.
_PIPELINE = f"""(select coalesce(
    (select t.pipeline_id::text from steps t where t.account_id = j.account_id and t.id = p.id),
    (select d.changes #>> '{{pipeline_id,0}}' from journal d
     where d.account_id = j.account_id and d.kind = 'step.deleted' and d.subject_id = p.id))
  from (select {_after("step_id")}::uuid as id) p)"""

_FILTERED = {
    "statuses": _after("status"),
    "stepIds": _after("step_id"),
    "pipelineIds": _PIPELINE,
    "ownerIds": "j.owner_id::text",
}

# A filter is of leads: what is about none passes where there is no filter.
_PASSES = " and ".join(
    f"""(not e.lead_filter ? '{name}'
      or (j.lead_id is not null and coalesce(e.lead_filter -> '{name}' ? {value}, false)))"""
    for name, value in _FILTERED.items()
)
_HEARS = f"(e.events = '{{}}' or j.kind = any(e.events)) and {_PASSES}"

_CHANNEL = " ".join(f"when '{kind}' then '{CHANNELS[kind]}'" for kind in _OF_ACCOUNT)

# A long filter is stored packed: it is unpacked once for each endpoint here, not for each endpoint and event.
_TELL = f"""
with listening as materialized (
  select e.id, e.account_id, e.kind, e.events, e.created_at, e.lead_filter || '{{}}' as lead_filter from endpoints e
  where e.account_id = $1 and {_LISTENING} and e.kind in ({", ".join(repr(str(kind)) for kind in _OF_ACCOUNT)}))
insert into deliveries (id, account_id, endpoint_id, channel, position, lead_id, lane, state, attempt, ambiguous,
  next_at, created_at)
select uuidv7(), e.account_id, e.id, case e.kind {_CHANNEL} end, j.position, j.lead_id, e.id, 'PENDING', 0, 0, now(),
  now()
from listening e join journal j on j.account_id = e.account_id and j.position = any($2::bigint[])
where j.at >= e.created_at and {_HEARS}
order by j.position
on conflict (endpoint_id, position) where notification_id is null do nothing
"""

_LOOK = f"""
select {_HEARS} and {_IS_PUBLIC.format(event="j")} as hears
from endpoints e join journal j on j.account_id = e.account_id
where e.id = $1 and j.position = $2
"""


def untold(events: Sequence[str]) -> list[Refusal]:
    """A refusal for each of these kinds of which endpoints are never told; under `events`."""
    return [
        InvalidValue(f"events.{n}", "event_not_told", event=event[:_SHOWN])
        for n, event in enumerate(events)
        if event not in PUBLIC_KINDS
    ]


async def anybody() -> bool:
    """Whether any account has endpoints of its own."""
    [row] = await database.fetch(f"select exists (select from endpoints e where {_LISTENING}) as listens")
    return bool(row["listens"])


async def tell_endpoints(account_id: UUID, positions: Sequence[int]) -> None:
    """Make a delivery of each event for every endpoint of the account that hears of it; once, however often called."""
    await database.fetch(_TELL, account_id, list(positions))


async def hears(endpoint_id: UUID, position: int) -> bool:
    """Whether an endpoint would be told of this event, if it were on."""
    rows = await database.fetch(_LOOK, endpoint_id, position)
    return bool(rows and rows[0]["hears"])
