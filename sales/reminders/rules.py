"""Rules by which a reminder comes again: recurrence rules of RFC 5545, of whole days, on the clocks of a zone.

A rule names days; the time of day and the zone are those that the person chose, so that 09:00 stays 09:00 over a clock
change. What repeats within a day (HOURLY and finer, BYHOUR) is refused: nobody comes back to a lead so often.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from dateutil.rrule import rrule, rrulestr

from sales.errors import InvalidValue
from sales.moments import FURTHEST, Due, Local, Moment, Morning, On, resolve, zone_named

LONGEST_RULE = 200
MOST_TIMES = 1_000
"""How much INTERVAL and COUNT may say."""

_SPARE_YEARS = 4
"""Looked at besides those from start to end: dateutil asks once more before the first, and may begin a year early."""
_DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
_WITHIN_A_DAY = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_TIMES_OF_DAY = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
_LARGEST = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYWEEKNO": 53, "BYYEARDAY": 366, "BYSETPOS": 366}
_MOST_WEEKS = {"DAILY": 0, "WEEKLY": 0, "MONTHLY": 5, "YEARLY": 53}
"""Which Monday of the month or year there can be at most; in a week or day there is none to count."""
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_LARGEST})
_TEXT = re.compile(r"[A-Z]+=[A-Z0-9,+-]+(;[A-Z]+=[A-Z0-9,+-]+)*", re.ASCII)
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)


@dataclass(frozen=True)
class Rule:
    """A recurrence rule (`FREQ=WEEKLY;BYDAY=MO`) from a day on, at a local time (None: of whole days) in a zone."""

    text: str
    starts_on: date
    at: time | None
    time_zone: str

    def next_day(self, *, after: date | None, now: datetime) -> date | None:
        """The first day of the rule later than `after` whose moment is still to come at `now`, as is the present day
        without a time. None: there is none within ten years. What was missed meanwhile is not made up for.
        """
        return next(self.days(after=after, now=now), None)

    def days(self, *, after: date | None, now: datetime) -> Iterator[date]:
        """That day and all that follow it, within ten years."""
        here = now.astimezone(zone_named(self.time_zone, path="recurrence")).replace(tzinfo=None)
        later = (each for each in self._days(here) if after is None or each > after)
        return (each for each in later if self._is_to_come(each, here=here, now=now))

    def due(self, day: date, *, now: datetime, morning: Morning) -> Due:
        """When a day of the rule comes due, for somebody whose day starts at `morning`."""
        return resolve(self.moment(day), now=now, zone=self.time_zone, morning=morning, path="recurrence")

    def moment(self, day: date) -> Moment:
        return On(day) if self.at is None else Local(day, self.at, self.time_zone)

    def _is_to_come(self, day: date, *, here: datetime, now: datetime) -> bool:
        if self.at is None:
            return day >= here.date()
        zone = zone_named(self.time_zone, path="recurrence")
        return datetime.combine(day, self.at, tzinfo=zone).astimezone(UTC) >= now

    def _days(self, here: datetime) -> Iterator[date]:
        """The days that the rule names, from some time before `here` on, for ten years."""
        parts = _parts(self.text)
        count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
        start, last = datetime.combine(self.starts_on, self.at or time.min), here + FURTHEST
        if count is None:
            start = _nearer(start, here - timedelta(days=2), parts)
        if until is not None:
            last = min(last, self._end(until))
        rule = rrulestr(_text(parts), dtstart=start).replace(until=last)
        return (each.date() for each in islice(_bounded(rule, start, last), None if count is None else int(count)))

    def _end(self, until: str) -> datetime:
        """UNTIL on the wall: a day means all of it; with a Z it is an instant (RFC 5545, section 3.3.10)."""
        match = _UNTIL.fullmatch(until)
        assert match is not None, "checked when it was set"
        day, at, is_utc = match.groups()
        if at is None:
            return datetime.combine(datetime.strptime(day, "%Y%m%d").date(), time.max)
        end = datetime.strptime(day + at, "%Y%m%d%H%M%S")
        if not is_utc or end.year == MAXYEAR:  # an instant at the end of the calendar has no other zone's wall
            return end
        zone = zone_named(self.time_zone, path="recurrence")
        return end.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def checked(text: str, *, path: str = "recurrence") -> str:
    """The rule in its usual form. Raises InvalidValue: recurrence_malformed, recurrence_too_often."""
    text = text.strip().upper().removeprefix("RRULE:")
    if len(text) > LONGEST_RULE or not _TEXT.fullmatch(text):
        raise InvalidValue(path, "recurrence_malformed")
    parts = _parts(text)
    if parts.get("FREQ") in _WITHIN_A_DAY or _TIMES_OF_DAY & {*parts}:
        raise InvalidValue(path, "recurrence_too_often")
    try:
        _require_sensible(text, parts)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise InvalidValue(path, "recurrence_malformed") from None
    return text


def _require_sensible(text: str, parts: dict[str, str]) -> None:
    """Raises ValueError, or what dateutil raises, for what RFC 5545 does not know or we don't bear."""
    if len(parts) != text.count("=") or not {*parts} <= _PARTS or parts["FREQ"] not in _DAYS:
        raise ValueError("parts")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("one of the two")
    if any(not 1 <= int(parts.get(name, "1")) <= MOST_TIMES for name in ("INTERVAL", "COUNT")):
        raise ValueError("times")
    for name in _LARGEST.keys() & parts.keys():
        numbers = [int(value) for value in parts[name].split(",")]
        if any(not 1 <= abs(n) <= _LARGEST[name] or (n < 0 and name == "BYMONTH") for n in numbers):
            raise ValueError(name)
    numbers = [abs(int(n)) for n in re.findall(r"[+-]?\d+", parts.get("BYDAY", ""))]
    most = _MOST_WEEKS[parts["FREQ"]]
    if numbers and max(numbers) > (min(most, _MOST_WEEKS["MONTHLY"]) if "BYMONTH" in parts else most):
        raise ValueError("BYDAY")
    if "UNTIL" in parts:
        match = _UNTIL.fullmatch(parts["UNTIL"])
        if match is None:
            raise ValueError("UNTIL")
        datetime.strptime(match[1] + (match[2] or "000000"), "%Y%m%d%H%M%S")
    rrulestr(_text({name: value for name, value in parts.items() if name != "UNTIL"}), dtstart=datetime(2000, 1, 1))


class _Over(Exception):
    """The rule has come past its end without naming a day."""


class _Bounded(rrule):
    """A rule that names no day any more ends with its years, where dateutil goes on to the year 9999.

    dateutil looks at `_byweekno` once in each year that it goes through, and where it names weeks up to five times.
    """

    looks: int

    @property
    def _byweekno(self) -> Any:
        self.looks -= 1
        if self.looks < 0:
            raise _Over
        return self.__dict__["_byweekno"]


def _bounded(rule: rrule, start: datetime, last: datetime) -> Iterator[datetime]:
    looks = 5 if rule._byweekno else 1
    rule.__class__ = _Bounded
    rule.looks = (max(0, last.year - start.year) + _SPARE_YEARS) * looks
    try:
        yield from rule
    except _Over:
        return


def _nearer(start: datetime, first: datetime, parts: dict[str, str]) -> datetime:
    """Where a rule without COUNT may start as well, shortly before `first`, to name the same days from then on."""
    if parts["FREQ"] not in ("DAILY", "WEEKLY") or start >= first:
        return start
    length = _DAYS[parts["FREQ"]] * int(parts.get("INTERVAL", "1"))
    # One turn more, since a week may begin after the day on which its rule starts.
    return start + timedelta(days=max(0, (first - start).days // length - 1) * length)


def _parts(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(";"))


def _text(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())
