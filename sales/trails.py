"""Trails: every stage of what is told, and why something was not delivered, in words for who asks.

What the stages are is read in one statement (`schema/trails.py`); here are their names, and two tables as a trail needs
them: more rows than their lists show, fewer columns.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from babel.dates import format_date, format_time, format_timedelta
from tortoise import fields
from tortoise.models import Model

from sales.moments import zone_named
from sales.sentences import say
from sales.users import User

_EXACT_BELOW: Final = 10  # seconds


class TrailKind(StrEnum):
    """What can happen to a reminder, a notification or a delivery, about in this order."""

    HAPPENED = "HAPPENED"
    SET = "SET"
    MOVED = "MOVED"
    SNOOZED = "SNOOZED"
    DUE = "DUE"
    FIRED = "FIRED"
    TOLD = "TOLD"
    HELD = "HELD"
    JOINED = "JOINED"
    SHOWN = "SHOWN"
    QUEUED = "QUEUED"
    SENDING = "SENDING"
    REFUSED = "REFUSED"
    REJECTED = "REJECTED"
    GONE = "GONE"
    AMBIGUOUS = "AMBIGUOUS"
    INTERRUPTED = "INTERRUPTED"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"
    REPLAYED = "REPLAYED"
    READ = "READ"
    DONE = "DONE"
    CALLED_OFF = "CALLED_OFF"


class WhyNot(StrEnum):
    """Why something has not been delivered; of several reasons the first in this order is told."""

    CALLED_OFF = "CALLED_OFF"
    NOT_DUE = "NOT_DUE"
    SET_ASIDE = "SET_ASIDE"
    DEAD = "DEAD"
    AMBIGUOUS = "AMBIGUOUS"
    ENDPOINT_DISABLED = "ENDPOINT_DISABLED"
    ENDPOINT_PAUSED = "ENDPOINT_PAUSED"
    RETRYING = "RETRYING"
    HELD = "HELD"
    RATE_LIMITED = "RATE_LIMITED"
    PENDING = "PENDING"
    SENDING = "SENDING"
    NOT_WANTED = "NOT_WANTED"
    DELIVERED = "DELIVERED"
    CHANNEL_OFF = "CHANNEL_OFF"
    NO_CHANNEL = "NO_CHANNEL"


class AnyNotification(Model):
    """A notification as a trail tells of it: also while it is held back and when it was called off."""

    id = fields.UUIDField(primary_key=True)

    class Meta:
        table = "notifications"


class Line(Model):
    """An endpoint as a trail tells of it: whether it rests or is switched off, and nothing of where it leads."""

    id = fields.UUIDField(primary_key=True)

    class Meta:
        table = "endpoints"


def sentence(prefix: str, kind: str, told: Mapping[str, Any], *, reader: User) -> str:
    """The sentence of a stage (`trail`) or of a reason (`why`) with what is known of it, on the reader's clocks."""
    values = {name: _in_words(name, value, reader) for name, value in told.items()}
    missing = {"actor": say(reader.locale, "trail-somebody"), "channel": "?", "error": "?", "because": "?"}
    known = {name: value for name, value in values.items() if value is not None}
    name = f"{prefix}-{kind.lower().replace('_', '-')}"
    return say(reader.locale, name, **{"until": "?", "late": "?", "reader": "?", "number": 0} | missing | known)


def _in_words(name: str, value: Any, reader: User) -> Any:
    match name:
        case "until" if value is not None:
            zone = zone_named(reader.time_zone, path="timeZone")
            at = datetime.fromisoformat(value).astimezone(zone)
            day = format_date(at.date(), "medium", locale=reader.locale)
            return f"{day}, {format_time(at, 'short', tzinfo=zone, locale=reader.locale)} {reader.time_zone}"
        case "late" if value is not None:
            return _span(float(value), reader.locale)
        case "channel" if value is not None:
            return say(reader.locale, f"trail-channel-{value.lower()}")
        case "status" | "error" if value is not None:
            return str(value)
    return value


def _span(seconds: float, locale: str) -> str:
    """A time that has passed: to the millisecond at first, then roughly."""
    if seconds < _EXACT_BELOW:
        return f"{max(0, seconds) * 1000:.0f} ms"
    return str(format_timedelta(timedelta(seconds=seconds), threshold=2, locale=locale))
