"""Moments in every zone: its name, its clock changes, and times at random."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.errors import InvalidValue
from sales.moments import FURTHEST, After, At, Due, Local, Moment, Morning, On, resolve, zone_named, zone_names
from tests.sales.resolving import EIGHT, due, refusal, utc

# Zones

NO_ZONES = [
    "../etc/passwd",
    "/etc/passwd",
    "",
    " ",
    ".",
    "Europe",
    "Europe/",
    "Europe/Paris/",
    "europe/paris",
    " Europe/Paris",
    "Europe/Paris\0",
    "Europe/../Europe/Paris",
    "Mars/Olympus",
    "posixrules",
    "localtime",
    "posix/Europe/Paris",
    "right/Europe/Paris",
    "Factory",
    "tzdata.zi",
    "zone.tab",
    "__init__.py",
    "UTC+2",
    "+02:00",
    "\ud800",
    "Zürich",
    "A" * 1_000_000,
]


@pytest.mark.parametrize("name", NO_ZONES, ids=lambda name: ascii(name)[:30])
def test_a_name_that_is_no_zone_is_refused(name: str) -> None:
    tomorrow = date(2026, 11, 24)

    assert refusal(Local(tomorrow, EIGHT, name)) == ("until.local.timeZone", "time_zone_unknown")
    assert refusal(On(tomorrow), zone=name) == ("until.on", "time_zone_unknown")


def test_every_zone_and_alias_of_the_package_can_be_loaded() -> None:
    assert len(zone_names()) > 590
    assert {"UTC", "Europe/Paris", "Etc/GMT+12", "America/Argentina/Buenos_Aires", "US/Pacific"} <= zone_names()
    assert all(zone_named(name, path="timeZone").key == name for name in zone_names())


# Every clock change of every zone

CHANGES_FROM, CHANGES_DAYS = utc(2026, 1, 1), 3 * 365


def offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def clock_changes(zone: ZoneInfo) -> list[datetime]:
    """The instants (UTC, to the minute) in three years at which the offset of `zone` changes."""
    changes = []
    for day in range(CHANGES_DAYS):
        start, end = CHANGES_FROM + timedelta(days=day), CHANGES_FROM + timedelta(days=day + 1)
        before = offset(start, zone)
        if offset(end, zone) != before:
            minute = bisect_right(
                range(1440), False, key=lambda m: offset(start + timedelta(minutes=m), zone) != before
            )
            changes.append(start + timedelta(minutes=minute))
    return changes


def wall_due(wall: datetime, zone: str) -> Due:
    return due(Local(wall.date(), wall.time(), zone), now=CHANGES_FROM - timedelta(days=2))


def test_at_every_clock_change_of_every_zone_gaps_move_forward_and_doubled_times_are_the_first() -> None:
    gaps = folds = 0
    for name in sorted(zone_names()):
        zone = zone_named(name, path="timeZone")
        for change in clock_changes(zone):
            old, new = offset(change - timedelta(minutes=1), zone), offset(change, zone)
            edge = (change + min(old, new)).replace(tzinfo=None)  # the first minute that is skipped or doubled
            minutes = int(abs(new - old).total_seconds() / 60)
            for minute in {0, 1, minutes // 2, minutes - 1}:
                wall = edge + timedelta(minutes=minute)
                resolved = wall_due(wall, name)
                assert resolved.due_at == (wall - old).replace(tzinfo=UTC), (name, wall)
                assert resolved.moved == (new > old), (name, wall)
                if new > old:
                    shown = resolved.due_at.astimezone(zone).replace(tzinfo=None)
                    assert shown == wall + (new - old), (name, wall)
                    assert resolved.due_at >= change
                else:
                    assert resolved.due_at < change
            just_before, just_after = edge - timedelta(minutes=1), edge + timedelta(minutes=minutes)
            assert wall_due(just_before, name).due_at == (just_before - old).replace(tzinfo=UTC)
            assert wall_due(just_after, name).due_at == (just_after - new).replace(tzinfo=UTC)
            gaps, folds = gaps + (new > old), folds + (new < old)

    assert min(gaps, folds) > 300


def test_every_day_of_every_zone_with_clock_changes_starts_at_its_first_instant() -> None:
    for name in sorted(zone_names()):
        zone = zone_named(name, path="timeZone")
        for change in clock_changes(zone):
            for days in (-1, 0, 1, 2):
                day = change.date() + timedelta(days=days)
                starts_at = due(On(day), zone=name, now=CHANGES_FROM - timedelta(days=2)).due_at
                before = (starts_at - timedelta(microseconds=1)).astimezone(zone)
                assert starts_at.astimezone(zone).date() == day, (name, day)
                assert before.date() < day, (name, day)


walls = st.datetimes(datetime(2026, 11, 25), datetime(2036, 11, 20))
zones = st.sampled_from(sorted(zone_names()))


@given(zone=zones, wall=walls)
def test_a_due_instant_shows_the_chosen_time_or_a_later_one_where_that_is_skipped(zone: str, wall: datetime) -> None:
    resolved = due(Local(wall.date(), wall.time(), zone))

    shown = resolved.due_at.astimezone(zone_named(zone, path="timeZone"))
    assert shown.replace(tzinfo=None, fold=0) > wall if resolved.moved else shown.replace(tzinfo=None) == wall
    assert shown.fold == 0


@given(zone=zones, one=walls, later=st.timedeltas(timedelta(0), timedelta(hours=3)))
def test_a_later_time_is_never_due_earlier_unless_the_earlier_one_was_skipped(
    zone: str, one: datetime, later: timedelta
) -> None:
    other = one + later
    first, second = due(Local(one.date(), one.time(), zone)), due(Local(other.date(), other.time(), zone))

    assert first.due_at <= second.due_at or (first.moved and not second.moved)


instants = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
moments = st.one_of(
    st.builds(At, st.datetimes(timezones=st.timezones() | st.just(UTC))),
    st.builds(Local, st.dates(), st.times(), zones),
    st.builds(On, st.dates()),
    st.builds(After, st.timedeltas()),
)


@given(moment=moments, now=instants, zone=zones, day_starts_at=st.times())
def test_any_moment_is_due_within_range_or_refused(
    moment: Moment, now: datetime, zone: str, day_starts_at: time
) -> None:
    outcome = due_or_reason(moment, now=now, zone=zone, day_starts_at=day_starts_at)

    if isinstance(outcome, str):
        assert outcome in {"moment_past", "moment_too_far", "delay_not_positive"}
    else:
        assert outcome.due_at - now <= FURTHEST
        assert outcome.notify_at >= max(now, outcome.due_at)
        assert outcome.due_at >= now or isinstance(moment, On)
        assert outcome.due_at.tzinfo is outcome.notify_at.tzinfo is UTC


def due_or_reason(moment: Moment, *, now: datetime, zone: str, day_starts_at: time) -> Due | str:
    try:
        return resolve(moment, now=now, zone=zone, morning=Morning(day_starts_at, zone))
    except InvalidValue as refused:
        return refused.reason
