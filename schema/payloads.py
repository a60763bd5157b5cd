"""Payloads: what a webhook says of an event: what changed, who did it, and the lead as its subscriber asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from orjson import Fragment
from tortoise.models import Model

from sales import viewers
from sales.accounts import Account
from sales.endpoints import Endpoint
from sales.endpoints.signing import secrets_of, signature
from sales.journal import Changes, Event
from sales.leads import Lead
from sales.pipelines import Pipeline
from sales.reasons import Reason
from sales.reminders import Reminder
from sales.steps import Step
from sales.users import User
from schema import ids, selections
from schema.events import position
from schema.names import camel
from schema.scalars import written_date_time

SUBJECTS: Final[dict[str, type[Model]]] = {"lead": Lead, "reminder": Reminder, "step": Step, "pipeline": Pipeline}
"""What an event is about, by the first word of its kind."""
_BESIDE: Final[dict[str, type[Model]]] = {model._meta.db_table: model for model in SUBJECTS.values()}

NAMED: Final[dict[str, type[Model]]] = {
    "step_id": Step, "owner_id": User, "user_id": User, "created_by_id": User, "reason_id": Reason, "lead_id": Lead,
    "pipeline_id": Pipeline, "waking_reminder_id": Reminder,
}  # fmt: skip
"""Columns that name a row of another table."""
UNTOLD: Final = frozenset({"account_id", "rank", "set_aside_at"})
"""Columns that are our own affair."""

USER_AGENT: Final = "Relance-Webhooks/1.0"


@dataclass(frozen=True)
class Request:
    """What is sent: the headers in order, and the body to the byte."""

    headers: dict[str, str]
    body: bytes


async def request(endpoint: Endpoint, event: Event, *, delivery_id: UUID, attempt: int, now: datetime) -> Request:
    """One attempt at telling an endpoint of an event. Raises ValueError where it can't be written or signed."""
    body = await _body(endpoint, event)
    id, timestamp = f"dlv_{delivery_id}", int(now.timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secrets_of(endpoint, now=now), id=id, timestamp=timestamp, body=body),
        "webhook-attempt": str(attempt),
    }
    return Request(headers, body)


def told_changes(model: type[Model], changes: Changes) -> dict[str, dict[str, Any]]:
    """From and to of every field that changed, in the words of the API."""
    return {
        camel(column): {"from": _told(model, column, pair[0]), "to": _told(model, column, pair[1])}
        for column, pair in changes.items()
        if column not in UNTOLD and column not in _BESIDE and isinstance(pair, list)
    }


async def _body(endpoint: Endpoint, event: Event) -> bytes:
    account = await Account.get(id=event.account_id)
    model, changes = SUBJECTS[event.kind.partition(".")[0]], event.all_changes
    data = {
        "accountId": ids.shown(Account, event.account_id),
        "position": position(event.position),
        "causedBy": None if event.caused_by is None else position(event.caused_by),
        "happenedAt": written_date_time(event.happened_at),
        "actor": await _actor(event),
        "requestId": event.request_id,
        "subjectId": ids.shown(model, event.subject_id),
        "changes": told_changes(model, changes),
        "changesBeside": list(_beside(changes)),
        "leadId": None if event.lead_id is None else ids.shown(Lead, event.lead_id),
        "leadVersion": event.lead_version,
        "lead": await _lead(endpoint, event, account),
    }
    return orjson.dumps({"type": event.kind, "timestamp": written_date_time(event.at), "data": data})


async def _actor(event: Event) -> dict[str, Any]:
    """Who did it: a person, a script of theirs, or the clock."""
    person = await User.filter(account_id=event.account_id, id=event.actor_id).first() if event.actor_id else None
    return {
        "kind": event.actor,
        "id": ids.shown(User, person.id) if person else None,
        "name": person.name if person else None,
    }


async def _lead(endpoint: Endpoint, event: Event, account: Account) -> Fragment | None:
    if event.lead_id is None:
        return None
    selection = endpoint.selection or selections.DEFAULT
    found = await selections.read(selection, [event.lead_id], by=viewers.itself(account))
    return Fragment(found[event.lead_id]) if event.lead_id in found else None


def _beside(changes: Changes) -> Iterator[dict[str, Any]]:
    """What the event changed of other things, such as the lead that a reminder woke."""
    for table, model in _BESIDE.items():
        for id, changed in changes.get(table, {}).items():
            yield {"id": ids.shown(model, UUID(id)), "changes": told_changes(model, changed)}


def _told(model: type[Model], column: str, value: Any) -> Any:
    """A column's value as the API writes it; the journal keeps it as text where JSON has no word for it."""
    if value is None:
        return None
    if column == "id":
        return ids.shown(model, UUID(value))
    if column in NAMED:
        return ids.shown(NAMED[column], UUID(value))
    return written_date_time(datetime.fromisoformat(value)) if column.endswith("_at") else value
