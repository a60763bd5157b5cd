"""Forecasts: what would reach a person when, and by which way, by the very rules that send it.

It knows what is held already and the reminders that are still to fire, with their lead times, what comes again, and
whose reminders go unacknowledged; all as if nobody did anything meanwhile. What people will do it can't know.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sales import database
from sales.calendars import LONGEST_CLOSED
from sales.errors import InvalidValue, NotFound
from sales.moments import refuse_too_far
from sales.notifications import NotificationKind
from sales.preferences import NotificationChannel
from sales.readers import readers
from sales.reminders import columns
from sales.reminders.overtaken import dissolved_by, is_acknowledged, postponed_to
from sales.reminders.rules import Rule
from sales.reminders.series import Series
from sales.routes import Reader, routes
from sales.tellings import reminders
from sales.viewers import Viewer, sees

LONGEST: Final = timedelta(days=31)
_HELD_AT_MOST: Final = LONGEST_CLOSED + timedelta(days=7)
"""What was due longer ago has left by then, whatever it waited for."""

MOST_LOOKED_AT: Final = 1_000
"""Reminders and deliveries, the earliest first; where there are more, the forecast says that it isn't complete."""

# What something has overtaken already dissolves or waits anew, although nobody has noted it yet. One on inactivity that
# waits for somebody to touch the lead first is left out.
_REMINDERS = f"""
select p.* from (
  select r.id, r.lead_id, r.is_urgent, r.ahead, r.ahead_at, r.occurs_on, r.series_id,
    coalesce(w.later, r.due_at) as due_at, coalesce(w.later, r.notify_at) as notify_at,
    r.occurrence > 1 and w.later > now() + (r.since_activity - 1) * interval '1 second' as is_waiting
  from reminders r
  join leads l on l.account_id = r.account_id and l.id = r.lead_id
  join users u on u.account_id = r.account_id and u.id = $2
  cross join lateral (select case when r.since_activity is not null then {postponed_to("r")} end as later) w
  where r.account_id = $1 and r.state = 'PENDING' and r.set_aside_at is null
    and least(r.ahead_at, r.notify_at) <= $3 and {sees("u", "l.owner_id")}
    and coalesce(r.user_id, l.owner_id, r.created_by_id) = $2
    and (r.until = '{{}}' or {dissolved_by("r")} is null)) p
where p.is_waiting is not true and (p.ahead_at <= $3 or greatest(p.notify_at, p.due_at) <= $3)
order by p.notify_at, p.id limit {MOST_LOOKED_AT + 1}
"""

# Others hear of what is not acknowledged; nobody has so far.
_UNACKNOWLEDGED = f"""
select r.id, r.lead_id, r.is_urgent, e.at from reminders r
join leads l on l.account_id = r.account_id and l.id = r.lead_id
cross join lateral (select case when r.state = 'FIRED' then r.escalate_at
  else greatest(r.notify_at, now()) + r.escalate_after * interval '1 second' end as at) e
where r.account_id = $1 and $2::uuid is not null and r.set_aside_at is null and e.at <= $3
  and (r.state = 'FIRED' and not {is_acknowledged("r", "l")}
    or r.state = 'PENDING' and r.escalate_after is not null and (r.until = '{{}}' or {dissolved_by("r")} is null))
order by e.at, r.id limit {MOST_LOOKED_AT + 1}
"""

# A message that is a digest is told of by what has joined it; one that was given up goes nowhere by itself. Of what was
# to be told ahead nothing goes after the moment.
_HELD = f"""
select * from (
  select d.id, d.channel, d.endpoint_id, n.kind, n.lead_id, n.reminder_id, d.digest_id,
    coalesce(r.is_urgent, false) as urgent, r.due_at,
    case when m.attempt > 0 then m.next_at else coalesce(g.closes_at, d.next_at) end as at
  from deliveries d
  join notifications n on n.account_id = d.account_id and n.id = d.notification_id
  left join reminders r on r.account_id = n.account_id and r.id = n.reminder_id
  left join digests g on g.account_id = d.account_id and g.id = d.digest_id
  left join deliveries m on m.account_id = d.account_id and m.digest_id = d.digest_id and m.notification_id is null
  where d.account_id = $1 and d.user_id = $2
    and (d.state = 'PENDING' or d.state = 'JOINED' and m.state = 'PENDING')) h
where at <= $3 and (kind <> 'REMINDER_AHEAD' or at < due_at)
order by at, id limit {MOST_LOOKED_AT + 1}
"""

# What is in the inbox already is there; what becomes visible later will be told of.
_INBOX = f"""
select n.kind, n.lead_id, n.reminder_id, n.visible_at as at, coalesce(r.is_urgent, false) as urgent
from notifications n left join reminders r on r.account_id = n.account_id and r.id = n.reminder_id
where n.account_id = $1 and n.user_id = $2 and n.in_app and n.cancelled_at is null
  and n.visible_at > now() and n.visible_at <= $3
order by n.visible_at, n.id limit {MOST_LOOKED_AT + 1}
"""


@dataclass(frozen=True)
class Told:
    """One thing that would be told."""

    kind: NotificationKind
    lead_id: UUID | None
    reminder_id: UUID | None
    urgent: bool


@dataclass(frozen=True)
class Message:
    """Something that would reach a person: at this instant, by this way; several things where it is a digest."""

    at: datetime
    channel: NotificationChannel
    endpoint_id: UUID | None
    is_digest: bool
    told: tuple[Told, ...]


@dataclass(frozen=True)
class Forecast:
    """The messages of a stretch of time, the earliest first; not complete where there was more to look at."""

    messages: list[Message]
    is_complete: bool


async def forecast(user_id: UUID, *, by: Viewer, start: datetime, end: datetime) -> Forecast:
    """What would reach this person from `start` to `end`. Oneself, or as administrator anybody (NotFound otherwise).

    Raises InvalidValue for a stretch that ends before it starts, is longer than 31 days, or more than ten years away.
    """
    if user_id != by.user.id and not by.is_administrator:
        raise NotFound("user", "userId")
    if end < start:
        raise InvalidValue("to", "ends_before_it_starts")
    if end - start > LONGEST:
        raise InvalidValue("to", "stretch_too_long", days=LONGEST.days)
    found, now = await readers([by.account.id], [user_id])
    reader = found[by.account.id].get(user_id)
    if reader is None:
        raise NotFound("user", "userId")
    refuse_too_far(end - now, path="to")
    planned, is_complete = await _planned(by.account.id, reader, start, end, now)
    within = [(message, told) for message, told in planned if start <= message.at <= end]
    return Forecast(_together(within), is_complete)


_Planned = list[tuple[Message, Told]]


async def _planned(
    account_id: UUID, reader: Reader, start: datetime, end: datetime, now: datetime
) -> tuple[_Planned, bool]:
    """Everything that would be told in that stretch, and before it, with the message that it would be, or be in."""
    of = account_id, reader.id, end
    statements = _REMINDERS, _HELD, _INBOX, _UNACKNOWLEDGED
    found, held, inbox, unacknowledged = [await database.fetch(sql, *of) for sql in statements]
    rows = await _with_series(found, reader, max(now + _HELD_AT_MOST, start) - _HELD_AT_MOST, end)
    planned = [each for row in rows for each in _of_reminder(row, reader, now)]
    for row in await _told_of(unacknowledged, reader, account_id):
        told = Told(NotificationKind.REMINDER_ESCALATED, row["lead_id"], row["id"], row["is_urgent"])
        planned += _ways(told, reader, at=max(row["at"], now), now=now)
    for row in (*held, *inbox):
        told = Told(NotificationKind(row["kind"]), row["lead_id"], row["reminder_id"], row["urgent"])
        channel = NotificationChannel(row.get("channel", NotificationChannel.IN_APP))
        is_digest = row.get("digest_id") is not None
        planned.append((Message(max(row["at"], now), channel, row.get("endpoint_id"), is_digest, ()), told))
    return planned, max(map(len, (found, held, inbox, unacknowledged))) <= MOST_LOOKED_AT


async def _with_series(rows: list[database.Row], reader: Reader, since: datetime, end: datetime) -> list[database.Row]:
    """Reminders, and those that follow them by a rule from then on."""
    ids = {row["series_id"] for row in rows if row["series_id"]}
    rules = {each.id: each.rule for each in await Series.filter(id__in=ids, ended_at=None)} if ids else {}
    following = [each for row in rows if (rule := rules.get(row["series_id"]))
                 for each in _following(row, rule, reader, since, end)]  # fmt: skip
    return rows + following


def _following(row: database.Row, rule: Rule, reader: Reader, since: datetime, end: datetime) -> Iterator[database.Row]:
    """Each is set when the one before has fired: at most one a day."""
    fires = max(row["due_at"], since)
    for day in rule.days(after=row["occurs_on"], now=fires):
        due = rule.due(day, now=fires, morning=reader.decided.calendar.morning)
        following = row | columns(due, row["ahead"], fires)
        if min(due.notify_at, following["ahead_at"] or due.notify_at) > end:
            return
        yield following
        fires = max(due.due_at, fires)


async def _told_of(rows: list[database.Row], reader: Reader, account_id: UUID) -> list[database.Row]:
    """Those of unacknowledged reminders that this person would be told of: as a manager, or where nobody is one."""
    ids = [row["id"] for row in rows]
    known = await reminders([account_id] * len(ids), ids, escalated=ids)
    return [row for row in rows if reader.id in known[row["id"]].managers
            or (not known[row["id"]].managers and reader.is_administrator
                and reader.id != known[row["id"]].user_id)]  # fmt: skip


def _of_reminder(row: database.Row, reader: Reader, now: datetime) -> _Planned:
    urgent, due_at = row["is_urgent"], row["due_at"]
    ahead = Told(NotificationKind.REMINDER_AHEAD, row["lead_id"], row["id"], urgent)
    moments = [row["notify_at"] - timedelta(seconds=seconds) for seconds in row["ahead"]]
    # What has not left by the moment is called off then.
    to_come = [max(moment, now) for moment in moments if row["ahead_at"] and row["ahead_at"] <= moment < due_at]
    found = [each for at in to_come for each in _ways(ahead, reader, at=at, now=now) if each[0].at < due_at]
    due = Told(NotificationKind.REMINDER_DUE, row["lead_id"], row["id"], urgent)
    return found + _ways(due, reader, at=max(row["notify_at"], now), now=now)


def _ways(told: Told, reader: Reader, *, at: datetime, now: datetime) -> _Planned:
    ways = routes(reader, told.kind, at=at, now=now, urgent=told.urgent)
    found = [
        (Message(way.at, NotificationChannel(way.channel.value), way.endpoint_id, way.window is not None, ()), told)
        for way in ways
    ]
    if reader.reads(told.kind):
        found.append((Message(at, NotificationChannel.IN_APP, None, False, ()), told))
    return found


def _together(planned: _Planned) -> list[Message]:
    """The messages, each digest once with all that is in it."""
    alone = [Message(m.at, m.channel, m.endpoint_id, False, (told,)) for m, told in planned if not m.is_digest]
    digests: dict[Message, list[Told]] = {}
    for message, told in planned:
        if message.is_digest:
            digests.setdefault(message, []).append(told)
    several = [Message(m.at, m.channel, m.endpoint_id, True, tuple(told)) for m, told in digests.items()]
    return sorted(alone + several, key=lambda message: (message.at, message.channel, str(message.endpoint_id)))
