"""The checker: reads what was acknowledged, what the database holds and what arrived, and says what is broken."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from chaos.receivers import Arrival
from chaos.roles import LEASE
from chaos.webhooks import check_webhooks
from chaos.worlds import World

Broken = dict[str, list[str]]
"""The invariants that don't hold, each with its cases."""

_AT_ONCE: Final = timedelta(milliseconds=100)
"""Instants are those at which statements began; one that waited for a lock may look earlier than what it waited for."""

_REMINDERS = """
select r.id, r.lead_id, r.activity as token, r.state, r.due_at, r.fired_at, r.set_aside_at, l.waking_reminder_id,
  (select count(*) from journal j where j.account_id = r.account_id and j.lead_id = r.lead_id
    and j.kind = 'reminder.fired' and j.subject_id = r.id) as firings,
  (select count(*) from notifications n where n.account_id = r.account_id and n.reminder_id = r.id) as notifications,
  r.due_at <= now() as is_due
from reminders r join leads l on l.account_id = r.account_id and l.id = r.lead_id
where r.account_id = any($1)
"""

# Whoever puts a waiting lead away again moves its reminder, so a token may be gone from there; the journal keeps it.
_DECISIONS = """
select t.token, count(*) as times from journal j cross join lateral (
  select jsonb_path_query(v, '$.reminders.*.activity[1]') #>> '{}' as token
  from unnest(array[j.changes, j.private]) v) t
where j.account_id = any($1) and j.kind in ('lead.created', 'lead.stood_by') group by t.token
"""

_CANCELLATIONS = """
select lead_id, count(*) as times from journal where account_id = any($1) and kind = 'lead.cancelled' group by lead_id
"""

_FAN_OUT = """
select n.id, n.reminder_id, (select count(*) from deliveries d where d.account_id = n.account_id
  and d.notification_id = n.id and d.channel = 'EMAIL') as deliveries, u.notify_by_email::int as expected
from notifications n join users u on u.account_id = n.account_id and u.id = n.user_id where n.account_id = any($1)
"""

_DELIVERIES = """
select d.id, d.state, d.last_error, d.attempt, d.done_at,
  (select count(*) from delivery_attempts a where a.delivery_id = d.id and a.outcome = 'AMBIGUOUS') as ambiguous
from deliveries d where d.account_id = any($1)
"""

_ATTEMPTS = """
select delivery_id, attempt, claimed_at, ended_at, outcome from delivery_attempts
where account_id = any($1) order by delivery_id, attempt
"""

_LATE = """
select max(r.fired_at - r.due_at) as late from reminders r where r.account_id = any($1) and r.fired_at is not null
"""


async def check(world: World, accounts: list[UUID]) -> Broken:
    """What is broken of I1 to I10 in these accounts, after the drain; nothing where every promise was kept."""
    broken: Broken = defaultdict(list)
    reminders = await world.query(_REMINDERS, accounts)
    await _ledger(world, accounts, reminders, broken)
    _fired(reminders, broken)
    for row in await world.query(_FAN_OUT, accounts):
        if row["deliveries"] != row["expected"]:
            broken["I4 complete fan-out"].append(f"notification {row['id']} has {row['deliveries']} deliveries")
    await _arrived(world, accounts, broken)
    await _attempted(world, accounts, broken)
    await check_webhooks(world, accounts, broken)
    return dict(broken)


async def lateness(world: World, accounts: list[UUID]) -> timedelta:
    """The longest time from a moment to its firing."""
    [row] = await world.query(_LATE, accounts)
    late: timedelta = row["late"] or timedelta()
    return late


async def _ledger(world: World, accounts: list[UUID], reminders: list[Any], broken: Broken) -> None:
    """I1 and I3 look at what people were told, not at what the database says of itself."""
    decided = {row["token"]: row["times"] for row in await world.query(_DECISIONS, accounts)}
    by_token = {row["token"]: row for row in reminders}
    cancelled = {row["lead_id"]: row["times"] for row in await world.query(_CANCELLATIONS, accounts)}
    wanted: Counter[UUID] = Counter()
    for entry in world.ledger.entries:
        if entry.account not in accounts:
            continue
        if entry.token is None:
            wanted[entry.lead] += 1
            continue
        times = decided.get(entry.token, 0)
        if times != 1:
            broken["I1 durable"].append(f"lead {entry.lead} was put away {times} times for {entry.token}")
        row = by_token.get(entry.token)
        if row and entry.due_at and row["fired_at"] and row["fired_at"] < entry.due_at:
            broken["I3 never early"].append(f"{entry.token} fired {entry.due_at - row['fired_at']} early")
    for lead, times in wanted.items():
        if cancelled.get(lead, 0) != times:
            broken["I1 durable"].append(f"lead {lead} was cancelled {cancelled.get(lead, 0)} times, not {times}")


def _fired(reminders: list[Any], broken: Broken) -> None:
    for row in reminders:
        fired = row["fired_at"] is not None
        if row["firings"] != fired or row["notifications"] != fired:
            words = f"{row['token']}: {row['state']}, fired {row['firings']} times, told {row['notifications']} times"
            broken["I2 fired once"].append(words)
        if row["state"] == "PENDING" and row["is_due"]:
            broken["I2 fired once"].append(f"{row['token']} was never fired")
        if row["waking_reminder_id"] == row["id"] and row["state"] != "PENDING":
            broken["I2 fired once"].append(f"lead {row['lead_id']} waits for a reminder that is {row['state']}")


async def _arrived(world: World, accounts: list[UUID], broken: Broken) -> None:
    about: dict[str, set[str]] = defaultdict(set)
    came: dict[str, list[Arrival]] = {**world.mail.arrivals, **world.hooks.arrivals}
    for row in await world.query(_DELIVERIES, accounts):
        id = str(row["id"])
        arrivals = [arrival for arrival in came.get(id, []) if arrival.is_taken]
        if row["state"] == "PENDING":
            broken["I5 terminal"].append(f"delivery {id} is still pending")
        if row["state"] == "DEAD" and not row["last_error"]:
            broken["I5 terminal"].append(f"delivery {id} is dead for no reason")
        if row["state"] == "SENT" and not arrivals:
            broken["I6 no loss at the receiver"].append(f"delivery {id} is SENT and never arrived")
        if len(arrivals) > 1 + row["ambiguous"]:
            words = f"delivery {id} arrived {len(arrivals)} times, with {row['ambiguous']} ambiguous attempts"
            broken["I7 once at the receiver"].append(words)
        for arrival in arrivals:
            about[arrival.about].add(id)
    for token, ids in about.items():
        if len(ids) > 1:
            broken["I7 once at the receiver"].append(f"{token} arrived under {len(ids)} ids")


async def _attempted(world: World, accounts: list[UUID], broken: Broken) -> None:
    # What is called off may be on its way at that moment: it says when the dispatch began, which a claim may overtake.
    rows = await world.query(_DELIVERIES, accounts)
    done = {row["id"]: row["done_at"] for row in rows if row["state"] in ("SENT", "DEAD")}
    attempts = defaultdict(list)
    for row in await world.query(_ATTEMPTS, accounts):
        attempts[row["delivery_id"]].append(row)
    for id, rows in attempts.items():
        problems = []
        if [row["attempt"] for row in rows] != list(range(1, len(rows) + 1)):
            problems.append("attempts aren't numbered 1, 2, 3")
        for earlier, later in pairwise(rows):
            if earlier["ended_at"] is None or later["claimed_at"] < earlier["ended_at"]:
                problems.append(f"attempt {later['attempt']} began before {earlier['attempt']} had ended")
            # Ended by the next one's claim, which is one transaction: then its lease must have run out.
            elif later["claimed_at"] == earlier["ended_at"] and later["claimed_at"] < earlier["claimed_at"] + LEASE:
                problems.append(f"attempt {later['attempt']} took over before the lease had ended")
        if id in done and (after := max(row["claimed_at"] for row in rows) - done[id]) > _AT_ONCE:
            problems.append(f"it was tried again {after.total_seconds() * 1000:.0f} ms after its end")
        broken_here = [f"delivery {id}: {problem}" for problem in problems]
        if broken_here:
            broken["I9 attempts"] += broken_here
