"""Telling: what happened in one sentence, and the names of what it names, in the words of the viewer's language."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from babel.dates import format_datetime
from tortoise.models import Model

from reads import Run
from sales import steps
from sales.journal import Event, Kind
from sales.moments import zone_named
from sales.sentences import say
from sales.steps import Step
from sales.users import User
from sales.viewers import Viewer
from schema import plans
from schema.names import REFERENCES, TOLD

Names: TypeAlias = dict[str, str | None]
"""What rows are called, by their ids."""


async def labels(run: Run, values: list[Any]) -> list[Any]:
    """What values of columns are called, for pairs of a column and its value as text."""
    names = await _names(values, run.who)
    return [_label(column, value, names, run.who) for column, value in values]


async def sentences(run: Run, told: list[Any]) -> list[Any]:
    """What happened at events, of which these are the columns."""
    events = [Event(**each) for each in told]
    named = [(column, event.changes_of_lead[column][1]) for event in events for column in REFERENCES
             if column in event.changes_of_lead]  # fmt: skip
    names = await _names([*named, *(("owner_id", event.actor_id) for event in events)], run.who)
    return [_sentence(event, names, run.who) for event in events]


async def _names(values: Iterable[Any], by: Viewer) -> Names:
    wanted: dict[type[Model], set[UUID]] = {model: set() for model in REFERENCES.values()}
    for column, value in values:
        if column in REFERENCES and value is not None:
            wanted[REFERENCES[column]].add(UUID(str(value)))
    names: Names = {}
    for model, keys in wanted.items():
        if model is Step:
            found: dict[UUID, str | None] = await steps.names(by.account.id, keys) if keys else {}
        else:
            rows: dict[UUID, Any] = await plans.loaded(model, keys, by) if keys else {}
            found = {key: row.name if model is User else row.label for key, row in rows.items()}
        names |= {str(key): name for key, name in found.items()}
    return names


def _label(column: str, value: str | None, names: Names, by: Viewer) -> str | None:
    if value is None:
        return None
    if column == "status":
        return say(by.locale, f"status-{value.lower()}")
    return names.get(value) if column in REFERENCES else value


def _sentence(event: Event, names: Names, by: Viewer) -> str:
    """`event-lead-moved` and so on, with what it needs to know."""
    changes = {column: event.changes_of_lead[column] for column in TOLD if column in event.changes_of_lead}
    actor = names.get(str(event.actor_id))
    values = {"actor": actor or say(by.locale, "event-clock"), "when": _when(event, by),
              "because": event.data.get("because", "")}  # fmt: skip
    for name, column in (("step", "step_id"), ("owner", "owner_id"), ("reason", "reason_id")):
        values[name] = (_label(column, changes[column][1], names, by) if column in changes else None) or "?"
    values["fields"] = ", ".join(_field(column, by) for column in changes if column != "currency")
    name = f"event-{event.kind}".replace(".", "-").replace("_", "-")
    if event.kind == Kind.LEAD_MOVED and "step_id" not in changes:
        name = "event-lead-reordered"
    if event.kind == Kind.LEAD_UNDONE and not values["fields"]:
        name = f"{name}-{'place' if 'rank' in event.changes else 'reminder'}"
    if event.kind == Kind.LEAD_ASSIGNED and changes["owner_id"][1] is None:
        name = "event-lead-left-to-nobody"
    return say(by.locale, name, **values)


def _field(column: str, by: Viewer) -> str:
    return say(by.locale, "field-" + column.removesuffix("_id").replace("_", "-"))


def _when(event: Event, by: Viewer) -> str:
    """The moment that an event is about, on the viewer's clocks: of its reminder, or of the closing."""
    changes = event.all_changes
    own = changes if event.subject_id != event.lead_id else {}
    rows = [own, *changes.get("reminders", {}).values(), changes]
    texts = [row[column][1] for row in rows for column in ("due_at", "closed_at") if column in row]
    if not texts or texts[0] is None:
        return ""
    zone = zone_named(by.user.time_zone, path="timeZone")
    return str(format_datetime(datetime.fromisoformat(texts[0]), "medium", tzinfo=zone, locale=by.locale))
