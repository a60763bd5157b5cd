"""The dispatch: reads each account's journal in order, tells who is to be told, and calls off what has ended.

It holds an account's cursor while it works, so that one dispatch at a time reads an account, and moves it in the same
transaction: every event is dispatched exactly once. It never waits; what is held back is held by its delivery.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from sales import database, failures
from sales.audiences import Happened, audience, ended_reminders
from sales.endpoints import EndpointKind
from sales.failures import Stage
from sales.journal import Kind, dumps
from sales.routes import Device, Reader, routes
from sales.viewers import sees

BATCH = 500
_FOR_GOOD = 2**62
"""A position after every event."""

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

_READ = """
select position, kind, actor_id, subject_id, lead_id, owner_id, caused_by, changes, data
from journal where account_id = $1 and position > $2 order by position limit $3
"""

_READERS = """
select u.id, u.role = 'ADMINISTRATOR' as is_administrator, u.notify_in_app as in_app, u.notify_by_email as by_email,
  coalesce((select jsonb_agg(jsonb_build_array(e.id, e.kind) order by e.id) from endpoints e
    where e.account_id = u.account_id and e.user_id = u.id and e.disabled_at is null and e.deleted_at is null),
    '[]') as devices
from users u where u.account_id = $1 and u.deactivated_at is null
"""

_REMINDERS = f"""
select r.id, r.user_id, r.notify_at, r.state, l.owner_id, coalesce({sees("u", "l.owner_id")}, false) as is_seen
from reminders r
join leads l on l.account_id = r.account_id and l.id = r.lead_id
left join users u on u.account_id = r.account_id and u.id = r.user_id
where r.account_id = $1 and r.id = any($2)
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
insert into deliveries (id, account_id, notification_id, user_id, endpoint_id, channel, position, lead_id, lane, state,
  attempt, ambiguous, next_at, created_at)
select uuidv7(), $1, t.id, t.user_id, r.endpoint_id, r.channel, t.position, t.lead_id, r.lane, 'PENDING', 0, 0,
  greatest(now(), r.at), now()
from told t join wanted w using (user_id, position)
cross join jsonb_to_recordset(w.routes) as r(channel text, endpoint_id uuid, lane uuid, at timestamptz)
"""

# A notification that its reader may have seen stays, but not one of this very transaction, which has the same now().
# What has not left yet does not leave any more.
_CALL_OFF = """
with ended as (select * from unnest($2::uuid[], $3::bigint[]) as e(reminder_id, position)),
pointless as (
  select n.id from notifications n join ended e on e.reminder_id = n.reminder_id and n.position < e.position
  where n.account_id = $1),
hidden as (
  update notifications n set cancelled_at = now() from pointless p
  where n.account_id = $1 and n.id = p.id and n.cancelled_at is null and n.visible_at >= now())
update deliveries d set state = 'CANCELLED', done_at = now() from pointless p
where d.account_id = $1 and d.notification_id = p.id and d.state = 'PENDING'
"""

_MOVE_CURSOR = "update dispatch_cursors set dispatched = $2 where account_id = $1 returning 1"

_last_account = UUID(int=0)
"""Whose turn it was, in this process: each has its own round."""


@dataclass(frozen=True)
class _Reminder:
    user_id: UUID | None
    notify_at: datetime
    state: str
    owner_id: UUID | None
    is_seen: bool


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
        events = [_happened(row) for row in await database.fetch(_READ, account_id, dispatched, limit)]
        passed = await _pass(account_id, events)
        if passed:
            await database.fetch(_MOVE_CURSOR, account_id, passed)
    return len(events)


async def dispatch_again(account_id: UUID, position: int) -> None:
    """Dispatch one event that was set aside; who was told already is not told twice. Raises what goes wrong."""
    async with database.transaction():
        rows = await database.fetch(_READ, account_id, position - 1, 1)
        await _tell(account_id, [_happened(row) for row in rows])


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
    people = {row["id"]: _reader(row) for row in await database.fetch(_READERS, account_id)}
    reminders = await _fired_reminders(account_id, events)
    tellings = [telling for event in events for telling in _tellings(event, people, reminders)]
    if tellings:
        await database.fetch(_TELL, account_id, dumps(tellings))
    # Ended by an event of this batch, or by one that is dispatched later or was dispatched before.
    ended = {id: _FOR_GOOD for id, reminder in reminders.items() if reminder.state != "FIRED"}
    ended |= {id: event.position for event in events for id in ended_reminders(event)}
    if ended:
        await database.fetch(_CALL_OFF, account_id, list(ended), list(ended.values()))


async def _fired_reminders(account_id: UUID, events: list[Happened]) -> dict[UUID, _Reminder]:
    ids = [event.subject_id for event in events if event.kind == Kind.REMINDER_FIRED]
    rows = await database.fetch(_REMINDERS, account_id, ids) if ids else []
    return {row.pop("id"): _Reminder(**row) for row in rows}


def _tellings(event: Happened, people: dict[UUID, Reader], reminders: dict[UUID, _Reminder]) -> list[dict[str, Any]]:
    """The notifications of one event, as rows, with the ways by which each goes; on no way at all, none."""
    reminder = reminders[event.subject_id] if event.kind == Kind.REMINDER_FIRED else None
    at = reminder.notify_at if reminder else None
    tellings = []
    for user_id, kind in audience(event, reminded=_reminded(reminder, people) if reminder else []).items():
        reader = people.get(user_id)
        ways = [route.row() for route in routes(reader, kind, at=at)] if reader else []
        if reader and (reader.in_app or ways):
            tellings.append({
                "position": event.position, "user_id": user_id, "kind": kind, "lead_id": event.lead_id,
                "reminder_id": event.subject_id if reminder else None, "at": at, "in_app": reader.in_app,
                "routes": ways,
            })  # fmt: skip
    return tellings


def _reminded(reminder: _Reminder, people: dict[UUID, Reader]) -> list[UUID]:
    """Whose reminder it is; who may not see the lead any more gives way to its owner, nobody to the administrators."""
    if reminder.user_id in people and reminder.is_seen:
        return [reminder.user_id]
    if reminder.owner_id in people:
        return [reminder.owner_id]
    return [id for id, person in people.items() if person.is_administrator]


def _reader(row: database.Row) -> Reader:
    devices = tuple(Device(UUID(id), EndpointKind(kind)) for id, kind in orjson.loads(row["devices"]))
    return Reader(**row | {"devices": devices})


def _happened(row: database.Row) -> Happened:
    return Happened(**{**row, "changes": orjson.loads(row["changes"]), "data": orjson.loads(row["data"])})
