"""Calendars: secret addresses under which a person's calendar programs read that person's reminders."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.advice import Advice, AdviceCode
from sales.errors import InvalidValue, NotFound
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean
from sales.tokens import CALENDAR_PREFIX, Secret, hash_of, new_token
from sales.users import User
from sales.verbs import Outcome, verb
from sales.viewers import Viewer, sees

KEPT_AFTER_FIRING: Final = timedelta(days=30)
LOOKS_AHEAD: Final = timedelta(days=2 * 365)
MOST_ENTRIES: Final = 2_000
MOST_FEEDS: Final = 10
LONGEST_NAME: Final = 120


class CalendarFeed(Model):
    """A secret address of a person's calendar, for one program; shown once, stored as a hash."""

    SECRET = frozenset({"token_hash"})
    PRIVATE = frozenset({"name"})

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    user_id = fields.UUIDField(description="Whose reminders it shows")
    name = fields.CharField(max_length=120)
    token_hash = fields.CharField(max_length=64, description="SHA-256 of the token, in hexadecimal")
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "calendar_feeds"


@dataclass(frozen=True)
class NewFeed:
    """An address just made: `token` is shown this once, and None where the same request is answered again."""

    outcome: Outcome
    token: str | None


@dataclass(frozen=True)
class Entry:
    """One reminder in a calendar. `moves` is how often its moment has changed, `changed_at` when anything of it did."""

    id: UUID
    number: int
    title: str
    activity: str
    note: str
    is_pending: bool
    due_at: datetime
    on: date | None
    moves: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class Calendar:
    """What a calendar program gets: a person's entries, by their moment."""

    locale: str
    day_starts_at: time
    entries: tuple[Entry, ...]


async def create(*, by: Viewer, name: str) -> NewFeed:
    """Make a secret address of the viewer's calendar. Raises InvalidValue, and NotAllowed for a script."""
    by.require_session()
    token = new_token(CALENDAR_PREFIX)
    cleaned = clean(name, path="name", longest=LONGEST_NAME)
    return await _shown_once(await _create(by=by, name=cleaned, token=Secret(token)), token)


async def rotate(feed_id: UUID, *, by: Viewer) -> NewFeed:
    """Give it another address; nothing is found at the one before from now on."""
    by.require_session()
    token = new_token(CALENDAR_PREFIX)
    return await _shown_once(await _rotate(feed_id, by=by, token=Secret(token)), token)


@verb
async def revoke(feed_id: UUID, *, by: Viewer) -> Draft:
    """End it: nothing is found there from now on. Safe to call twice."""
    feed = await _locked(feed_id, by)
    draft = Draft(Kind.CALENDAR_FEED_REVOKED, feed, by=by)
    draft.change(feed, revoked_at=feed.revoked_at or await database.now())
    return draft


async def calendar_of(token: str) -> Calendar | None:
    """The calendar under this address; None where there is none (any more), or its person no longer works here."""
    readers = await database.fetch(_READER, hash_of(token))
    if not readers:
        return None
    reader = readers[0]
    rows = await database.fetch(
        _ENTRIES, reader["account_id"], reader["id"], KEPT_AFTER_FIRING, LOOKS_AHEAD, MOST_ENTRIES
    )
    return Calendar(reader["locale"], reader["day_starts_at"], tuple(Entry(**row) for row in rows))


@verb
async def _create(*, by: Viewer, name: str, token: Secret) -> Draft:
    await _require_room(by)
    feed = CalendarFeed(
        account_id=by.account.id, user_id=by.user.id, name=name, token_hash=hash_of(token.value),
        created_at=await database.now(),
    )  # fmt: skip
    draft = Draft(Kind.CALENDAR_FEED_CREATED, feed, by=by)
    draft.add(feed)
    draft.warnings.append(Advice(AdviceCode.SECRET_SHOWN_ONCE))
    return draft


@verb
async def _rotate(feed_id: UUID, *, by: Viewer, token: Secret) -> Draft:
    feed = await _locked(feed_id, by)
    if feed.revoked_at is not None:
        raise NotFound("calendar")
    draft = Draft(Kind.CALENDAR_FEED_ROTATED, feed, by=by)
    draft.change(feed, token_hash=hash_of(token.value))
    draft.warnings.append(Advice(AdviceCode.SECRET_SHOWN_ONCE))
    return draft


async def _shown_once(outcome: Outcome, token: str) -> NewFeed:
    made = await CalendarFeed.get(id=outcome.id)
    return NewFeed(outcome, token if made.token_hash == hash_of(token) else None)


async def _locked(feed_id: UUID, by: Viewer) -> CalendarFeed:
    feeds = CalendarFeed.filter(account_id=by.account.id, user_id=by.user.id, id=feed_id)
    feed: CalendarFeed | None = await feeds.select_for_update(no_key=True).first()
    if feed is None:
        raise NotFound("calendar")
    return feed


async def _require_room(by: Viewer) -> None:
    # The person is locked, so that two requests at once can't both take the last place.
    await User.filter(account_id=by.account.id, id=by.user.id).select_for_update(no_key=True).get()
    feeds = CalendarFeed.filter(account_id=by.account.id, user_id=by.user.id, revoked_at=None)
    if await feeds.count() >= MOST_FEEDS:
        raise InvalidValue("name", "too_many_calendars", most=MOST_FEEDS)


_READER: Final = """
select u.account_id, u.id, u.locale, u.day_starts_at
from calendar_feeds f join users u on u.account_id = f.account_id and u.id = f.user_id
where f.token_hash = $1 and f.revoked_at is null and u.deactivated_at is null
"""

# A waking reminder without a person is its lead's owner's, or whose it was to set where nobody owns the lead.
# How often a reminder was moved is in the journal, whatever has moved it; its creation is the first of them.
_ENTRIES: Final = f"""
with mine as (
  select r.id from reminders r where r.account_id = $1 and r.user_id = $2 and r.state in ('PENDING', 'FIRED')
  union all
  select l.waking_reminder_id from leads l
  where l.account_id = $1 and l.owner_id = $2 and l.waking_reminder_id is not null
  union all
  select l.waking_reminder_id from leads l
  join reminders r on r.account_id = l.account_id and r.id = l.waking_reminder_id and r.created_by_id = $2
  where l.account_id = $1 and l.owner_id is null),
wanted as (
  select r.*, l.number, l.title
  from (select distinct id from mine) m
  join reminders r on r.account_id = $1 and r.id = m.id and coalesce(r.user_id, $2) = $2
  join leads l on l.account_id = r.account_id and l.id = r.lead_id
  join users u on u.account_id = r.account_id and u.id = $2
  where {sees("u", "l.owner_id")}
    and (r.state = 'PENDING' and r.due_at < now() + $4::interval
      or r.state = 'FIRED' and r.fired_at > now() - $3::interval)
  order by r.due_at, r.id limit $5)
select r.id, r.number, r.title, r.activity, r.note, r.state = 'PENDING' as is_pending, r.due_at,
  case when r.local_time is null then r.local_date end as on, greatest(h.moments - 1, 0) as moves, r.created_at,
  greatest(r.created_at, h.changed_at) as changed_at
from wanted r cross join lateral (
  select count(*) filter (where c.own ? 'due_at') as moments, max(j.at) as changed_at
  from journal j
  cross join lateral (select case when j.subject_id = r.id then j.changes || j.private
    else j.changes #> array['reminders', r.id::text] end as own) c
  where j.account_id = r.account_id and j.lead_id = r.lead_id and (c.own is not null or j.private ? 'title')) h
order by r.due_at, r.id
"""
