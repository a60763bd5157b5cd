"""When a person may be reached: whatever their hours and the clocks do, what is held gets out."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.calendars import EVERY_DAY, Calendar, Quiet, has_openings, knows_holidays, opens_at
from sales.moments import Morning

PARIS = Morning(time(8), "Europe/Paris")
NIGHTS = (Quiet(EVERY_DAY, time(20), time(7, 30)),)
WEEKDAYS = frozenset(range(1, 6))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_who_has_decided_nothing_may_always_be_reached() -> None:
    assert opens_at(utc(2026, 11, 22, 2), Calendar(PARIS)) == utc(2026, 11, 22, 2)


def test_a_night_ends_at_its_end_on_the_persons_clock() -> None:
    calendar = Calendar(PARIS, NIGHTS)

    assert opens_at(utc(2026, 11, 23, 18, 59), calendar) == utc(2026, 11, 23, 18, 59)
    assert opens_at(utc(2026, 11, 23, 19), calendar) == utc(2026, 11, 24, 6, 30)
    assert opens_at(utc(2026, 11, 24, 6, 29, 59), calendar) == utc(2026, 11, 24, 6, 30)
    assert opens_at(utc(2026, 11, 24, 6, 30), calendar) == utc(2026, 11, 24, 6, 30)


def test_hours_belong_to_the_day_on_which_they_begin() -> None:
    calendar = Calendar(PARIS, (Quiet(frozenset({5}), time(18), time(9)),))

    assert opens_at(utc(2026, 11, 28, 6), calendar) == utc(2026, 11, 28, 8)  # Saturday, after Friday's
    assert opens_at(utc(2026, 11, 27, 6), calendar) == utc(2026, 11, 27, 6)  # Friday, before them


def test_a_weekend_ends_when_mondays_work_begins() -> None:
    calendar = Calendar(PARIS, working_days=WEEKDAYS)

    assert opens_at(utc(2026, 11, 27, 22, 59), calendar) == utc(2026, 11, 27, 22, 59)
    assert opens_at(utc(2026, 11, 28, 12), calendar) == utc(2026, 11, 30, 7)
    assert opens_at(utc(2026, 11, 30, 2), calendar) == utc(2026, 11, 30, 7)


def test_holidays_of_the_country_are_days_off() -> None:
    friday = utc(2026, 12, 25, 9)

    assert opens_at(friday, Calendar(PARIS, NIGHTS, WEEKDAYS, "FR")) == utc(2026, 12, 28, 7)
    assert opens_at(friday, Calendar(PARIS, NIGHTS, WEEKDAYS)) == friday


def test_holidays_of_a_part_of_the_country_count_there_alone() -> None:
    epiphany = utc(2027, 1, 6, 9)

    assert opens_at(epiphany, Calendar(PARIS, country="DE", subdivision="BY")) == utc(2027, 1, 7, 7)
    assert opens_at(epiphany, Calendar(PARIS, country="DE", subdivision="HH")) == epiphany


@pytest.mark.parametrize(("country", "subdivision", "known"), [
    ("FR", None, True), ("DE", "BY", True), ("DE", "XX", False), ("ZZ", None, False), ("", None, False),
    ("USA", None, True), ("France", None, False), ("utils", None, False), ("HolidayBase", None, False),
])  # fmt: skip
def test_unknown_holidays_are_told_from_known_ones(country: str, subdivision: str | None, known: bool) -> None:
    assert knows_holidays(country, subdivision) is known


def test_an_end_that_the_clocks_skip_comes_when_they_have_skipped_it() -> None:
    calendar = Calendar(PARIS, (Quiet(EVERY_DAY, time(22), time(2, 30)),))

    assert opens_at(utc(2026, 3, 29, 0), calendar) == utc(2026, 3, 29, 1, 30)  # 02:30 would be 03:30 summer time


def test_an_end_that_comes_twice_means_the_first() -> None:
    calendar = Calendar(PARIS, (Quiet(EVERY_DAY, time(22), time(2, 30)),))

    assert opens_at(utc(2026, 10, 25, 0), calendar) == utc(2026, 10, 25, 0, 30)
    assert opens_at(utc(2026, 10, 25, 1, 15), calendar) == utc(2026, 10, 25, 1, 15)


def test_hours_without_an_end_leave_no_opening() -> None:
    assert not has_openings(Calendar(PARIS, (Quiet(EVERY_DAY, time(8), time(8)),)))
    assert not has_openings(Calendar(PARIS, (Quiet(frozenset({1}), time(0), time(0)),), frozenset({1})))
    assert has_openings(Calendar(PARIS, NIGHTS, frozenset({1})))


def test_who_could_never_be_reached_is_reached_at_once() -> None:
    moment = utc(2026, 11, 23, 9)

    assert opens_at(moment, Calendar(PARIS, (Quiet(EVERY_DAY, time(8), time(8)),))) == moment


_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
_days = st.frozensets(st.integers(1, 7), min_size=1)
_countries = ["FR", "JP"]
assert all(knows_holidays(country, None) for country in _countries)  # loads them, for which no example is to be blamed
calendars = st.builds(
    Calendar,
    morning=st.builds(
        Morning,
        _times,
        st.sampled_from(["Europe/Paris", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo"]),
    ),
    quiet=st.lists(st.builds(Quiet, _days, _times, _times), max_size=3).map(tuple),
    working_days=_days,
    country=st.sampled_from([None, *_countries]),
).filter(has_openings)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(moments, calendars)
def test_an_opening_is_never_earlier_and_opens_at_itself(moment: datetime, calendar: Calendar) -> None:
    opening = opens_at(moment, calendar)

    assert moment <= opening <= moment + timedelta(days=40)
    assert opens_at(opening, calendar) == opening


@given(moments, st.timedeltas(timedelta(0), timedelta(days=3)), calendars)
def test_what_comes_later_never_gets_out_earlier(moment: datetime, later: timedelta, calendar: Calendar) -> None:
    assert opens_at(moment, calendar) <= opens_at(moment + later, calendar)
