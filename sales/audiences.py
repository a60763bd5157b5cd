"""Who is told of an event, and why: the rules alone, without a database."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sales.journal import Changes, Kind, of_lead
from sales.notifications import NotificationKind

_BULK = frozenset({Kind.STEP_DELETED, Kind.PIPELINE_DELETED, Kind.STEP_UNDONE, Kind.PIPELINE_UNDONE})
ENDED = frozenset({"DONE", "CANCELLED"})
"""The states of a reminder of which nobody is to be told any more."""
REMINDED = {
    Kind.REMINDER_FIRED: NotificationKind.REMINDER_DUE,
    Kind.REMINDER_AHEAD: NotificationKind.REMINDER_AHEAD,
    Kind.REMINDER_ESCALATED: NotificationKind.REMINDER_ESCALATED,
}
"""What the clock does to reminders that people are told of: the person reminded, or at last somebody else."""

_WATCHED = (
    ("status", NotificationKind.STATUS_CHANGED),
    ("step_id", NotificationKind.STEP_CHANGED),
    ("amount", NotificationKind.AMOUNT_CHANGED),
    ("currency", NotificationKind.AMOUNT_CHANGED),
)
"""The columns of a lead that its owner, and whoever watches it, wants to hear of, the most important first."""

OF_REMINDERS = frozenset(REMINDED.values())
"""Never muted: who has set a reminder wants to be reminded, whatever else is too loud."""


@dataclass(frozen=True)
class Attention:
    """Who watches the lead of an event, who has muted it, and who wants to hear of what they did themselves."""

    watching: Collection[UUID] = ()
    muted: Collection[UUID] = ()
    of_own: Collection[UUID] = ()


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
    at: datetime
    is_heard: bool = False
    """Whether the account has endpoints that may be told of it."""
    is_watched: bool = False
    """Whether anybody in the account watches or has muted anything."""
    undone_data: dict[str, Any] | None = None

    @property
    def is_undone(self) -> bool:
        return self.undone_data is not None

    @property
    def is_silent(self) -> bool:
        """Whether it was undone before anybody was told, or is what undid such a thing."""
        return any(data is not None and data.get("isTold") is False for data in (self.data, self.undone_data))


def audience(
    event: Happened, *, reminded: list[UUID], attention: Attention = Attention()
) -> dict[UUID, NotificationKind]:
    """Each person with the most important reason; of what they did themselves only those who asked for it are told.

    `reminded` are whom to tell of a reminder (REMINDED), or of an endpoint that was switched off. A part of a bulk
    event tells nobody: the bulk event does. Of what is undone in silence nobody hears. Who has muted the lead hears of
    their reminders alone.
    """
    told: dict[UUID, NotificationKind] = {}
    if event.caused_by is not None or event.is_silent:
        return told
    for user_id, kind in _concerned(event, reminded, attention.watching):
        is_own = user_id == event.actor_id and user_id not in attention.of_own
        if not is_own and (kind in OF_REMINDERS or user_id not in attention.muted):
            told.setdefault(user_id, kind)
    return told


def named(event: Happened) -> set[UUID]:
    """Everybody that an event names: whoever is told of it is among them, reminded, watching, or an administrator."""
    changes = of_lead(event.changes, subject_id=event.subject_id, lead_id=event.lead_id)
    told_of = (event.data.get("user_id"), event.data.get("userId"), *event.data.get("owners", ()))
    written = {UUID(id) for id in (*changes.get("owner_id", ()), *told_of) if id is not None}
    return written | {id for id in (event.actor_id, event.owner_id, event.subject_id) if id is not None}


def ended_reminders(event: Happened) -> set[UUID]:
    """The reminders that this event ends or moves: what is still pending of them is not to be told any more.

    None, where it was undone: they are as they were.
    """
    if event.is_undone:
        return set()
    touched: Changes = dict(event.changes.get("reminders", {}))
    if event.kind.startswith("reminder."):
        touched[str(event.subject_id)] = event.changes
    return {UUID(id) for id, changes in touched.items() if _is_ended(changes)}


def _concerned(
    event: Happened, reminded: list[UUID], watching: Collection[UUID]
) -> Iterator[tuple[UUID, NotificationKind]]:
    if event.kind in REMINDED:
        yield from ((user_id, REMINDED[Kind(event.kind)]) for user_id in reminded)
    elif event.kind == Kind.ENDPOINT_DISABLED and event.actor_id is None:
        yield from ((user_id, NotificationKind.ENDPOINT_DISABLED) for user_id in reminded)
    elif event.kind in _BULK:
        yield from ((UUID(owner), NotificationKind.STEP_CHANGED) for owner in event.data["owners"])
    elif event.kind == Kind.USER_EMAIL_BOUNCED:
        yield event.subject_id, NotificationKind.EMAIL_BOUNCED
    elif event.lead_id is not None:
        yield from _concerned_by_lead(event)
        for kind in _heard_of(event):
            yield from ((user_id, kind) for user_id in watching)


def _concerned_by_lead(event: Happened) -> Iterator[tuple[UUID, NotificationKind]]:
    changes = of_lead(event.changes, subject_id=event.subject_id, lead_id=event.lead_id)
    before, after = changes.get("owner_id", (None, None))
    if after is not None:
        yield UUID(after), NotificationKind.LEAD_ASSIGNED
    if before is not None:
        yield UUID(before), NotificationKind.LEAD_TAKEN_AWAY
    if event.owner_id is not None:
        for kind in _heard_of(event):
            if kind != NotificationKind.OWNER_CHANGED:
                yield event.owner_id, kind


def _heard_of(event: Happened) -> Iterator[NotificationKind]:
    """What there is to hear of, the most important first; of a new lead nothing but whose it is."""
    changes = of_lead(event.changes, subject_id=event.subject_id, lead_id=event.lead_id)
    if "owner_id" in changes:
        yield NotificationKind.OWNER_CHANGED
    if event.kind != Kind.LEAD_CREATED:
        yield from (kind for column, kind in _WATCHED if column in changes)


def _is_ended(changes: Changes) -> bool:
    was_due, is_due = changes.get("due_at", (None, None))
    _, state = changes.get("state", (None, None))
    return state in ENDED or (was_due is not None and is_due is not None)
