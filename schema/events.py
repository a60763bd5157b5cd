"""Events: what happened to a lead, by whom and when, read from the journal."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import reads
from reads import Key, Row, cursors
from reads.written import literal
from sales import journal, leads, users
from sales.journal import Kind
from schema import ids
from schema.names import REFERENCES, TOLD, camel
from schema.nodes import Node
from schema.scalars import Cursor
from schema.telling import labels, sentences

if TYPE_CHECKING:
    from schema.leads import Lead
    from schema.users import User

AS_IT_HAPPENED: reads.Order = (Key("position", int),)
"""The order of a history; a position in the journal is a cursor of it."""


def position(of: int) -> Cursor:
    """A position in the journal as clients see it."""
    return Cursor(cursors.written(AS_IT_HAPPENED, [of]))


def read_position(of: Cursor) -> int:
    """The position that a client sends back. Raises BAD_USER_INPUT for what is none."""
    [number] = cursors.read(of, AS_IT_HAPPENED)
    return int(number)


def _position(sql: str) -> str:
    return cursors.in_sql(AS_IT_HAPPENED, [sql])


def _changes(event: Row) -> str:
    """A row for each column of the lead that the event changed: its value before and after, as text."""
    parts = (
        f"case when {event.subject_id} = {event.lead_id} then {column} "
        f"else coalesce({column} #> array['leads', {event.lead_id}::text], '{{}}') end"
        for column in (event.changes, event.private)
    )
    told = ", ".join(f"({n}, {literal(column)}, {literal(camel(column))})" for n, column in enumerate(TOLD))
    return (
        f"(select t.*, c.pair ->> 0 as before, c.pair ->> 1 as after from (values {told}) t (place, name, field) "
        f"cross join lateral (select ({' || '.join(parts)}) -> t.name as pair) c where c.pair is not null)"
    )


def _shown(value: str) -> Callable[[Row], str]:
    """A value as text; a reference as the id that clients know."""
    words = " ".join(f"when {literal(column)} then '{ids.WORDS[model]}_'" for column, model in REFERENCES.items())
    return lambda change: f"(case {change.name} {words} else '' end || {getattr(change, value)})"


def _labelled(value: str) -> reads.Metadata:
    return reads.finished(
        lambda change: (
            f"case when {getattr(change, value)} is not null "
            f"then json_build_array({change.name}, {getattr(change, value)})::text end"
        ),
        labels,
    )


@strawberry.type(description="One field that an event changed; values as text.")
class Change:
    field: str = strawberry.field(description="The field of the lead, such as `stepId`. Never null.")
    before: str | None = strawberry.field(
        name="from", description="What it was; null: empty.", metadata=reads.computed(_shown("before"))
    )
    after: str | None = strawberry.field(
        name="to", description="What it became; null: empty.", metadata=reads.computed(_shown("after"))
    )
    from_label: str | None = strawberry.field(
        description="What it was, for people: a name instead of an id; null: empty.", metadata=_labelled("before")
    )
    to_label: str | None = strawberry.field(
        description="What it became, for people: a name instead of an id; null: empty.", metadata=_labelled("after")
    )


def _undoes(event: Row) -> str:
    return f"({event.data} ->> 'undoes')"


def _told(event: Row) -> str:
    columns = ("kind", "actor_id", "subject_id", "lead_id", "changes", "private", "data")
    return f"json_build_object({', '.join(f'{literal(name)}, {getattr(event, name)}' for name in columns)})::text"


@strawberry.type(description="Something that happened to a lead. It never changes.")
class Event(Node, over=journal.Event):
    kind: Kind = strawberry.field(
        description="What happened. Never null.", metadata=reads.computed(lambda event: event.kind)
    )
    at: datetime = strawberry.field(description="When it was written down. Never null.")
    happened_at: datetime = strawberry.field(description="When it took place in business. Never null.")
    request_id: str | None = strawberry.field(description="The request that did it; null: the clock did.")
    position: Cursor = strawberry.field(
        description="Its place in the account's journal. Never null.",
        metadata=reads.computed(lambda event: _position(event.position)),
    )
    actor: Annotated["User", strawberry.lazy("schema.users")] | None = strawberry.field(
        description="Who did it; null: the clock did.", metadata=reads.to_one(users.User, "actor_id")
    )
    is_by_key: bool = strawberry.field(
        description="Whether a script did it, for its actor, with an API key. Never null.",
        metadata=reads.computed(lambda event: f"({event.key_id} is not null)"),
    )

    changes: list[Change] = strawberry.field(
        description="What it changed of the lead; may be empty, never null.",
        metadata=reads.derived(_changes, order=lambda change: change.place),
    )
    text: str = strawberry.field(
        description="What happened in one sentence, in your language. Never null.",
        metadata=reads.finished(_told, sentences),
    )
    lead: Annotated["Lead", strawberry.lazy("schema.leads")] | None = strawberry.field(
        description="The lead; null when you may not see it any more.", metadata=reads.to_one(leads.Lead, "lead_id")
    )

    caused_by: Cursor | None = strawberry.field(
        description="The place of the bulk event that this is a part of; null: it stands alone.",
        metadata=reads.computed(
            lambda event: f"case when {event.caused_by} is not null then {_position(event.caused_by)} end"
        ),
    )
    undoes: Cursor | None = strawberry.field(
        description="The place of the change that this has undone; null: it has undone none by itself.",
        metadata=reads.computed(
            lambda event: f"case when {event.data} ? 'undoes' then {_position(_undoes(event))} end"
        ),
    )
