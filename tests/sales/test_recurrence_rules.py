"""Rules by which a reminder comes again: the days that they name, at the same local time, or why they are refused."""

import random
from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from sales.errors import InvalidValue
from sales.moments import FURTHEST, Local, Morning, resolve
from sales.reminders.rules import Rule, checked
from tests.pace import paced
from tests.sales.recurring import DAILY, PARIS

ZONES = [PARIS, "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata", "UTC"]
FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]


def days_of(rule: Rule, *, count: int, now: datetime) -> list[date]:
    """The days that a series would be set for, one after the other, each set at the moment of the one before."""
    found: list[date] = []
    while len(found) < count:
        day = rule.next_day(after=found[-1] if found else rule.starts_on - timedelta(days=1), now=now)
        if day is None:
            break
        found.append(day)
    return found


def a_rule(chance: random.Random) -> str:
    frequency = chance.choice(FREQUENCIES)
    parts = [f"FREQ={frequency}", f"INTERVAL={chance.choice([1, 1, 2, 3, 5])}"]
    if chance.random() < 0.5:
        parts.append(
            "BYDAY=" + ",".join(chance.sample(["MO", "TU", "WE", "TH", "FR", "SA", "SU"], chance.randint(1, 3)))
        )
    if frequency in ("MONTHLY", "YEARLY") and chance.random() < 0.5:
        parts.append(f"BYMONTHDAY={chance.choice([1, 13, 29, 31, -1])}")
    if chance.random() < 0.3:
        parts.append(f"BYMONTH={chance.randint(1, 12)}")
    if chance.random() < 0.3:
        parts.append(f"WKST={chance.choice(['MO', 'SU', 'WE'])}")
    if chance.random() < 0.4:
        parts.append(chance.choice([f"COUNT={chance.randint(1, 12)}", "UNTIL=20290115", "UNTIL=20281102T073000Z"]))
    return ";".join(parts)


@pytest.mark.parametrize("seed", range(60))
def test_the_days_are_those_of_the_standard_in_every_zone(seed: int) -> None:
    """Against dateutil over the whole series from its first day, without the short cuts that we take."""
    chance = random.Random(seed)
    zone, text = ZoneInfo(chance.choice(ZONES)), checked(a_rule(chance))
    at = chance.choice([time(2, 30), time(9), time(23, 45)])
    starts_on = date(2027, 1, 1) + timedelta(days=chance.randint(0, 400))
    rule = Rule(text, starts_on, at, zone.key)
    now = datetime.combine(starts_on + timedelta(days=chance.choice([-1, 3, 100])), time(12), tzinfo=zone)
    parts = [part for part in text.split(";") if not part.startswith("UNTIL")]
    until = next((part[6:] for part in text.split(";") if part.startswith("UNTIL")), None)
    last = None if until is None else datetime(2029, 1, 15, 23, 59, 59, tzinfo=zone)
    if until == "20281102T073000Z":
        last = datetime(2028, 11, 2, 7, 30, tzinfo=UTC)
    horizon = now.replace(tzinfo=None) + FURTHEST
    every = rrulestr(";".join(parts), dtstart=datetime.combine(starts_on, at))
    expected = [
        each.date()
        for each in every.between(datetime(2026, 1, 1), horizon)
        if each.replace(tzinfo=zone).astimezone(UTC) >= now and (last is None or each.replace(tzinfo=zone) <= last)
    ]

    assert days_of(rule, count=8, now=now) == expected[:8]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(0, 0), time(2, 30), time(9, 0)])
def test_the_local_time_stays_over_every_clock_change(zone: str, at: time) -> None:
    rule = Rule(DAILY, date(2027, 1, 1), at, zone)
    place, now = ZoneInfo(zone), datetime(2027, 1, 1, tzinfo=UTC)

    for day in [date(2027, 1, 3) + timedelta(days=n) for n in range(365)]:
        moment = rule.moment(day)
        assert isinstance(moment, Local)
        due = resolve(moment, now=now, zone=zone, morning=Morning(time(8), zone))
        here = due.due_at.astimezone(place)
        assert due.moved or (here.date(), here.time()) == (day, at)
        assert not due.moved or timedelta(0) < here.replace(tzinfo=None) - datetime.combine(day, at) <= timedelta(
            hours=1
        )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FREQ=HOURLY", "recurrence_too_often"),
        ("FREQ=MINUTELY;INTERVAL=1440", "recurrence_too_often"),
        ("FREQ=SECONDLY", "recurrence_too_often"),
        ("FREQ=DAILY;BYHOUR=9,10", "recurrence_too_often"),
        ("", "recurrence_malformed"),
        ("every day", "recurrence_malformed"),
        ("BYDAY=MO", "recurrence_malformed"),
        ("FREQ=DAILY;FREQ=WEEKLY", "recurrence_malformed"),
        ("FREQ=DAILY;COUNT=0", "recurrence_malformed"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20300101", "recurrence_malformed"),
        ("FREQ=DAILY;INTERVAL=1001", "recurrence_malformed"),
        ("FREQ=DAILY;UNTIL=20301399", "recurrence_malformed"),
        ("FREQ=WEEKLY;BYDAY=XX", "recurrence_malformed"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "recurrence_malformed"),
        ("FREQ=YEARLY;BYEASTER=0", "recurrence_malformed"),
        ("FREQ=DAILY\nRDATE:20270101", "recurrence_malformed"),
        ("FREQ=MONTHLY;BYDAY=6MO", "recurrence_malformed"),
        ("FREQ=MONTHLY;BYDAY=+53MO", "recurrence_malformed"),
        ("FREQ=WEEKLY;BYDAY=1MO", "recurrence_malformed"),
        ("FREQ=WEEKLY;BYMONTH=3;BYDAY=2MO", "recurrence_malformed"),
        ("FREQ=DAILY;BYMONTH=3;BYDAY=2MO", "recurrence_malformed"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=6MO", "recurrence_malformed"),
        ("FREQ=WEEKLY;BYDAY=" + "MO," * 80 + "TU", "recurrence_malformed"),
    ],
)
def test_a_rule_that_is_none_or_comes_too_often_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason) as refused:
        checked(text)

    assert refused.value.path == "recurrence"
    assert refused.value.message("fr") != refused.value.message("en")


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYMONTH=2;BYMONTHDAY=30,31",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2",
    ],
)
def test_a_rule_that_names_no_day_ends_after_ten_years_of_looking(text: str) -> None:
    began = process_time()

    found = Rule(text, date(2026, 11, 23), time(9), PARIS).next_day(after=None, now=datetime(2026, 11, 23, tzinfo=UTC))

    assert found is None
    assert paced(process_time() - began) < 0.5  # to the end of the calendar it takes many seconds


@pytest.mark.parametrize("week", [1, 20, 52, 53])
def test_weeks_of_the_year_are_named_as_long_as_there_are_years(week: int) -> None:
    rule = Rule(f"FREQ=YEARLY;BYWEEKNO={week};BYDAY=MO", date(2026, 11, 24), time(9), PARIS)
    years = [year for year in range(2026, 2060) if date(year, 12, 28).isocalendar().week >= week]
    mondays = [date.fromisocalendar(year, week, 1) for year in years]

    day: date | None = None
    for monday in [each for each in mondays if each > date(2026, 11, 24)]:
        at = datetime.combine(day or date(2026, 11, 24), time(0), UTC)
        day = rule.next_day(after=day, now=at)
        assert day == monday


def test_a_rule_may_end_with_the_calendar() -> None:
    rule = Rule("FREQ=DAILY;UNTIL=99991231T235959Z", date(2026, 11, 23), time(9), PARIS)

    assert rule.next_day(after=None, now=datetime(2026, 11, 23, tzinfo=UTC)) == date(2026, 11, 23)
