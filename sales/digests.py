"""Digests: what is due for one person in a stretch of time goes as one message, with one id.

A window is known by the instant at which it closes: a row with a unique key, made with its message. What goes within
it waits as deliveries that have JOINED. Nothing joins a message that a sender has taken: there is a next window.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.calendars import Calendar, opens_at
from sales.deliveries import Channel
from sales.ids import new_id
from sales.journal import dumps
from sales.moments import start_of, zone_named
from sales.preferences import Pace

SETTLING: Final = timedelta(seconds=10)
"""A message leaves so long after its window has closed, so that what came due in its last moments is in it."""

_HOUR: Final = timedelta(hours=1)


class Digest(Model):
    """One window of one person and channel; unique by when it closes, so that there is never a second copy."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    user_id = fields.UUIDField()
    channel = fields.CharEnumField(Channel, max_length=10)
    endpoint_id = fields.UUIDField(null=True, description="Null: the person's e-mail address")
    closes_at = fields.DatetimeField(description="From when on it is sent, never in quiet hours")
    created_at = fields.DatetimeField()

    class Meta:
        table = "digests"


def closes_at(moment: datetime, pace: Pace, calendar: Calendar) -> datetime:
    """When the window closes into which a moment (UTC) falls: at the next hour or morning that may be disturbed.

    Everything that is held over a night closes together. A window holds the instant at which it closes, since that is
    when days start, and what is due on a day is told of.
    """
    edge = _hour(moment, calendar) if pace == Pace.HOURLY else _morning(moment, calendar)
    return opens_at(edge, calendar)


def still_open(moment: datetime, pace: Pace, calendar: Calendar, *, now: datetime) -> datetime:
    """The same for something that is told of now, and whose own window may be over."""
    own = closes_at(moment, pace, calendar)
    return own if own + SETTLING > now else closes_at(now, pace, calendar)


def after(window: datetime, pace: Pace, calendar: Calendar) -> datetime:
    """When the window closes that follows the one that closes then."""
    return closes_at(window + timedelta(microseconds=1), pace, calendar)


def _hour(moment: datetime, calendar: Calendar) -> datetime:
    wall = moment.astimezone(zone_named(calendar.morning.time_zone, path="timeZone"))
    past = timedelta(minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
    return moment - past + _HOUR if past else moment


def _morning(moment: datetime, calendar: Calendar) -> datetime:
    today = moment.astimezone(zone_named(calendar.morning.time_zone, path="timeZone")).date()
    mornings = (start_of(today + timedelta(days=n), calendar.morning) for n in range(4))
    return next(morning for morning in mornings if morning >= moment)


_WANTED = """
wanted as (
  select distinct on (w.user_id, w.channel, w.endpoint_id, w.closes_at) *
  from jsonb_to_recordset($2::jsonb) as w(
    user_id uuid, channel text, endpoint_id uuid, lane uuid, closes_at timestamptz))"""

_OPEN = f"""
with {_WANTED},
opened as (
  insert into digests (id, account_id, user_id, channel, endpoint_id, closes_at, created_at)
  select uuidv7(), $1, w.user_id, w.channel, w.endpoint_id, w.closes_at, now() from wanted w
  order by w.user_id, w.channel, w.endpoint_id, w.closes_at
  on conflict do nothing
  returning id, user_id, channel, endpoint_id, closes_at)
insert into deliveries (id, account_id, digest_id, user_id, endpoint_id, channel, lane, state, attempt, ambiguous,
  next_at, created_at, held_until, held_because)
select uuidv7(), $1, o.id, o.user_id, o.endpoint_id, o.channel, w.lane, 'PENDING', 0, 0,
  o.closes_at + interval '{SETTLING.total_seconds()} s', now(), o.closes_at + interval '{SETTLING.total_seconds()} s',
  'DIGEST'
from opened o join wanted w on (w.user_id, w.channel, w.closes_at) = (o.user_id, o.channel, o.closes_at)
  and w.endpoint_id is not distinct from o.endpoint_id
"""

# Held until the dispatch commits, so that no sender takes the message while something joins it. One that a sender has
# its hands on is not waited for.
_JOINABLE = f"""
with {_WANTED}
select g.id, g.user_id, g.channel, g.endpoint_id, g.closes_at
from wanted w
join digests g on g.account_id = $1 and (g.user_id, g.channel, g.closes_at) = (w.user_id, w.channel, w.closes_at)
  and g.endpoint_id is not distinct from w.endpoint_id
join deliveries d on d.account_id = $1 and d.digest_id = g.id and d.notification_id is null
where d.state = 'PENDING' and d.attempt = 0
order by d.id for no key update of d skip locked
"""

_WITHIN = """
select digest_id, array_agg(notification_id order by position, notification_id) as notifications
from deliveries where digest_id = any($1) and state = 'JOINED' group by digest_id
"""

Ways = list[dict[str, Any]]
"""Routes as rows, each with its user_id, `closes_at` and `then`: when its window closes, and the next one."""


async def join(account_id: UUID, ways: Ways) -> None:
    """Give each of these ways its `digest_id`: the window's own, or the next one's where that is on its way already.

    Where both are being joined by somebody else, it goes by itself when the second one closes.
    """
    left = await _joined(account_id, ways)
    for way in left:
        way["closes_at"] = way["then"]
    if left:
        await _joined(account_id, left)


async def within(ids: Collection[UUID]) -> dict[UUID | None, list[UUID]]:
    """The notifications that go within these digests, in the order of what happened."""
    rows = await database.fetch(_WITHIN, list(ids)) if ids else []
    return {row["digest_id"]: row["notifications"] for row in rows}


async def _joined(account_id: UUID, ways: Ways) -> Ways:
    """Those of the ways that found no window."""
    wanted = dumps(ways)
    await database.fetch(_OPEN, account_id, wanted)
    found = {_key(row): row["id"] for row in await database.fetch(_JOINABLE, account_id, wanted)}
    for way in ways:
        way["digest_id"] = found.get(_key(way))
        way["at"] = way["closes_at"]
    return [way for way in ways if way["digest_id"] is None]


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["user_id"], str(row["channel"]), row["endpoint_id"], row["closes_at"]
