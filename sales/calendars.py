"""When a person may be reached: quiet hours, working days and holidays, on the clocks of their zone. No database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import holidays

from sales.moments import Morning, start_of, zone_named

EVERY_DAY: Final = frozenset(range(1, 8))
"""The days of a week as ISO 8601 counts them, from Monday."""

_A_DAY: Final = timedelta(days=1)
LONGEST_CLOSED: Final = timedelta(days=60)
"""Nobody's holidays are longer: who would not be reached by then has no opening at all."""

_ANY_WEEK: Final = date(2024, 3, 4)


@dataclass(frozen=True)
class Quiet:
    """A stretch in which somebody is left alone. It begins on these days; not before its end, it ends the next day."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True)
class Calendar:
    """When somebody may be reached. A day that is not worked lasts until the next one starts, at their `morning`."""

    morning: Morning
    quiet: tuple[Quiet, ...] = ()
    working_days: frozenset[int] = EVERY_DAY
    country: str | None = None
    subdivision: str | None = None

    @property
    def is_always_open(self) -> bool:
        return not self.quiet and self.working_days == EVERY_DAY and self.country is None

    def is_worked(self, day: date) -> bool:
        if day.isoweekday() not in self.working_days:
            return False
        return self.country is None or day not in _holidays(self.country, self.subdivision)


def opens_at(moment: datetime, calendar: Calendar) -> datetime:
    """The first instant from `moment` (UTC) on at which the person may be reached; `moment` itself where that is so.

    Who could never be reached is reached at once: what is held must not be lost.
    """
    opening = _opening(moment, calendar)
    return moment if opening is None else opening


def is_day_off(moment: datetime, calendar: Calendar) -> bool:
    """Whether the day that it is then, on the person's clocks, is not worked."""
    return not calendar.is_worked(moment.astimezone(zone_named(calendar.morning.time_zone, path="timeZone")).date())


def has_openings(calendar: Calendar) -> bool:
    """Whether the person can be reached in every week without holidays."""
    plain = Calendar(calendar.morning, calendar.quiet, calendar.working_days)
    monday = start_of(_ANY_WEEK, calendar.morning)
    opening = _opening(monday, plain)
    return opening is not None and opening - monday <= 7 * _A_DAY


def knows_holidays(country: str, subdivision: str | None) -> bool:
    """Whether there is a calendar of holidays for this country (ISO 3166-1) and part of it (ISO 3166-2)."""
    if country not in holidays.list_supported_countries():  # other names mean something else there
        return False
    try:
        _holidays(country, subdivision)
    except NotImplementedError:
        return False
    return True


def _opening(moment: datetime, calendar: Calendar) -> datetime | None:
    furthest = moment + LONGEST_CLOSED
    while not calendar.is_always_open and moment <= furthest:
        end = max((end for start, end in _closed_around(moment, calendar) if start <= moment < end), default=None)
        if end is None:
            return moment
        moment = end
    return moment if calendar.is_always_open else None


def _closed_around(moment: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """The stretches that may lie around a moment, as instants: so a clock change makes one longer or shorter."""
    zone = calendar.morning.time_zone
    today = moment.astimezone(zone_named(zone, path="timeZone")).date()
    # A stretch lasts two days at most, and clocks can skip a whole day (Samoa, 2011).
    for day in (today + n * _A_DAY for n in range(-3, 2)):
        if not calendar.is_worked(day):
            yield start_of(day, Morning(time.min, zone)), start_of(day + _A_DAY, calendar.morning)
        for quiet in calendar.quiet:
            if day.isoweekday() in quiet.days:
                last = day if quiet.end > quiet.start else day + _A_DAY
                yield start_of(day, Morning(quiet.start, zone)), start_of(last, Morning(quiet.end, zone))


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str | None) -> holidays.HolidayBase:
    return holidays.country_holidays(country, subdiv=subdivision)
