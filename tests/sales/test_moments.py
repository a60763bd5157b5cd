"""A moment is resolved to one instant, whatever the clocks do, or refused with a reason."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from sales.errors import InvalidValue
from sales.moments import FURTHEST, After, At, Due, Local, Morning, On, resolve
from tests.sales.resolving import EIGHT, NOW, due, refusal, utc

# An instant


def test_an_instant_is_due_then_and_told_of_then_in_utc() -> None:
    at = datetime(2026, 11, 24, 9, 0, tzinfo=timezone(timedelta(hours=2)))

    resolved = due(At(at))

    assert resolved == Due(due_at=utc(2026, 11, 24, 7, 0), notify_at=utc(2026, 11, 24, 7, 0))
    assert resolved.due_at.tzinfo is UTC


def test_the_present_instant_is_due_at_once() -> None:
    assert due(At(NOW)).due_at == NOW


def test_an_instant_in_the_past_is_refused() -> None:
    assert refusal(At(NOW - timedelta.resolution)) == ("until.at", "moment_past")


def test_an_instant_ten_years_ahead_is_taken_and_one_beyond_is_refused() -> None:
    assert due(At(NOW + FURTHEST)).due_at == utc(2036, 11, 23, 10, 0)
    assert refusal(At(NOW + FURTHEST + timedelta.resolution)) == ("until.at", "moment_too_far")


def test_instants_at_the_ends_of_the_calendar_are_refused_without_an_overflow() -> None:
    east, west = timezone(timedelta(hours=23, minutes=59)), timezone(-timedelta(hours=23, minutes=59))

    assert refusal(At(datetime.min.replace(tzinfo=east))) == ("until.at", "moment_past")
    assert refusal(At(datetime.max.replace(tzinfo=west))) == ("until.at", "moment_too_far")


# A delay


def test_a_delay_counts_elapsed_time_from_now() -> None:
    night_of_the_clock_change = utc(2027, 3, 27, 23, 0)

    resolved = due(After(timedelta(days=1)), now=night_of_the_clock_change)

    assert resolved == Due(due_at=utc(2027, 3, 28, 23, 0), notify_at=utc(2027, 3, 28, 23, 0))


@pytest.mark.parametrize("delay", [timedelta(0), -timedelta.resolution, timedelta.min])
def test_a_delay_that_is_not_positive_is_refused(delay: timedelta) -> None:
    assert refusal(After(delay)) == ("until.after", "delay_not_positive")


def test_a_delay_beyond_ten_years_is_refused_however_long() -> None:
    assert due(After(FURTHEST)).due_at == NOW + FURTHEST
    assert refusal(After(FURTHEST + timedelta.resolution)) == ("until.after", "moment_too_far")
    assert refusal(After(timedelta.max)) == ("until.after", "moment_too_far")


# A local time


def test_a_local_time_keeps_what_was_chosen_beside_the_instant() -> None:
    chosen = Local(date(2027, 7, 14), time(9, 30), "Europe/Paris")

    assert due(chosen, zone="Asia/Tokyo") == Due(
        due_at=utc(2027, 7, 14, 7, 30),
        notify_at=utc(2027, 7, 14, 7, 30),
        local_date=date(2027, 7, 14),
        local_time=time(9, 30),
        time_zone="Europe/Paris",
        moved=False,
    )


@pytest.mark.parametrize(
    ("zone", "chosen", "shown"),
    [
        ("Europe/Berlin", datetime(2027, 3, 28, 2, 30), datetime(2027, 3, 28, 3, 30)),
        ("Europe/Berlin", datetime(2027, 3, 28, 2, 0), datetime(2027, 3, 28, 3, 0)),
        ("Australia/Lord_Howe", datetime(2026, 10, 4, 2, 15), datetime(2026, 10, 4, 2, 45)),
        ("America/Sao_Paulo", datetime(2018, 11, 4, 0, 0), datetime(2018, 11, 4, 1, 0)),
        ("Pacific/Apia", datetime(2011, 12, 30, 9, 0), datetime(2011, 12, 31, 9, 0)),
    ],
)
def test_a_local_time_that_the_clocks_skip_moves_forward(zone: str, chosen: datetime, shown: datetime) -> None:
    resolved = due(Local(chosen.date(), chosen.time(), zone), now=chosen.replace(tzinfo=UTC) - timedelta(days=30))

    assert resolved.due_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == shown
    assert resolved.moved
    assert (resolved.local_date, resolved.local_time) == (chosen.date(), chosen.time())


def test_the_times_around_a_gap_do_not_move() -> None:
    before = due(Local(date(2027, 3, 28), time(1, 59, 59), "Europe/Berlin"))
    after = due(Local(date(2027, 3, 28), time(3, 0), "Europe/Berlin"))

    assert (before.due_at, before.moved) == (utc(2027, 3, 28, 0, 59, 59), False)
    assert (after.due_at, after.moved) == (utc(2027, 3, 28, 1, 0), False)


@pytest.mark.parametrize("fold", [0, 1])
def test_a_local_time_that_occurs_twice_means_the_first(fold: int) -> None:
    resolved = due(Local(date(2027, 10, 31), time(2, 30, fold=fold), "Europe/Berlin"))

    assert (resolved.due_at, resolved.moved) == (utc(2027, 10, 31, 0, 30), False)


def test_a_local_time_in_the_past_is_refused() -> None:
    assert due(Local(date(2026, 11, 23), time(11, 0), "Europe/Paris")).due_at == NOW
    assert refusal(Local(date(2026, 11, 23), time(10, 59, 59), "Europe/Paris")) == ("until.local", "moment_past")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Paris"])
def test_local_times_at_the_ends_of_the_calendar_are_refused_without_an_overflow(zone: str) -> None:
    assert refusal(Local(date.min, time.min, zone)) == ("until.local", "moment_past")
    assert refusal(Local(date.max, time.max, zone)) == ("until.local", "moment_too_far")


# A day


def test_a_day_is_due_at_its_start_and_told_of_when_the_persons_day_starts() -> None:
    assert due(On(date(2027, 7, 14)), day_starts_at=time(8, 30)) == Due(
        due_at=utc(2027, 7, 13, 22, 0),
        notify_at=utc(2027, 7, 14, 6, 30),
        local_date=date(2027, 7, 14),
        local_time=None,
        time_zone="Europe/Paris",
        moved=False,
    )


def test_the_present_day_is_due_at_once_and_told_of_at_once() -> None:
    resolved = due(On(date(2026, 11, 23)))

    assert resolved.due_at == utc(2026, 11, 22, 23, 0) < NOW
    assert resolved.notify_at == NOW


def test_the_present_day_before_it_starts_is_due_at_once_and_told_of_when_it_starts() -> None:
    at_night = utc(2026, 11, 23, 3, 0)

    resolved = due(On(date(2026, 11, 23)), now=at_night)

    assert resolved.due_at == utc(2026, 11, 22, 23, 0) < at_night
    assert resolved.notify_at == utc(2026, 11, 23, 7, 0)


def test_the_present_day_is_that_of_the_persons_zone() -> None:
    late_in_paris = utc(2026, 11, 23, 23, 30)

    assert refusal(On(date(2026, 11, 23)), now=late_in_paris) == ("until.on", "moment_past")
    assert due(On(date(2026, 11, 23)), now=late_in_paris, zone="America/New_York").due_at == utc(2026, 11, 23, 5, 0)


def test_a_day_is_that_of_who_asks_and_the_morning_that_of_who_is_told() -> None:
    resolved = resolve(On(date(2027, 6, 1)), now=NOW, zone="America/New_York", morning=Morning(EIGHT, "Europe/Paris"))

    assert resolved.due_at == utc(2027, 6, 1, 4)
    assert resolved.notify_at == utc(2027, 6, 1, 6)


@pytest.mark.parametrize(
    ("zone", "day", "starts_at"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 1, 0)),
        ("Africa/Cairo", date(2027, 4, 30), datetime(2027, 4, 30, 1, 0)),
        ("America/Toronto", date(1919, 3, 31), datetime(1919, 3, 31, 0, 30)),  # 23:30 became 00:30
        ("America/Havana", date(2027, 11, 7), datetime(2027, 11, 7, 0, 0)),  # 01:00 became 00:00: the first of the two
    ],
)
def test_a_day_starts_at_its_first_instant_whatever_the_clocks_do_at_midnight(
    zone: str, day: date, starts_at: datetime
) -> None:
    a_week_before = datetime.combine(day, time(12), tzinfo=UTC) - timedelta(days=7)

    resolved = due(On(day), zone=zone, now=a_week_before)

    assert resolved.due_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) == starts_at
    assert resolved.due_at.astimezone(ZoneInfo(zone)).fold == 0
    assert not resolved.moved


def test_somebody_whose_day_starts_at_a_skipped_midnight_is_told_when_the_day_begins() -> None:
    resolved = due(On(date(1919, 3, 31)), zone="America/Toronto", now=utc(1919, 3, 1), day_starts_at=time(0, 0))

    assert resolved.due_at == utc(1919, 3, 31, 4, 30)
    assert resolved.notify_at == utc(1919, 3, 31, 5, 0)


def test_a_day_that_a_zone_left_out_moves_to_the_next() -> None:
    resolved = due(On(date(2011, 12, 30)), zone="Pacific/Apia", now=utc(2011, 12, 1))

    assert resolved.due_at == utc(2011, 12, 30, 10, 0)  # 00:00 on the 31st
    assert resolved.notify_at == utc(2011, 12, 30, 18, 0)  # 08:00 on the 31st
    assert resolved.moved


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Paris"])
def test_days_at_the_ends_of_the_calendar_are_refused_without_an_overflow(zone: str) -> None:
    assert refusal(On(date.min), zone=zone) == ("until.on", "moment_past")
    assert refusal(On(date.max), zone=zone) == ("until.on", "moment_too_far")


def test_a_refusal_names_the_input_field_that_holds_the_moment() -> None:
    with pytest.raises(InvalidValue) as caught:
        resolve(After(timedelta(0)), now=NOW, zone="UTC", morning=Morning(EIGHT, "UTC"), path="remind.at")

    assert caught.value.path == "remind.at.after"
