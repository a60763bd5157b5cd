"""Identities as clients see them: `lead_<uuid>`, unique across types and stable for ever."""

from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

import strawberry
from tortoise.models import Model

from reads import Late, Row
from sales.accounts import Account
from sales.deliveries import Delivery, Replay
from sales.endpoints import Endpoint
from sales.errors import InvalidValue
from sales.feeds import CalendarFeed
from sales.journal import Event
from sales.keys import ApiKey
from sales.leads import Lead
from sales.notifications import Notification
from sales.pipelines import Pipeline
from sales.reasons import Reason
from sales.reminders import Reminder
from sales.sessions import Session
from sales.steps import Step
from sales.teams import Team
from sales.users import User
from sales.views import SavedView
from sales.watches import Watch
from schema.mistakes import bad_input

WORDS: dict[type[Model], str] = {
    Account: "account",
    User: "user",
    Team: "team",
    Session: "session",
    ApiKey: "key",
    Pipeline: "pipeline",
    Step: "step",
    Reason: "reason",
    Lead: "lead",
    Reminder: "reminder",
    Notification: "notification",
    Delivery: "delivery",
    Replay: "replay",
    SavedView: "view",
    Endpoint: "endpoint",
    Watch: "watch",
    CalendarFeed: "calendar",
    Event: "event",
}
_MODELS = {word: model for model, word in WORDS.items()}
_LARGEST_POSITION = 2**63 - 1


def shown(model: type[Model], key: UUID) -> strawberry.ID:
    return strawberry.ID(f"{WORDS[model]}_{key}")


def id_of(row: Model) -> strawberry.ID:
    """The id of a row; an event's holds its account, since its key is a position there."""
    if isinstance(row, Event):
        return strawberry.ID(f"{WORDS[Event]}_{row.account_id}_{row.position}")
    return shown(type(row), row.pk)


def in_sql(row: Row) -> str:
    """The same for a row that SQL reads."""
    assert row.model is not None, "only rows of tables have an id"
    word = WORDS[row.model]
    if row.model is Event:
        return f"'{word}_' || {row.account_id} || '_' || {row.position}"
    return f"'{word}_' || {row.id}"


def split(id: str) -> tuple[type[Model], Any] | None:
    """The table and the key that an id names, or None for what is no id; the key of an event is (account, position)."""
    word, _, rest = id.partition("_")
    model = _MODELS.get(word)
    if model is None:
        return None
    if model is Event:
        account, _, position = rest.partition("_")
        key = _uuid(account), _position(position)
        return (model, key) if None not in key else None
    uuid = _uuid(rest)
    return (model, uuid) if uuid else None


def read(id: str, model: type[Model], *, path: str = "id") -> UUID:
    """The key in an id of an input. Raises InvalidValue under `path` for what is no id of that type."""
    found = split(id)
    if found is None or found[0] is not model:
        raise InvalidValue(path, "id_malformed")
    key: UUID = found[1]
    return key


def maybe(id: str | None, model: type[Model], *, path: str) -> UUID | None:
    """The same where no id means none: left out or null."""
    return read(id, model, path=path) if id else None


def own(id: str | None, model: type[Model]) -> UUID | None:
    """The id that a client brings along on create, if it does."""
    return maybe(id, model, path="id")


def asked(id: str, model: type[Model]) -> UUID:
    """The key in an id of a query's argument. Raises BAD_USER_INPUT."""
    try:
        return read(id, model)
    except InvalidValue:
        raise bad_input(f"'{id[:60]}' is not the id of a {WORDS[model]}.") from None


def late(id: Late, model: type[Model]) -> Late:
    """The key in an id that comes with each request. Its run raises BAD_USER_INPUT."""
    return id.map(_asker(model))


@cache
def _asker(model: type[Model]) -> Callable[[str], UUID]:
    """The same function for each id of a table: an id that stands in an operation twice is one value."""
    return lambda text: asked(text, model)


def _uuid(text: str) -> UUID | None:
    # Only the canonical form, so that an object has one id and not several.
    try:
        uuid = UUID(text)
    except ValueError:
        return None
    return uuid if str(uuid) == text else None


def _position(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 19 and not text.startswith("0")
    return int(text) if is_number and int(text) <= _LARGEST_POSITION else None
