"""Events: what happened to a lead, by whom and when, read from the journal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from babel.dates import format_datetime
from strawberry import Parent

import reads
from reads.pages import cursor_in_sql
from sales import journal, leads, users
from sales.journal import Kind
from sales.moments import zone_named
from sales.sentences import say
from schema.context import Context, Info
from schema.names import REFERENCES, camel, shown_value
from schema.nodes import Node
from schema.orders import AS_IT_HAPPENED, cursor
from schema.scalars import Cursor

if TYPE_CHECKING:
    from schema.leads import Lead
    from schema.users import User

TOLD = (
    "title", "description", "amount", "currency", "probability", "expected_close_on", "is_starred", "status",
    "closed_at", "reason_id", "step_id", "owner_id",
)  # fmt: skip
"""The columns of a lead whose changes a person can make sense of."""


def position(of: int) -> Cursor:
    """A position in the journal as clients see it."""
    return Cursor(cursor(AS_IT_HAPPENED, [of]))


@dataclass(frozen=True)
class Changed:
    """One column that an event changed."""

    column: str
    before: Any
    after: Any


@strawberry.type(description="One field that an event changed; values as text.")
class Change:
    @strawberry.field(description="The field of the lead, such as `stepId`. Never null.")
    def field(self, change: Parent[Changed]) -> str:
        return camel(change.column)

    @strawberry.field(name="from", description="What it was; null: empty.")
    def before(self, change: Parent[Changed]) -> str | None:
        return shown_value(change.column, change.before)

    @strawberry.field(name="to", description="What it became; null: empty.")
    def after(self, change: Parent[Changed]) -> str | None:
        return shown_value(change.column, change.after)

    @strawberry.field(description="What it was, for people: a name instead of an id; null: empty.")
    async def from_label(self, change: Parent[Changed], info: Info) -> str | None:
        return await _label(info.context, change.column, change.before)

    @strawberry.field(description="What it became, for people: a name instead of an id; null: empty.")
    async def to_label(self, change: Parent[Changed], info: Info) -> str | None:
        return await _label(info.context, change.column, change.after)


@strawberry.type(description="Something that happened to a lead. It never changes.")
class Event(Node, over=journal.Event):
    @strawberry.field(description="What happened. Never null.", metadata=reads.computed(lambda event: event.kind))
    def kind(self, event: Parent[journal.Event]) -> Kind:
        return Kind(event.kind)

    at: datetime = strawberry.field(description="When it was written down. Never null.")
    happened_at: datetime = strawberry.field(description="When it took place in business. Never null.")
    request_id: str | None = strawberry.field(description="The request that did it; null: the clock did.")

    @strawberry.field(
        description="Its place in the account's journal. Never null.",
        metadata=reads.computed(lambda event: cursor_in_sql(AS_IT_HAPPENED, event)),
    )
    def position(self, event: Parent[journal.Event]) -> Cursor:
        return position(event.position)

    @strawberry.field(
        graphql_type=Annotated["User", strawberry.lazy("schema.users")] | None,
        description="Who did it; null: the clock did.",
        metadata=reads.to_one(users.User, "actor_id"),
    )
    async def actor(self, event: Parent[journal.Event], info: Info) -> users.User | None:
        return await info.context.loaders.one(users.User).load(event.actor_id) if event.actor_id else None

    @strawberry.field(
        description="Whether a script did it, for its actor, with an API key. Never null.",
        metadata=reads.computed(lambda event: f"({event.key_id} is not null)"),
    )
    def is_by_key(self, event: Parent[journal.Event]) -> bool:
        return event.key_id is not None

    @strawberry.field(graphql_type=list[Change], description="What it changed of the lead; may be empty, never null.")
    def changes(self, event: Parent[journal.Event]) -> list[Changed]:
        return list(_changes(event))

    @strawberry.field(description="What happened in one sentence, in your language. Never null.")
    async def text(self, event: Parent[journal.Event], info: Info) -> str:
        return await _sentence(info.context, event)

    @strawberry.field(
        graphql_type=Annotated["Lead", strawberry.lazy("schema.leads")] | None,
        description="The lead; null when you may not see it any more.",
        metadata=reads.to_one(leads.Lead, "lead_id"),
    )
    async def lead(self, event: Parent[journal.Event], info: Info) -> leads.Lead | None:
        return await info.context.loaders.one(leads.Lead).load(event.lead_id) if event.lead_id else None

    @strawberry.field(description="The place of the bulk event that this is a part of; null: it stands alone.")
    def caused_by(self, event: Parent[journal.Event]) -> Cursor | None:
        return None if event.caused_by is None else position(event.caused_by)


def _changes(event: journal.Event) -> Iterator[Changed]:
    changes = event.changes_of_lead
    return (Changed(column, *changes[column]) for column in TOLD if column in changes)


async def _label(context: Context, column: str, value: Any) -> str | None:
    if value is None:
        return None
    if column == "status":
        return say(context.locale, f"status-{value.lower()}")
    if column == "step_id":
        return await context.loaders.step_names.load(UUID(value))
    if column in REFERENCES:
        row: Any = await context.loaders.one(REFERENCES[column]).load(UUID(value))
        return getattr(row, "name", None) or getattr(row, "label", None)
    return shown_value(column, value)


async def _sentence(context: Context, event: journal.Event) -> str:
    """`event-lead-moved` and so on, with what it needs to know."""
    changes = {change.column: change for change in _changes(event)}
    actor: Any = await context.loaders.one(users.User).load(event.actor_id) if event.actor_id else None
    values = {"actor": actor.name if actor else say(context.locale, "event-clock"), "when": _when(context, event)}
    for name, column in (("step", "step_id"), ("owner", "owner_id"), ("reason", "reason_id")):
        values[name] = (await _label(context, column, changes[column].after) if column in changes else None) or "?"
    values["fields"] = ", ".join(_field(context, column) for column in changes if column != "currency")
    name = f"event-{event.kind}".replace(".", "-").replace("_", "-")
    if event.kind == Kind.LEAD_MOVED and "step_id" not in changes:
        name = "event-lead-reordered"
    if event.kind == Kind.LEAD_ASSIGNED and changes["owner_id"].after is None:
        name = "event-lead-left-to-nobody"
    return say(context.locale, name, **values)


def _field(context: Context, column: str) -> str:
    return say(context.locale, "field-" + column.removesuffix("_id").replace("_", "-"))


def _when(context: Context, event: journal.Event) -> str:
    """The moment that an event is about, on the viewer's clocks: of its reminder, or of the closing."""
    changes = event.all_changes
    own = changes if event.subject_id != event.lead_id else {}
    rows = [own, *changes.get("reminders", {}).values(), changes]
    texts = [row[column][1] for row in rows for column in ("due_at", "closed_at") if column in row]
    if not texts or texts[0] is None:
        return ""
    zone = zone_named(context.by.user.time_zone, path="timeZone")
    return str(format_datetime(datetime.fromisoformat(texts[0]), "medium", tzinfo=zone, locale=context.locale))
