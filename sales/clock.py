"""The clock: reminders that are due fire, and the leads that they wake are to do again.

Firing is one statement. Killed at any instant it happened or it did not, so it needs no lease, no retry and no
rescuer; several clocks at once skip what another one has locked.
"""

import logging

from sales import database, failures
from sales.database import Row
from sales.failures import Stage

log = logging.getLogger("relance.clock")

BATCH = 500

# now() and not clock_timestamp(), which is volatile and would keep the index reminders_due out: 40 ms a look instead
# of 0.03. A row that somebody has locked is being changed: it is looked at again with what it has become.
_DUE = """
  select r.id, r.account_id, r.lead_id, r.due_at, r.wakes, r.user_id, r.created_by_id, l.number, l.owner_id,
    l.version, l.status, l.status_changed_at, l.waking_reminder_id
  from reminders r join leads l on l.account_id = r.account_id and l.id = r.lead_id
  where r.state = 'PENDING' and r.set_aside_at is null and r.due_at <= now() /*only*/
  order by r.due_at, r.id limit $1
  for no key update of r, l skip locked
"""


def iso(instant: str) -> str:
    """The SQL that writes an instant as Python does in UTC, so that the journal reads the same whoever wrote it."""
    text = f"to_char({instant} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    return f"replace({text}, '.000000', '') || '+00:00'"


_FIRE = f"""
with locked as materialized ({_DUE}),
due as materialized (  -- one of each lead, so that every event has a version of the lead of its own; the rest is next
  select distinct on (l.lead_id) l.*,
    coalesce(l.user_id, l.owner_id, (
      select u.id from users u
      where u.account_id = l.account_id and u.id = l.created_by_id and u.deactivated_at is null)) as whom,
    l.wakes and l.status = 'STANDBY' and l.waking_reminder_id = l.id as is_waking
  from locked l order by l.lead_id, l.due_at, l.id),
fired as (
  update reminders r set state = 'FIRED', fired_at = now(), user_id = d.whom
  from due d where r.account_id = d.account_id and r.id = d.id),
woken as (
  update leads l set version = l.version + 1,
    status = case when d.is_waking then 'TODO' else l.status end,
    status_changed_at = case when d.is_waking then now() else l.status_changed_at end,
    waking_reminder_id = case when d.is_waking then null else l.waking_reminder_id end
  from due d where l.account_id = d.account_id and l.id = d.lead_id),
numbered as (
  select d.*, row_number() over (partition by d.account_id order by d.due_at, d.id) as n,
    count(*) over (partition by d.account_id) as events
  from due d),
locked_heads as materialized (  -- the last locks, in the house's order
  select h.account_id from journal_heads h where h.account_id in (select account_id from due)
  order by h.account_id for no key update),
heads as (
  update journal_heads h set position = h.position + n.events, last_at = greatest(h.last_at, clock_timestamp())
  from numbered n, locked_heads l where n.n = 1 and h.account_id = n.account_id and l.account_id = h.account_id
  returning h.account_id, h.position - n.events as base, h.last_at as at),
written as (
  insert into journal (account_id, position, kind, at, happened_at, actor, subject_id, lead_id, lead_version, owner_id,
    changes, private, data)
  select n.account_id, h.base + n.n, 'reminder.fired', h.at, h.at, 'CLOCK', n.id, n.lead_id, n.version + 1, n.owner_id,
    jsonb_strip_nulls(jsonb_build_object(
      'state', jsonb_build_array('PENDING', 'FIRED'),
      'fired_at', jsonb_build_array(null, {iso("now()")}),
      'user_id', case when n.user_id is distinct from n.whom then jsonb_build_array(n.user_id, n.whom) end,
      'leads', jsonb_build_object(n.lead_id, jsonb_build_object('version', jsonb_build_array(n.version, n.version + 1))
        || case when not n.is_waking then '{{}}' else jsonb_build_object(
          'status', jsonb_build_array('STANDBY', 'TODO'),
          'status_changed_at',
            jsonb_build_array({iso("n.status_changed_at")}, {iso("now()")}),
          'waking_reminder_id', jsonb_build_array(n.id, null)) end))),
    '{{}}', '{{}}'
  from numbered n join heads h using (account_id) order by n.due_at, n.id)
select number, extract(epoch from clock_timestamp() - due_at)::float8 * 1000 as late from due order by due_at
"""

_FIRE_ONE = _FIRE.replace("/*only*/", "and r.id = $2")

_DUE_IDS = """
select id, account_id from reminders
where state = 'PENDING' and set_aside_at is null and due_at <= now() order by due_at, id limit $1
"""

_SET_ASIDE = (
    "update reminders set set_aside_at = now() where account_id = $1 and id = $2 and state = 'PENDING' returning 1"
)

_NEXT = """
select extract(epoch from min(due_at) - clock_timestamp())::float8 as seconds
from reminders where state = 'PENDING' and set_aside_at is null
"""


async def fire_due(limit: int = BATCH) -> int:
    """Fire reminders that are due, at most `limit` and one of each lead; returns how many. Safe to call at once.

    One that cannot be fired is tried alone, counted, and after five tries set aside, so that it stops no other.
    """
    try:
        return _logged(await database.fetch(_FIRE, limit))
    except Exception as error:
        if not failures.is_of_the_row(error):
            raise
    return sum([await _fire_alone(row) for row in await database.fetch(_DUE_IDS, limit)])


async def next_due_in() -> float | None:
    """Seconds until the next reminder comes due, by the database's clock; negative when one is, None without any."""
    [row] = await database.fetch(_NEXT)
    seconds: float | None = row["seconds"]
    return seconds


async def _fire_alone(row: Row) -> int:
    try:
        return _logged(await database.fetch(_FIRE_ONE, 1, row["id"]))
    except Exception as error:
        if not failures.is_of_the_row(error):
            raise
        async with database.transaction():
            if await failures.count(row["account_id"], Stage.CLOCK, str(row["id"]), error):
                await database.fetch(_SET_ASIDE, row["account_id"], row["id"])
        return 0


def _logged(fired: list[Row]) -> int:
    for row in fired:
        log.info("reminder of lead %s fired, %s late", row["number"], _in_words(row["late"]))
    return len(fired)


def _in_words(milliseconds: float) -> str:
    """How late, for people: to the millisecond at first, then roughly."""
    seconds = milliseconds / 1000
    if seconds < 10:
        return f"{milliseconds:.0f} ms"
    minutes, hours = seconds / 60, seconds / 3600
    return f"{seconds:.0f} s" if minutes < 10 else f"{minutes:.0f} min" if hours < 10 else f"{hours:.0f} h"
