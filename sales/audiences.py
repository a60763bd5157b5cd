"""Who is told of an event, and why: the rules alone, without a database."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sales.journal import Changes, Kind, of_lead
from sales.notifications import NotificationKind

_BULK = frozenset({Kind.STEP_DELETED, Kind.PIPELINE_DELETED})
_ENDED = frozenset({"DONE", "CANCELLED"})
_WATCHED = (
    ("status", NotificationKind.STATUS_CHANGED),
    ("step_id", NotificationKind.STEP_CHANGED),
    ("amount", NotificationKind.AMOUNT_CHANGED),
    ("currency", NotificationKind.AMOUNT_CHANGED),
)
"""The columns of a lead that its owner wants to hear of, the most important first."""


@dataclass(frozen=True)
class Happened:
    """What the dispatch needs of an event."""

    position: int
    kind: str
    actor_id: UUID | None
    subject_id: UUID
    lead_id: UUID | None
    owner_id: UUID | None
    caused_by: int | None
    changes: Changes
    data: dict[str, Any]


def audience(event: Happened, *, reminded: list[UUID]) -> dict[UUID, NotificationKind]:
    """Each person with the most important reason; nobody is told of what he did himself.

    `reminded` are the people of the reminder that fired. A part of a bulk event tells nobody: the bulk event does.
    """
    told: dict[UUID, NotificationKind] = {}
    if event.caused_by is None:
        for user_id, kind in _concerned(event, reminded):
            if user_id != event.actor_id:
                told.setdefault(user_id, kind)
    return told


def ended_reminders(event: Happened) -> set[UUID]:
    """The reminders that this event ends or moves: what is still pending of them is not to be told any more."""
    touched: Changes = dict(event.changes.get("reminders", {}))
    if event.kind.startswith("reminder."):
        touched[str(event.subject_id)] = event.changes
    return {UUID(id) for id, changes in touched.items() if _is_ended(changes)}


def _concerned(event: Happened, reminded: list[UUID]) -> Iterator[tuple[UUID, NotificationKind]]:
    if event.kind == Kind.REMINDER_FIRED:
        yield from ((user_id, NotificationKind.REMINDER_DUE) for user_id in reminded)
    elif event.kind in _BULK:
        yield from ((UUID(owner), NotificationKind.STEP_CHANGED) for owner in event.data["owners"])
    elif event.kind == Kind.USER_EMAIL_BOUNCED:
        yield event.subject_id, NotificationKind.EMAIL_BOUNCED
    elif event.lead_id is not None:
        yield from _concerned_by_lead(event)


def _concerned_by_lead(event: Happened) -> Iterator[tuple[UUID, NotificationKind]]:
    changes = of_lead(event.changes, subject_id=event.subject_id, lead_id=event.lead_id)
    before, after = changes.get("owner_id", (None, None))
    if after is not None:
        yield UUID(after), NotificationKind.LEAD_ASSIGNED
    if before is not None:
        yield UUID(before), NotificationKind.LEAD_TAKEN_AWAY
    if event.owner_id is None or event.kind == Kind.LEAD_CREATED:
        return
    for column, kind in _WATCHED:
        if column in changes:
            yield event.owner_id, kind


def _is_ended(changes: Changes) -> bool:
    was_due, is_due = changes.get("due_at", (None, None))
    _, state = changes.get("state", (None, None))
    return state in _ENDED or (was_due is not None and is_due is not None)
