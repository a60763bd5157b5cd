"""Forecasts: what would reach a person when, and by which way, by the very rules that send it.

It knows what is held already and the reminders that are still to fire; what others will do to leads it can't.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sales import database
from sales.errors import InvalidValue, NotFound
from sales.notifications import NotificationKind
from sales.preferences import NotificationChannel
from sales.readers import readers
from sales.routes import Reader, routes
from sales.viewers import Viewer, sees

LONGEST: Final = timedelta(days=31)
MOST_LOOKED_AT: Final = 1_000
"""Reminders and deliveries, the earliest first; where there are more, the forecast says that it isn't complete."""

_REMINDERS = f"""
select r.id, r.lead_id, r.notify_at, r.is_urgent
from reminders r
join leads l on l.account_id = r.account_id and l.id = r.lead_id
join users u on u.account_id = r.account_id and u.id = $2
where r.account_id = $1 and r.state = 'PENDING' and r.set_aside_at is null
  and greatest(r.notify_at, r.due_at) <= $3 and {sees("u", "l.owner_id")}
  and coalesce(r.user_id, l.owner_id, r.created_by_id) = $2
order by r.notify_at, r.id limit {MOST_LOOKED_AT + 1}
"""

# A message that is a digest is told of by what has joined it.
_HELD = f"""
select d.channel, d.endpoint_id, n.kind, n.lead_id, n.reminder_id, d.digest_id, coalesce(r.is_urgent, false) as urgent,
  coalesce(g.closes_at, d.next_at) as at
from deliveries d
join notifications n on n.account_id = d.account_id and n.id = d.notification_id
left join reminders r on r.account_id = n.account_id and r.id = n.reminder_id
left join digests g on g.account_id = d.account_id and g.id = d.digest_id
where d.account_id = $1 and d.user_id = $2 and d.state in ('PENDING', 'JOINED')
  and coalesce(g.closes_at, d.next_at) <= $3
order by at, d.id limit {MOST_LOOKED_AT + 1}
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

    Raises InvalidValue for a stretch that ends before it starts or is longer than 31 days.
    """
    if user_id != by.user.id and not by.is_administrator:
        raise NotFound("user", "userId")
    if end < start:
        raise InvalidValue("to", "ends_before_it_starts")
    if end - start > LONGEST:
        raise InvalidValue("to", "stretch_too_long", days=LONGEST.days)
    people, now = await readers(by.account.id, user_id)
    if user_id not in people:
        raise NotFound("user", "userId")
    planned, is_complete = await _planned(by.account.id, people[user_id], end, now)
    within = [(message, told) for message, told in planned if start <= message.at <= end]
    return Forecast(_together(within), is_complete)


_Planned = list[tuple[Message, Told]]


async def _planned(account_id: UUID, reader: Reader, end: datetime, now: datetime) -> tuple[_Planned, bool]:
    """Everything that would be told by then, with the message that it would be, or be in."""
    of = account_id, reader.id, end
    reminders, held, inbox = [await database.fetch(sql, *of) for sql in (_REMINDERS, _HELD, _INBOX)]
    planned = [each for row in reminders for each in _of_reminder(row, reader, now)]
    for row in (*held, *inbox):
        told = Told(NotificationKind(row["kind"]), row["lead_id"], row["reminder_id"], row["urgent"])
        channel = NotificationChannel(row.get("channel", NotificationChannel.IN_APP))
        is_digest = row.get("digest_id") is not None
        planned.append((Message(max(row["at"], now), channel, row.get("endpoint_id"), is_digest, ()), told))
    return planned, max(map(len, (reminders, held, inbox))) <= MOST_LOOKED_AT


def _of_reminder(row: database.Row, reader: Reader, now: datetime) -> _Planned:
    kind, at = NotificationKind.REMINDER_DUE, max(row["notify_at"], now)
    told = Told(kind, row["lead_id"], row["id"], row["is_urgent"])
    ways = routes(reader, kind, at=at, now=now, urgent=row["is_urgent"])
    found = [
        (Message(way.at, NotificationChannel(way.channel.value), way.endpoint_id, way.window is not None, ()), told)
        for way in ways
    ]
    if reader.reads(kind):
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
