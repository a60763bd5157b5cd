"""Calling off: what has not left yet and nobody needs any more, because its reminder was ended, moved or overtaken."""

from collections import defaultdict
from uuid import UUID

from sales import database
from sales.audiences import ENDED, Happened, ended_reminders
from sales.journal import Kind
from sales.reminders.overtaken import dissolved_by
from sales.tellings import Reminder

_FOR_GOOD = 2**62
"""A position after every event."""

# What has fired and is still on its way is called off as soon as nobody needs it any more.
_DISSOLVED = f"""
select r.account_id, r.id from unnest($1::uuid[], $2::uuid[]) w(account_id, lead_id)
cross join lateral (
  select r.* from reminders r where r.account_id = w.account_id and r.lead_id = w.lead_id and r.state = 'FIRED'
    and r.until <> '{{}}' offset 0) r
where {dissolved_by("r")} is not null
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


async def call_off(turns: dict[UUID, list[Happened]], reminders: dict[UUID, Reminder]) -> None:
    """Call off what these events, of each account, make pointless, with the reminders that they are about."""
    dissolved = await _dissolved(turns)
    for account_id, events in turns.items():
        ended = _ended(events, reminders) | dict.fromkeys(dissolved.get(account_id, []), _FOR_GOOD)
        if ended:
            await database.fetch(_CALL_OFF, account_id, list(ended), list(ended.values()))


def _ended(events: list[Happened], reminders: dict[UUID, Reminder]) -> dict[UUID, int]:
    """The reminders that were ended, each with the position before which nothing is told of it any more.

    By an event of this batch, or by one that is dispatched later or was dispatched before.
    """
    ended = {event.subject_id: event.position for event in events if _was_told_ahead(event, reminders)}
    ended |= {id: event.position for event in events for id in ended_reminders(event)}
    own = [event.subject_id for event in events if event.subject_id in reminders]
    return ended | {id: _FOR_GOOD for id in own if reminders[id].state in ENDED}


def _was_told_ahead(event: Happened, reminders: dict[UUID, Reminder]) -> bool:
    """Whether a reminder came due of which people may still have to be told that it will."""
    return event.kind == Kind.REMINDER_FIRED and reminders[event.subject_id].is_told_ahead


async def _dissolved(turns: dict[UUID, list[Happened]]) -> dict[UUID, list[UUID]]:
    leads = {(id, event.lead_id) for id, events in turns.items() for event in events if event.lead_id is not None}
    found: dict[UUID, list[UUID]] = defaultdict(list)
    if leads:
        for row in await database.fetch(_DISSOLVED, *(list(ids) for ids in zip(*leads, strict=True))):
            found[row["account_id"]].append(row["id"])
    return found
