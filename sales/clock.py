"""The clock: reminders that are due fire, and the leads that they wake are to do again.

Firing is one statement. Killed at any instant it happened or it did not, so it needs no lease, no retry and no
rescuer; several clocks at once skip what another one has locked.
"""

import logging

from sales import database
from sales.database import Row
from sales.reminders import clockwork
from sales.reminders.overtaken import UNLESS_OVERTAKEN
from sales.sweeps import BATCH, HEADS, Sweep, iso, locked, these

log = logging.getLogger("relance.clock")

MOST_KEPT_OUT = 20_000
"""Reminders of leads that somebody is changing, past which the clock still finds what is due."""

_COLUMNS = """
    r.id, r.account_id, r.lead_id, r.due_at, r.wakes, r.user_id, r.created_by_id, l.number, l.owner_id, r.notify_at,
    r.escalate_after, l.version, l.status, l.status_changed_at, l.waking_reminder_id"""

_ESCALATION = "(greatest(now(), {0}.notify_at) + {0}.escalate_after * interval '1 second')"

_FIRE = f"""
with {{locked}},
counted as materialized (select set_config('relance.count_at_once', 'on', true)),  -- see `totals`
due as materialized (  -- one of each lead, so that every event has a version of the lead of its own; the rest is next
  select distinct on (l.lead_id) l.*,
    coalesce(l.user_id, l.owner_id, (
      select u.id from users u
      where u.account_id = l.account_id and u.id = l.created_by_id and u.deactivated_at is null)) as whom,
    l.wakes and l.status = 'STANDBY' and l.waking_reminder_id = l.id as is_waking
  from locked l cross join counted order by l.lead_id, l.due_at, l.id),
fired as (
  update reminders r set state = 'FIRED', fired_at = now(), user_id = d.whom, escalate_at = {_ESCALATION.format("d")}
  from due d where {these("r", "id")}),
woken as (
  update leads l set version = l.version + 1,
    status = case when d.is_waking then 'TODO' else l.status end,
    status_changed_at = case when d.is_waking then now() else l.status_changed_at end,
    waking_reminder_id = case when d.is_waking then null else l.waking_reminder_id end
  from due d where {these("l", "lead_id")}),
{HEADS},
written as (
  insert into journal (account_id, position, kind, at, happened_at, actor, subject_id, lead_id, lead_version, owner_id,
    changes, private, data)
  select n.account_id, h.base + n.n, 'reminder.fired', h.at, h.at, 'CLOCK', n.id, n.lead_id, n.version + 1, n.owner_id,
    jsonb_strip_nulls(jsonb_build_object(
      'state', jsonb_build_array('PENDING', 'FIRED'),
      'fired_at', jsonb_build_array(null, {iso("now()")}),
      'escalate_at', case when n.escalate_after is not null
        then jsonb_build_array(null, {iso(_ESCALATION.format("n"))}) end,
      'user_id', case when n.user_id is distinct from n.whom then jsonb_build_array(n.user_id, n.whom) end,
      'leads', jsonb_build_object(n.lead_id, jsonb_build_object('version', jsonb_build_array(n.version, n.version + 1))
        || case when not n.is_waking then '{{}}' else jsonb_build_object(
          'status', jsonb_build_array('STANDBY', 'TODO'),
          'status_changed_at',
            jsonb_build_array({iso("n.status_changed_at")}, {iso("now()")}),
          'waking_reminder_id', jsonb_build_array(n.id, null)) end))),
    '{{}}', '{{}}'
  from numbered n join heads h using (account_id) order by n.due_at, n.id)
select id, account_id, number, extract(epoch from clock_timestamp() - due_at)::float8 * 1000 as late
from due order by due_at
"""


def _firing(due: str, *, unless: str = "true") -> Sweep:
    """Those that are due, or of these those that are not to do something else first."""
    return Sweep(
        _FIRE.replace("{locked}", locked(_COLUMNS, due=f"{due} and {unless}", at="r.due_at")),
        f"select r.id, r.account_id from reminders r where {due} order by r.due_at, r.id limit $1",
    )


FIRE = _firing(clockwork.CERTAIN)

FIRE_UNLESS_OVERTAKEN = _firing(f"{clockwork.DUE} and {clockwork.CONDITIONAL}", unless=UNLESS_OVERTAKEN)
"""The same for those that something may have overtaken; it ends or puts them off in a sweep of its own."""

# Each of these is the first entry of an index.
_NEXT = """
select extract(epoch from least(
  (select min(due_at) from reminders where state = 'PENDING' and set_aside_at is null),
  (select min(ahead_at) from reminders where state = 'PENDING' and set_aside_at is null and ahead_at is not null),
  (select min(escalate_at) from reminders where set_aside_at is null and escalate_at is not null),
  (select min(due_at) from reminders
    where series_id is not null and not is_followed and state <> 'PENDING' and set_aside_at is null)
) - clock_timestamp())::float8 as seconds
"""


async def fire_due(limit: int = BATCH) -> int:
    """Fire reminders that are due, at most `limit` and one of each lead, and then what else of reminders is due.

    Returns how much it was. Safe to call at once.
    """
    done = _logged(await FIRE.run(limit))
    waiting = await clockwork.waiting()
    if waiting["certain"] and not done:  # somebody is at the first ones, who delays no other
        done = _logged(await FIRE.run(limit + MOST_KEPT_OUT))
    if waiting["conditional"]:
        done += _logged(await FIRE_UNLESS_OVERTAKEN.run(limit))
    return done + await clockwork.do_due(waiting, limit)


async def next_due_in() -> float | None:
    """Seconds until the clock has something to do, by the database's clock; negative when it has, None: nothing."""
    [row] = await database.fetch(_NEXT)
    seconds: float | None = row["seconds"]
    return seconds


def _logged(fired: list[Row]) -> int:
    for row in fired:
        names = row["id"], row["number"], row["account_id"]
        log.info("reminder %s of lead %s of account %s fired, %s late", *names, _in_words(row["late"]))
    return len(fired)


def _in_words(milliseconds: float) -> str:
    """How late, for people: to the millisecond at first, then roughly."""
    seconds = milliseconds / 1000
    if seconds < 10:
        return f"{milliseconds:.0f} ms"
    minutes, hours = seconds / 60, seconds / 3600
    return f"{seconds:.0f} s" if minutes < 10 else f"{minutes:.0f} min" if hours < 10 else f"{hours:.0f} h"
