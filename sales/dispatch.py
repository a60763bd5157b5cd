"""The dispatch: reads each account's journal in order, tells who is to be told, and calls off what has ended.

It holds an account's cursor while it works, so that one dispatch at a time reads an account, and moves it in the same
transaction: every event is dispatched exactly once. It never waits; what is held back is held by its delivery.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from sales import database, digests, failures
from sales.audiences import REMINDED, Attention, Happened, audience, ended_reminders
from sales.endpoints import EndpointKind
from sales.endpoints.hearing import IS_HEARD, tell_endpoints
from sales.failures import Stage
from sales.journal import Kind, dumps, of_lead
from sales.moments import Morning
from sales.preferences import Preferences, decided
from sales.preferences.held import plan_again
from sales.reminders.overtaken import dissolved_by
from sales.routes import Because, Device, Reader, routes
from sales.undoing import UNDOABLE, held_until
from sales.viewers import sees
from sales.watches import Attention as Wanted
from sales.watches import Follower, followers

BATCH = 500
_FOR_GOOD = 2**62
"""A position after every event."""
_ENDED = frozenset({"DONE", "CANCELLED"})

# Two small tables are read for it, a row for each account: 13 ms for 20,000 of them. Accounts take turns, so that a
# large one delays nobody, and a busy one is never passed over for others that have less to do; one whose event has just
# failed rests for a second.
_TAKE_ACCOUNT = """
select c.account_id, c.dispatched
from dispatch_cursors c join journal_heads h on h.account_id = c.account_id
where h.position > c.dispatched and not exists (
  select from failures f where f.account_id = c.account_id and f.stage = 'DISPATCH'
    and f.set_aside_at is null and f.last_at > now() - interval '1 second')
order by c.account_id > $1 desc, c.account_id limit 1
for no key update of c skip locked
"""

_READ = f"""
select position, kind, actor_id, subject_id, lead_id, owner_id, caused_by, changes, data, at, {IS_HEARD} as is_heard
from journal where account_id = $1 and position > $2 order by position limit $3
"""

# What has undone one of these events, wherever it stands.
_UNDONE = """
select (data ->> 'undoes')::bigint as undoes, data from journal
where account_id = $1 and data ? 'undoes' and (data ->> 'undoes')::bigint between $2 and $3
"""

_READERS = """
select u.id, u.role = 'ADMINISTRATOR' as is_administrator, u.notify_in_app as in_app,
  u.notify_by_email and u.email_bounced_at is null as by_email,
  u.notify_of_own as own_actions, u.day_starts_at, u.time_zone, now() as now,
  coalesce((select jsonb_agg(jsonb_build_array(e.id, e.kind) order by e.id) from endpoints e
    where e.account_id = u.account_id and e.user_id = u.id and e.disabled_at is null and e.deleted_at is null),
    '[]') as devices
from users u where u.account_id = $1 and u.deactivated_at is null and ($2::uuid[] is null or u.id = any($2))
"""

# Before a reminder fires it is of nobody yet where it is of whoever owns the lead then.
_REMINDERS = f"""
select r.id, u.id as user_id, r.notify_at, r.state, r.is_urgent, l.owner_id,
  coalesce({sees("u", "l.owner_id")}, false) as is_seen,
  r.ahead <> '{{}}' as is_told_ahead, case when r.id <> all($3) then '{{}}' else array(
    select distinct other.id from memberships mine
    join memberships manager on manager.account_id = mine.account_id and manager.team_id = mine.team_id
      and manager.is_manager and manager.user_id <> mine.user_id
    join users other on other.account_id = manager.account_id and other.id = manager.user_id
      and other.deactivated_at is null
    where mine.account_id = u.account_id and mine.user_id = u.id and {sees("other", "l.owner_id")}) end as managers
from reminders r
join leads l on l.account_id = r.account_id and l.id = r.lead_id
left join users u on u.account_id = r.account_id and u.id = coalesce(r.user_id, l.owner_id, r.created_by_id)
where r.account_id = $1 and r.id = any($2)
"""

# What has fired and is still on its way is called off as soon as nobody needs it any more.
_DISSOLVED = f"""
select r.id from reminders r where r.account_id = $1 and r.lead_id = any($2) and r.state = 'FIRED' and r.until <> '{{}}'
  and {dissolved_by("r")} is not null
"""

# A notification that exists already was told of before, and its deliveries with it.
_TELL = """
with wanted as (
  select * from jsonb_to_recordset($2::jsonb) as w(position bigint, user_id uuid, kind text, lead_id uuid,
    reminder_id uuid, at timestamptz, in_app boolean, routes jsonb)),
told as (
  insert into notifications (id, account_id, user_id, kind, position, lead_id, reminder_id, dedupe_key, in_app,
    created_at, visible_at)
  select uuidv7(), $1, w.user_id, w.kind, w.position, w.lead_id, w.reminder_id, w.position || ':' || w.user_id,
    w.in_app, now(), greatest(now(), w.at)
  from wanted w order by w.position
  on conflict (account_id, dedupe_key) do nothing
  returning id, user_id, position, lead_id)
insert into deliveries (id, account_id, notification_id, digest_id, user_id, endpoint_id, channel, position, lead_id,
  lane, state, attempt, ambiguous, next_at, created_at, held_until, held_because)
select uuidv7(), $1, t.id, r.digest_id, t.user_id, r.endpoint_id, r.channel, t.position, t.lead_id,
  r.lane, case when r.digest_id is null then 'PENDING' else 'JOINED' end, 0, 0, greatest(now(), r.at), now(),
  case when r.at > now() then r.at end, case when r.at > now() then r.because end
from told t join wanted w using (user_id, position)
cross join jsonb_to_recordset(w.routes) as r(
  channel text, endpoint_id uuid, lane uuid, at timestamptz, because text, digest_id uuid)
"""

# A notification that its reader may have seen stays, but not one of this very transaction, which has the same now().
# What has not left yet does not leave any more. An undo tells it by its time, which is never before the event's.
_CALL_OFF = """
with ended as (select * from unnest($2::uuid[], $3::bigint[]) as e(reminder_id, position)),
pointless as (
  select n.id from notifications n join ended e on e.reminder_id = n.reminder_id and n.position < e.position
  where n.account_id = $1),
hidden as (
  update notifications n set cancelled_at = clock_timestamp() from pointless p
  where n.account_id = $1 and n.id = p.id and n.cancelled_at is null and n.visible_at >= now())
update deliveries d set state = 'CANCELLED', done_at = clock_timestamp() from pointless p
where d.account_id = $1 and d.notification_id = p.id and d.state in ('PENDING', 'JOINED')
"""

_HOLD_CURSOR = "select 1 from dispatch_cursors where account_id = $1 for no key update"
"""An undo holds it, too: it finds all that came of an event, or is found by whoever reads the event after it."""

_MOVE_CURSOR = "update dispatch_cursors set dispatched = $2 where account_id = $1 returning 1"

_last_account = UUID(int=0)
"""Whose turn it was, in this process: each has its own round."""


@dataclass(frozen=True)
class _Reminder:
    user_id: UUID | None
    notify_at: datetime
    state: str
    is_urgent: bool
    owner_id: UUID | None
    is_seen: bool
    is_told_ahead: bool
    managers: list[UUID]


async def dispatch(limit: int = BATCH) -> int:
    """Dispatch the next events of one account; returns how many were looked at, 0 when there is nothing to do.

    An event that cannot be dispatched is tried alone, counted, and after five tries passed by.
    """
    global _last_account
    async with database.transaction():
        cursors = await database.fetch(_TAKE_ACCOUNT, _last_account)
        if not cursors:
            return 0
        account_id, dispatched = cursors[0]["account_id"], cursors[0]["dispatched"]
        _last_account = account_id
        events = await _read(account_id, dispatched, limit)
        passed = await _pass(account_id, events)
        if passed:
            await database.fetch(_MOVE_CURSOR, account_id, passed)
    return len(events)


async def dispatch_again(account_id: UUID, position: int) -> None:
    """Dispatch one event that was set aside; who was told already is not told twice. Raises what goes wrong."""
    async with database.transaction():
        await database.fetch(_HOLD_CURSOR, account_id)
        await _tell(account_id, await _read(account_id, position - 1, 1))


async def _read(account_id: UUID, after: int, limit: int) -> list[Happened]:
    rows = await database.fetch(_READ, account_id, after, limit)
    if not any(row["kind"] in UNDOABLE for row in rows):
        return [_happened(row, {}) for row in rows]
    found = await database.fetch(_UNDONE, account_id, rows[0]["position"], rows[-1]["position"])
    undone = {row["undoes"]: orjson.loads(row["data"]) for row in found}
    return [_happened(row, undone) for row in rows]


async def readers(account_id: UUID, *ids: UUID) -> tuple[dict[UUID, Reader], datetime]:
    """Whoever may be told (of these people, or all), with what each has decided; and what time it is."""
    rows = await database.fetch(_READERS, account_id, list(ids) or None)
    preferences = {row.user_id: row for row in await Preferences.filter(account_id=account_id)}
    now = rows[0]["now"] if rows else await database.now()
    return {row["id"]: _reader(row, preferences) for row in rows}, now


async def _pass(account_id: UUID, events: list[Happened]) -> int | None:
    """Dispatch these events; returns the position of the last one that is done with."""
    try:
        async with database.transaction():
            await _tell(account_id, events)
        return events[-1].position
    except Exception as error:
        if not failures.is_of_the_row(error):
            raise
    return await _pass_one_by_one(account_id, events)


async def _pass_one_by_one(account_id: UUID, events: list[Happened]) -> int | None:
    passed = None
    for event in events:
        try:
            async with database.transaction():
                await _tell(account_id, [event])
        except Exception as error:
            if not failures.is_of_the_row(error):
                raise
            if not await failures.count(account_id, Stage.DISPATCH, str(event.position), error):
                return passed
        passed = event.position
    return passed


async def _tell(account_id: UUID, events: list[Happened]) -> None:
    people, now = await readers(account_id)
    reminders = await _reminders(account_id, events)
    attention = await _attention(account_id, events, people)
    tellings = [
        telling for event in events for telling in _tellings(event, people, reminders, attention(event), now=now)
    ]
    if tellings:
        ways = [way for telling in tellings for way in telling["routes"] if way["closes_at"]]
        if ways:
            await digests.join(account_id, ways)
        await database.fetch(_TELL, account_id, dumps(tellings))
    if heard := [event.position for event in events if event.is_heard]:
        await tell_endpoints(account_id, heard)
    # Ended by an event of this batch, or by one that is dispatched later or was dispatched before.
    ended = {event.subject_id: event.position for event in events if _was_told_ahead(event, reminders)}
    ended |= {id: event.position for event in events for id in ended_reminders(event)}
    ended |= {id: _FOR_GOOD for id, reminder in reminders.items() if reminder.state in _ENDED}
    ended |= dict.fromkeys(await _dissolved(account_id, events), _FOR_GOOD)
    if ended:
        await database.fetch(_CALL_OFF, account_id, list(ended), list(ended.values()))
    decided_anew = _decided_anew(events)
    if changed := [reader for id, reader in people.items() if {id, None} & decided_anew]:
        await plan_again(account_id, changed, now=now)


async def _attention(
    account_id: UUID, events: list[Happened], people: dict[UUID, Reader]
) -> Callable[[Happened], Attention]:
    """Who watches and who has muted the lead of each event."""
    of_own = frozenset(id for id, reader in people.items() if reader.own_actions)
    places = [(event.lead_id, step) for event in events if event.lead_id for step in _places(event)]
    found: dict[UUID, set[Follower]] = await followers(account_id, places) if places else {}

    def paid(event: Happened) -> Attention:
        here = found.get(event.lead_id, set()) if event.lead_id else set()
        watching = sorted(id for id, wanted in here if wanted == Wanted.WATCHED)
        return Attention(watching, frozenset(id for id, wanted in here if wanted == Wanted.MUTED), of_own)

    return paid


def _places(event: Happened) -> Iterator[UUID | None]:
    """Where the lead lies now (None), and the step that it has left."""
    yield None
    before = of_lead(event.changes, subject_id=event.subject_id, lead_id=event.lead_id).get("step_id", (None,))[0]
    if before is not None:
        yield UUID(before)


def _decided_anew(events: list[Happened]) -> set[UUID | None]:
    """Who has decided anew how to be told; None: an administrator, for everybody."""
    people: set[UUID | None] = set()
    for event in events:
        if event.kind == Kind.PREFERENCES_SET:
            people.add(UUID(event.data["userId"]) if event.data["userId"] else None)
        elif event.kind == Kind.USER_PREFERENCES_SET:
            people.add(event.subject_id)
    return people


def _was_told_ahead(event: Happened, reminders: dict[UUID, _Reminder]) -> bool:
    """Whether a reminder came due of which people may still have to be told that it will."""
    return event.kind == Kind.REMINDER_FIRED and reminders[event.subject_id].is_told_ahead


async def _dissolved(account_id: UUID, events: list[Happened]) -> list[UUID]:
    leads = {event.lead_id for event in events if event.lead_id is not None}
    return [row["id"] for row in await database.fetch(_DISSOLVED, account_id, list(leads))] if leads else []


async def _reminders(account_id: UUID, events: list[Happened]) -> dict[UUID, _Reminder]:
    """The reminders that people are to be told of."""
    escalated = [event.subject_id for event in events if event.kind == Kind.REMINDER_ESCALATED]
    return await reminders(
        account_id, [event.subject_id for event in events if event.kind in REMINDED], escalated=escalated
    )


async def reminders(account_id: UUID, ids: list[UUID], *, escalated: list[UUID]) -> dict[UUID, _Reminder]:
    """These reminders as people are told of them; those that are escalated with whom they go to."""
    rows = await database.fetch(_REMINDERS, account_id, ids, escalated) if ids else []
    return {row.pop("id"): _Reminder(**row) for row in rows}


def _tellings(
    event: Happened,
    people: dict[UUID, Reader],
    reminders: dict[UUID, _Reminder],
    attention: Attention,
    *,
    now: datetime,
) -> list[dict[str, Any]]:
    """The notifications of one event, as rows, with the ways by which each goes; on no way at all, none."""
    reminder = reminders[event.subject_id] if event.kind in REMINDED else None
    is_due = reminder is not None and event.kind == Kind.REMINDER_FIRED
    at = reminder.notify_at if reminder and is_due else held_until(event.kind, event.at)
    urgent, because = reminder is not None and reminder.is_urgent, Because.MORNING if is_due else Because.UNDO
    reminded = _reminded(event, reminder, people) if reminder else _minders(event, people)
    tellings = []
    for user_id, kind in audience(event, reminded=reminded, attention=attention).items():
        reader = people.get(user_id)
        found = routes(reader, kind, at=at, now=now, urgent=urgent, because=because) if reader else []
        if reader and (reader.reads(kind) or found):
            tellings.append({
                "position": event.position, "user_id": user_id, "kind": kind, "lead_id": event.lead_id,
                "reminder_id": event.subject_id if reminder else None, "at": at, "in_app": reader.reads(kind),
                "routes": [route.row() | {"user_id": user_id} for route in found],
            })  # fmt: skip
    return tellings


def _reminded(event: Happened, reminder: _Reminder | None, people: dict[UUID, Reader]) -> list[UUID]:
    """Whose reminder it is; who may not see the lead any more gives way to its owner, nobody to the administrators.

    Where that person has not acknowledged it: who manages them, or the administrators where nobody does.
    """
    if reminder is None:
        return []
    if event.kind == Kind.REMINDER_ESCALATED:
        others = [id for id, person in people.items() if person.is_administrator and id != reminder.user_id]
        return reminder.managers or others
    if reminder.user_id in people and reminder.is_seen:
        return [reminder.user_id]
    if reminder.owner_id in people:
        return [reminder.owner_id]
    return [id for id, person in people.items() if person.is_administrator]


def _minders(event: Happened, people: dict[UUID, Reader]) -> list[UUID]:
    """Who looks after the endpoint that an event is about: its person, or the administrators."""
    if event.kind != Kind.ENDPOINT_DISABLED:
        return []
    own = event.data.get("user_id")
    return [UUID(own)] if own else [id for id, person in people.items() if person.is_administrator]


def _reader(row: database.Row, preferences: dict[UUID | None, Preferences]) -> Reader:
    return Reader(
        id=row["id"],
        is_administrator=row["is_administrator"],
        in_app=row["in_app"],
        by_email=row["by_email"],
        own_actions=row["own_actions"],
        decided=decided(
            preferences.get(row["id"]), preferences.get(None), morning=Morning(row["day_starts_at"], row["time_zone"])
        ),
        devices=tuple(Device(UUID(id), EndpointKind(kind)) for id, kind in orjson.loads(row["devices"])),
    )


def _happened(row: database.Row, undone: dict[int, dict[str, Any]]) -> Happened:
    parsed = {name: orjson.loads(row[name]) for name in ("changes", "data")}
    return Happened(**row | parsed, undone_data=undone.get(row["position"]))
