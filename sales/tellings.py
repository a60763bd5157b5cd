"""Tellings: the notifications of an event, each with the ways by which it goes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sales import database
from sales.audiences import REMINDED, Attention, Happened, audience
from sales.journal import Kind
from sales.routes import Because, Reader, routes
from sales.undoing import held_until
from sales.viewers import sees

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
from unnest($1::uuid[], $2::uuid[]) w(account_id, id)
join reminders r on r.account_id = w.account_id and r.id = w.id
join leads l on l.account_id = r.account_id and l.id = r.lead_id
left join users u on u.account_id = r.account_id and u.id = coalesce(r.user_id, l.owner_id, r.created_by_id)
"""


@dataclass(frozen=True)
class Reminder:
    user_id: UUID | None
    notify_at: datetime
    state: str
    is_urgent: bool
    owner_id: UUID | None
    is_seen: bool
    is_told_ahead: bool
    managers: list[UUID]


async def reminders_of(turns: Mapping[UUID, Collection[Happened]]) -> dict[UUID, Reminder]:
    """The reminders that people are to be told of, of events by account."""
    wanted = [(id, event) for id, events in turns.items() for event in events if event.kind in REMINDED]
    if not wanted:
        return {}
    escalated = [event.subject_id for _, event in wanted if event.kind == Kind.REMINDER_ESCALATED]
    accounts, ids = [id for id, _ in wanted], [event.subject_id for _, event in wanted]
    return await reminders(accounts, ids, escalated=escalated)


async def reminders(accounts: list[UUID], ids: list[UUID], *, escalated: list[UUID]) -> dict[UUID, Reminder]:
    """These reminders, each with its account, as people are told of them; the escalated ones with whom they go to."""
    rows = await database.fetch(_REMINDERS, accounts, ids, escalated) if ids else []
    return {row.pop("id"): Reminder(**row) for row in rows}


def tellings(
    event: Happened,
    people: dict[UUID, Reader],
    reminders: dict[UUID, Reminder],
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
    told = []
    for user_id, kind in audience(event, reminded=reminded, attention=attention).items():
        reader = people.get(user_id)
        found = routes(reader, kind, at=at, now=now, urgent=urgent, because=because) if reader else []
        if reader and (reader.reads(kind) or found):
            told.append({
                "position": event.position, "user_id": user_id, "kind": kind, "lead_id": event.lead_id,
                "reminder_id": event.subject_id if reminder else None, "at": at, "in_app": reader.reads(kind),
                "routes": [route.row() | {"user_id": user_id} for route in found],
            })  # fmt: skip
    return told


def _reminded(event: Happened, reminder: Reminder | None, people: dict[UUID, Reader]) -> list[UUID]:
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
