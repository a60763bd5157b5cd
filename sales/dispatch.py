"""The dispatch: reads each account's journal in order, tells who is to be told, and calls off what has ended.

It holds the cursors of some accounts while it works, so that one dispatch at a time reads an account, and moves them in
the same transaction: every event is dispatched exactly once. It never waits; what is held back is held by its delivery.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from uuid import UUID

import orjson

from sales import database, digests, failures
from sales.audiences import Attention, Happened, named
from sales.calling_off import call_off
from sales.endpoints.hearing import HAS_LISTENERS, IS_PUBLIC, tell_endpoints
from sales.failures import Stage
from sales.journal import Kind, dumps, of_lead
from sales.preferences.held import plan_again
from sales.readers import readers
from sales.routes import Reader
from sales.tellings import Reminder, reminders_of, tellings
from sales.undoing import UNDOABLE
from sales.watches import Attention as Wanted
from sales.watches import Follower, followers

BATCH = 500
MOST_ACCOUNTS = 50
"""In one transaction: few events of many accounts cost hardly more than many of one."""

# Two small tables are read for it, a row for each account: 13 ms for 20,000 of them. Accounts take turns, so that a
# large one delays nobody, and a busy one is never passed over for others that have less to do; one whose event has just
# failed rests for a second.
_WAITING = """dispatch_cursors c join journal_heads h on h.account_id = c.account_id
where h.position > c.dispatched + {most} and not exists (
  select from failures f where f.account_id = c.account_id and f.stage = 'DISPATCH'
    and f.set_aside_at is null and f.last_at > now() - interval '1 second')"""

_TAKE_ACCOUNTS = f"""
select c.account_id, c.dispatched, h.position - c.dispatched as waiting from {_WAITING.format(most=0)}
order by c.account_id > $1 desc, c.account_id limit $2
for no key update of c skip locked
"""

_IS_BEHIND = f"select exists (select from {_WAITING.format(most=BATCH)}) as is_behind"

# What is asked of an account is asked once, whatever the number of its events, and sees all that came before them.
_READ = f"""
select t.account_id, j.position, j.kind, j.actor_id, j.subject_id, j.lead_id, j.owner_id, j.caused_by, j.changes,
  j.data, j.at, j.is_public and a.has_listeners as is_heard, a.has_watches as is_watched
from unnest($1::uuid[], $2::bigint[], $3::bigint[]) t(account_id, after, most)
cross join lateral (
  select {HAS_LISTENERS.format(account="t.account_id")} as has_listeners,
    exists (select from watches w where w.account_id = t.account_id) as has_watches offset 0) a
cross join lateral (
  select journal.*, {IS_PUBLIC} as is_public from journal
  where account_id = t.account_id and position > t.after order by position limit t.most) j
order by t.account_id, j.position
"""

# What has undone one of these events, wherever it stands.
_UNDONE = """
select (data ->> 'undoes')::bigint as undoes, data from journal
where account_id = $1 and data ? 'undoes' and (data ->> 'undoes')::bigint between $2 and $3
"""

# A notification that exists already was told of before, and its deliveries with it.
_TELL = """
with wanted as (
  select * from jsonb_to_recordset($1::jsonb) as w(account_id uuid, position bigint, user_id uuid, kind text,
    lead_id uuid, reminder_id uuid, at timestamptz, in_app boolean, routes jsonb)),
told as (
  insert into notifications (id, account_id, user_id, kind, position, lead_id, reminder_id, dedupe_key, in_app,
    created_at, visible_at)
  select uuidv7(), w.account_id, w.user_id, w.kind, w.position, w.lead_id, w.reminder_id,
    w.position || ':' || w.user_id, w.in_app, now(), greatest(now(), w.at)
  from wanted w order by w.account_id, w.position
  on conflict (account_id, dedupe_key) do nothing
  returning id, account_id, user_id, position, lead_id)
insert into deliveries (id, account_id, notification_id, digest_id, user_id, endpoint_id, channel, position, lead_id,
  lane, state, attempt, ambiguous, next_at, created_at, held_until, held_because)
select uuidv7(), t.account_id, t.id, r.digest_id, t.user_id, r.endpoint_id, r.channel, t.position, t.lead_id,
  r.lane, case when r.digest_id is null then 'PENDING' else 'JOINED' end, 0, 0, greatest(now(), r.at), now(),
  case when r.at > now() then r.at end, case when r.at > now() then r.because end
from told t join wanted w using (account_id, user_id, position)
cross join jsonb_to_recordset(w.routes) as r(
  channel text, endpoint_id uuid, lane uuid, at timestamptz, because text, digest_id uuid)
"""

_HOLD_CURSOR = "select 1 from dispatch_cursors where account_id = $1 for no key update"

_MOVE_CURSORS = """
update dispatch_cursors c set dispatched = m.position from unnest($1::uuid[], $2::bigint[]) m(account_id, position)
where c.account_id = m.account_id returning 1
"""

_last_account = UUID(int=0)
"""Whose turn it was, in this process: each has its own round."""

Followed = dict[UUID, set[Follower]]
"""Who follows leads, by lead."""

Turns = dict[UUID, list[Happened]]
"""The next events of each account whose turn it is."""


async def dispatch(limit: int = BATCH) -> int:
    """Dispatch the next events of some accounts; returns how many were looked at, 0 when there is nothing to do.

    An event that cannot be dispatched is tried alone, counted, and after five tries passed by.
    """
    global _last_account
    async with database.transaction():
        cursors = await database.fetch(_TAKE_ACCOUNTS, _last_account, min(limit, MOST_ACCOUNTS))
        if not cursors:
            return 0
        _last_account = cursors[-1]["account_id"]
        shares = _shares({row["account_id"]: row["waiting"] for row in cursors}, limit)
        turns = await _read({row["account_id"]: (row["dispatched"], shares[row["account_id"]]) for row in cursors})
        if passed := await _pass(turns):
            await database.fetch(_MOVE_CURSORS, list(passed), list(passed.values()))
    return sum(len(events) for events in turns.values())


async def is_behind() -> bool:
    """Whether some account has more than a batch to be told of, whoever is at it."""
    [row] = await database.fetch(_IS_BEHIND)
    return bool(row["is_behind"])


async def dispatch_again(account_id: UUID, position: int) -> None:
    """Dispatch one event that was set aside; who was told already is not told twice. Raises what goes wrong."""
    async with database.transaction():
        await hold_cursor(account_id)
        await _tell(await _read({account_id: (position - 1, 1)}))


async def hold_cursor(account_id: UUID) -> None:
    """Have the dispatch of this account wait until this transaction is over; waits for the one that is at work."""
    await database.fetch(_HOLD_CURSOR, account_id)


def _shares(waiting: dict[UUID, int], limit: int) -> dict[UUID, int]:
    """How many events of each account are next: what one has no need of is left to those that have more."""
    shares = {}
    for done, (account_id, events) in enumerate(sorted(waiting.items(), key=lambda item: item[1])):
        shares[account_id] = min(events, limit // (len(waiting) - done))
        limit -= shares[account_id]
    return shares


async def _read(cursors: dict[UUID, tuple[int, int]]) -> Turns:
    """The events of each account after a position, at most so many."""
    rows = await database.fetch(_READ, list(cursors), *(list(values) for values in zip(*cursors.values(), strict=True)))
    turns: Turns = {}
    for account_id, of_one in groupby(rows, key=itemgetter("account_id")):
        turns[account_id] = await _happened(account_id, list(of_one))
    return turns


async def _happened(account_id: UUID, rows: list[database.Row]) -> list[Happened]:
    found = []
    if any(row["kind"] in UNDOABLE for row in rows):
        found = await database.fetch(_UNDONE, account_id, rows[0]["position"], rows[-1]["position"])
    undone = {row["undoes"]: orjson.loads(row["data"]) for row in found}
    return [
        Happened(
            **{name: value for name, value in row.items() if name != "account_id"}
            | {name: orjson.loads(row[name]) for name in ("changes", "data")},
            undone_data=undone.get(row["position"]),
        )
        for row in rows
    ]


async def _pass(turns: Turns) -> dict[UUID, int]:
    """Dispatch these events; returns the position of the last one of each account that is done with."""
    try:
        async with database.transaction():
            await _tell(turns)
        return {account_id: events[-1].position for account_id, events in turns.items()}
    except Exception as error:
        if not failures.is_of_the_row(error):
            raise
    if len(turns) == 1:
        [(account_id, events)] = turns.items()
        return await _pass_one_by_one(account_id, events)
    passed: dict[UUID, int] = {}
    for account_id, events in turns.items():
        passed |= await _pass({account_id: events})
    return passed


async def _pass_one_by_one(account_id: UUID, events: list[Happened]) -> dict[UUID, int]:
    passed: dict[UUID, int] = {}
    for event in events:
        try:
            async with database.transaction():
                await _tell({account_id: [event]})
        except Exception as error:
            if not failures.is_of_the_row(error):
                raise
            if not await failures.count(account_id, Stage.DISPATCH, str(event.position), error):
                return passed
        passed[account_id] = event.position
    return passed


async def _tell(turns: Turns) -> None:
    reminders = await reminders_of(turns)
    followed = {account_id: await _followed(account_id, events) for account_id, events in turns.items()}
    decided_anew = [id for id, events in turns.items() if any(map(_decides_for_all, events))]
    people, now = await readers(turns, _concerned(turns, reminders, followed), everybody_of=decided_anew)
    told = []
    for account_id, events in turns.items():
        here = people[account_id]
        attention = _attention(followed[account_id], here)
        found = [telling for event in events for telling in tellings(event, here, reminders, attention(event), now=now)]
        if ways := [way for telling in found for way in telling["routes"] if way["closes_at"]]:
            await digests.join(account_id, ways)
        told += [telling | {"account_id": account_id} for telling in found]
    if told:
        await database.fetch(_TELL, dumps(told))
    for account_id, events in turns.items():
        if heard := [event.position for event in events if event.is_heard]:
            await tell_endpoints(account_id, heard)
    await call_off(turns, reminders)
    for account_id, events in turns.items():
        if changed := _who_decided(events, people[account_id]):
            await plan_again(account_id, changed, now=now)


async def _followed(account_id: UUID, events: list[Happened]) -> Followed:
    places = [
        (event.lead_id, step) for event in events if event.is_watched and event.lead_id for step in _places(event)
    ]
    return await followers(account_id, places) if places else {}


def _concerned(turns: Turns, reminders: dict[UUID, Reminder], followed: dict[UUID, Followed]) -> set[UUID]:
    """Whoever may have to be told, administrators apart: of most accounts it is a few."""
    events = [event for events in turns.values() for event in events]
    reminded = {id for each in reminders.values() for id in (each.user_id, each.owner_id, *each.managers) if id}
    following = {id for leads in followed.values() for here in leads.values() for id, _ in here}
    return reminded.union(following, *map(named, events))


def _attention(followed: Followed, people: dict[UUID, Reader]) -> Callable[[Happened], Attention]:
    """Who watches and who has muted the lead of each event."""
    of_own = frozenset(id for id, reader in people.items() if reader.own_actions)

    def paid(event: Happened) -> Attention:
        here = followed.get(event.lead_id, set()) if event.lead_id else set()
        watching = sorted(id for id, wanted in here if wanted == Wanted.WATCHED)
        return Attention(watching, frozenset(id for id, wanted in here if wanted == Wanted.MUTED), of_own)

    return paid


def _places(event: Happened) -> Iterator[UUID | None]:
    """Where the lead lies now (None), and the step that it has left."""
    yield None
    before = of_lead(event.changes, subject_id=event.subject_id, lead_id=event.lead_id).get("step_id", (None,))[0]
    if before is not None:
        yield UUID(before)


def _decides_for_all(event: Happened) -> bool:
    return event.kind == Kind.PREFERENCES_SET and event.data["userId"] is None


def _who_decided(events: list[Happened], people: dict[UUID, Reader]) -> list[Reader]:
    """Who has decided anew how to be told: everybody, where an administrator did it for all."""
    if any(map(_decides_for_all, events)):
        return list(people.values())
    decided = {event.subject_id for event in events if event.kind == Kind.USER_PREFERENCES_SET}
    decided |= {UUID(event.data["userId"]) for event in events if event.kind == Kind.PREFERENCES_SET}
    return [people[id] for id in decided if id in people]
