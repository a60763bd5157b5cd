"""A moment as a person chooses it (an instant, a local time, a day, a delay), and the instant at which it comes due."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import TypeAlias
from zoneinfo import ZoneInfo

from sales.errors import InvalidValue

FURTHEST = timedelta(days=3_653)  # ten years, with the most leap days that ten years can have


@dataclass(frozen=True, slots=True)
class At:
    """An instant, aware, at any offset."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Local:
    """A time on the clocks of an IANA zone, which need not be the zone of the person who asks."""

    date: date
    time: time
    time_zone: str


@dataclass(frozen=True, slots=True)
class On:
    """A day in the zone of the person who asks."""

    date: date


@dataclass(frozen=True, slots=True)
class After:
    """A delay from now: elapsed time, so that a day is 24 hours on the days of a clock change too."""

    delay: timedelta


Moment: TypeAlias = At | Local | On | After


@dataclass(frozen=True, slots=True)
class Due:
    """When a moment comes (UTC), and what the person chose, as chosen.

    `local_date`, `local_time` and `time_zone` are null where no local date, or no time, was chosen. They stay as they
    were chosen when `moved` is true: what was chosen does not exist there, since a clock change skips it, and `due_at`
    is later by as much as was skipped.
    """

    due_at: datetime
    notify_at: datetime
    local_date: date | None = None
    local_time: time | None = None
    time_zone: str | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Morning:
    """When somebody's day starts: a time on the clocks of that person's own IANA zone."""

    at: time
    time_zone: str


def resolve(moment: Moment, *, now: datetime, zone: str, morning: Morning, path: str = "until") -> Due:
    """When `moment` comes: said by somebody in the IANA zone `zone`, for somebody whose day starts at `morning`.

    `now` is an aware UTC instant. A day is due at its first instant and told of when that person's day starts; the
    present day is due at once, so its `due_at` is past. A time that a clock change skips moves forward, one that
    occurs twice means the first (PEP 495 with fold=0).

    Raises InvalidValue under `path` (the input field that holds the moment): moment_past, moment_too_far,
    delay_not_positive, time_zone_unknown.
    """
    match moment:
        case At(at):
            _refuse_out_of_range(at - now, path=f"{path}.at")
            return _exactly(at.astimezone(UTC))
        case Local():
            return _on_the_clock(moment, now=now, path=f"{path}.local")
        case On(day):
            return _on_the_day(day, now=now, zone=zone, morning=morning, path=f"{path}.on")
        case After(delay):
            if delay <= timedelta(0):
                raise InvalidValue(f"{path}.after", "delay_not_positive")
            _refuse_out_of_range(delay, path=f"{path}.after")
            return _exactly(now + delay)


def start_of(day: date, morning: Morning) -> datetime:
    """The instant (UTC) at which somebody's day starts."""
    return _first(day, morning.at, zone_named(morning.time_zone, path="timeZone")).astimezone(UTC)


def zone_named(name: str, *, path: str) -> ZoneInfo:
    """The IANA zone of that name, as the tzdata package has it, whatever the machine's own files say.

    Raises InvalidValue (time_zone_unknown) for every other name. The name never becomes a path, so that
    `../etc/passwd` is merely unknown, and so are `localtime` and `posixrules`, which mean something else everywhere.
    """
    if name not in zone_names():
        raise InvalidValue(path, "time_zone_unknown")
    return _zone(name)


def end_of_day(now: datetime, *, zone: str) -> datetime:
    """The first instant (UTC) of the day after this one in the IANA zone `zone`; a day has 23 to 25 hours there."""
    place = zone_named(zone, path="timeZone")
    return _start(_clock(now, place).date() + timedelta(days=1), place)


@cache
def zone_names() -> frozenset[str]:
    """Every IANA zone and alias. `Factory`, the zone of a machine that nobody has set up, is none."""
    names = (resources.files("tzdata") / "zones").read_text("ascii").split()
    return frozenset(names) - {"Factory"}


@cache
def _zone(name: str) -> ZoneInfo:
    # A name here is one of zone_names(), so the cache is bounded and the path is inside the package.
    file = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with file.open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def _exactly(due_at: datetime) -> Due:
    return Due(due_at=due_at, notify_at=due_at)


def _on_the_clock(chosen: Local, *, now: datetime, path: str) -> Due:
    zone = zone_named(chosen.time_zone, path=f"{path}.timeZone")
    wall = _first(chosen.date, chosen.time, zone)
    _refuse_out_of_range(wall - now, path=path)
    due_at = wall.astimezone(UTC)
    return Due(
        due_at=due_at,
        notify_at=due_at,
        local_date=chosen.date,
        local_time=chosen.time,
        time_zone=chosen.time_zone,
        moved=_clock(due_at, zone) != _naive(wall),
    )


def _on_the_day(day: date, *, now: datetime, zone: str, morning: Morning, path: str) -> Due:
    place = zone_named(zone, path=path)
    today = _clock(now, place).date()
    if day < today:
        raise InvalidValue(path, "moment_past")
    refuse_too_far(_first(day, time.min, place) - now, path=path)
    due_at = _start(day, place)
    told_at = start_of(day, morning)
    return Due(
        due_at=due_at,
        notify_at=max(told_at, now),
        local_date=day,
        time_zone=zone,
        moved=_clock(due_at, place).date() != day,
    )


def _refuse_out_of_range(wait: timedelta, *, path: str) -> None:
    # Waits are compared, not instants: two aware datetimes can always be subtracted, even years 1 and 9999,
    # where converting either to UTC may overflow.
    if wait < timedelta(0):
        raise InvalidValue(path, "moment_past")
    refuse_too_far(wait, path=path)


def refuse_too_far(wait: timedelta, *, path: str) -> None:
    """Raises InvalidValue (moment_too_far) for a wait of more than ten years."""
    if wait > FURTHEST:
        raise InvalidValue(path, "moment_too_far", years=10)


def _first(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first time that the clocks of `zone` show this; one that they skip keeps the offset from before the gap."""
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone)


def _start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) of a local day: not 00:00 where the clocks skip midnight (Cairo, Santiago, Beirut).

    In a gap fold=1 lies before the clock change and fold=0 after it (PEP 495), and the day starts at the change
    between them: a gap from 23:30 to 00:30 starts the day at 00:30, where 00:00 moved forward would be 01:00.
    """
    midnight = _first(day, time.min, zone)
    before, after = midnight.replace(fold=1).astimezone(UTC), midnight.astimezone(UTC)
    seconds = range(int((after - before).total_seconds()))

    def has_begun(second: int) -> bool:
        return _clock(before + timedelta(seconds=second), zone) >= _naive(midnight)

    return before + timedelta(seconds=bisect_left(seconds, True, key=has_begun)) if seconds else after


def _clock(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of `zone` show, as a naive datetime that compares by its digits alone."""
    return _naive(at.astimezone(zone))


def _naive(wall: datetime) -> datetime:
    return wall.replace(tzinfo=None, fold=0)
