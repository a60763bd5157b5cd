"""Moments resolved in November 2026, in Paris unless something else is said."""

from datetime import UTC, datetime, time

import pytest

from sales.errors import InvalidValue
from sales.moments import Due, Moment, Morning, resolve

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
EIGHT = time(8, 0)


def due(moment: Moment, *, now: datetime = NOW, zone: str = "Europe/Paris", day_starts_at: time = EIGHT) -> Due:
    return resolve(moment, now=now, zone=zone, morning=Morning(day_starts_at, zone))


def refusal(moment: Moment, *, now: datetime = NOW, zone: str = "Europe/Paris") -> tuple[str | None, str]:
    with pytest.raises(InvalidValue) as caught:
        due(moment, now=now, zone=zone)
    return caught.value.path, caught.value.reason


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
