"""Reminders that come again by a rule: on the days that it names, at the same local time, each exactly once."""

import asyncio
import random
from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from sales import clock, database
from sales.clock import fire_due
from sales.errors import InvalidValue, Refusal
from sales.journal import Kind
from sales.leads import Status
from sales.moments import FURTHEST, After, At, Local, Morning, On, resolve
from sales.reminders import Reminder, ReminderState
from sales.reminders.decisions import cancel, done, end_series, move, set_reminder, skip, snooze
from sales.reminders.rules import Rule, checked
from sales.reminders.series import Series
from sales.reminders.terms import Terms
from sales.statuses import close
from sales.users.people import prefer
from sales.viewers import Viewer
from tests.conftest import Figures
from tests.factories import a_lead, a_user, events, last_event, reminders_of
from tests.sales.deeds import require_replayable
from tests.sales.turning import fire_all_due

PARIS = "Europe/Paris"
DAILY = "FREQ=DAILY"
RACES = 200
ZONES = [PARIS, "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata", "UTC"]
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
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
    assert process_time() - began < 0.5  # to the end of the calendar it takes many seconds


def test_a_rule_may_end_with_the_calendar() -> None:
    rule = Rule("FREQ=DAILY;UNTIL=99991231T235959Z", date(2026, 11, 23), time(9), PARIS)

    assert rule.next_day(after=None, now=datetime(2026, 11, 23, tzinfo=UTC)) == date(2026, 11, 23)


async def test_the_first_comes_on_the_first_day_that_the_rule_names(ada: Viewer) -> None:
    lead = await a_lead(ada)

    await set_reminder(
        lead.id, by=ada, at=Local(date(2030, 1, 1), time(9), PARIS), recurrence="rrule:freq=weekly;byday=fr"
    )

    [reminder] = await reminders_of(lead)
    series = await Series.get(id=reminder.series_id)
    assert reminder.due_at == datetime(2030, 1, 4, 8, tzinfo=UTC)
    assert (reminder.occurs_on, reminder.occurrence) == (date(2030, 1, 4), 1)
    assert (series.recurrence, series.starts_on) == ("FREQ=WEEKLY;BYDAY=FR", date(2030, 1, 1))


async def test_when_one_fires_the_next_is_set_once_as_a_row_of_its_own(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada, activity="Call", note="Paul", terms=Terms(ahead=[timedelta(hours=1)]))
    await make_due(reminder)

    await fire_all_due()

    first, second = await reminders_of(lead)
    assert (first.state, first.is_followed) == (ReminderState.FIRED, True)
    assert (second.state, second.series_id, second.occurrence) == (ReminderState.PENDING, first.series_id, 2)
    assert (second.activity, second.note, second.user_id) == ("Call", "Paul", ada.user.id)
    assert first.occurs_on is not None
    assert second.occurs_on == first.occurs_on + timedelta(days=1)
    assert second.due_at.astimezone(ZoneInfo(PARIS)).time() == time(9)
    assert (second.ahead, second.ahead_at) == ([3600], second.due_at - timedelta(hours=1))
    event = await last_event(ada)
    assert (event.kind, event.actor, event.actor_id, event.subject_id) == (Kind.REMINDER_SET, "CLOCK", None, second.id)
    await require_replayable(ada, apart_from={"due_at", "notify_at", "ahead_at", "occurs_on"})


async def test_a_series_goes_on_where_it_was_interrupted(ada: Viewer) -> None:
    """A clock that dies after the statement that fires leaves a reminder that is over and not followed."""
    lead, reminder = await a_recurring(ada)
    await make_due(reminder)
    await clock.FIRE.run(500)
    assert [each.state for each in await reminders_of(lead)] == [ReminderState.FIRED]

    seconds = await clock.next_due_in()
    await fire_all_due()

    assert seconds is not None
    assert seconds < 0
    assert [each.occurrence for each in await reminders_of(lead)] == [1, 2]


async def test_two_clocks_at_once_never_make_two_of_one(ada: Viewer) -> None:
    made = [await a_recurring(ada) for _ in range(20)]
    for _, reminder in made:
        await make_due(reminder)

    await asyncio.gather(*(fire_all_due() for _ in range(6)))

    for lead, _ in made:
        assert [each.occurrence for each in await reminders_of(lead)] == [1, 2]


async def test_what_was_missed_is_not_made_up_for(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada)
    await make_due(reminder)
    await database.fetch("update reminders set occurs_on = occurs_on - 40 where id = $1 returning 1", reminder.id)
    await database.fetch(
        "update reminder_series set starts_on = starts_on - 40 where id = $1 returning 1", reminder.series_id
    )

    await fire_all_due()

    _, second = await reminders_of(lead)
    assert second.due_at > await database.now()
    assert second.due_at < await database.now() + timedelta(hours=25)


@pytest.mark.parametrize("rule", ["FREQ=DAILY;COUNT=1", "FREQ=YEARLY;UNTIL={day}"])
async def test_a_rule_without_another_day_ends_the_series(ada: Viewer, rule: str) -> None:
    day = date.today() + timedelta(days=2)
    lead, reminder = await a_recurring(ada, rule.format(day=f"{day:%Y%m%d}"))
    await make_due(reminder)

    await fire_all_due()

    [only] = await reminders_of(lead)
    assert (only.state, only.is_followed) == (ReminderState.FIRED, True)
    assert (await Series.get(id=only.series_id)).ended_at is not None
    assert (await last_event(ada)).kind == Kind.REMINDER_SERIES_ENDED


async def test_a_rule_that_names_no_day_is_refused(ada: Viewer) -> None:
    lead = await a_lead(ada)
    written = len(await events(ada))

    for rule, at in (
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", On(date(2030, 1, 1))),
        ("FREQ=DAILY;UNTIL=20200101", LATER),
    ):
        with pytest.raises(InvalidValue, match="recurrence_never"):
            await set_reminder(lead.id, by=ada, at=at, recurrence=rule)
    for at in (At(datetime(2030, 1, 1, tzinfo=UTC)), After(timedelta(days=1))):
        with pytest.raises(InvalidValue, match="recurrence_needs_day"):
            await set_reminder(lead.id, by=ada, at=at, recurrence=DAILY)
    assert len(await events(ada)) == written


@pytest.mark.parametrize("decide", [done, cancel, skip], ids=["done", "cancel", "skip"])
async def test_ending_the_pending_one_by_hand_sets_the_next_in_the_same_event(ada: Viewer, decide: Any) -> None:
    lead, reminder = await a_recurring(ada)
    written = len(await events(ada))

    outcome = await decide(reminder.id, by=ada)

    first, second = await reminders_of(lead)
    assert (first.is_followed, second.occurrence, second.state) == (True, 2, ReminderState.PENDING)
    assert first.occurs_on is not None
    assert second.occurs_on == first.occurs_on + timedelta(days=1)
    assert outcome.id == (second.id if decide is skip else first.id)
    assert len(await events(ada)) == written + 1
    await require_replayable(ada)


async def test_moving_one_leaves_the_rule_as_it_is(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada)

    await move(reminder.id, by=ada, at=After(timedelta(minutes=5)))
    await skip(reminder.id, by=ada)

    first, second = await reminders_of(lead)
    assert first.occurs_on == reminder.occurs_on
    assert second.occurs_on == first.occurs_on + timedelta(days=1)
    assert second.due_at == reminder.due_at + timedelta(days=1)


async def test_doing_or_snoozing_one_that_fired_makes_no_second_next(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada)
    await make_due(reminder)
    await fire_all_due()

    await snooze(reminder.id, by=ada, until=After(timedelta(hours=1)))
    await fire_all_due()

    assert [(each.occurrence, each.series_id is None) for each in await reminders_of(lead)] == [
        (1, False), (2, False), (1, True),
    ]  # fmt: skip


async def test_ending_a_series_cancels_the_pending_one_and_sets_no_other(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada)
    await make_due(reminder)
    await fire_all_due()

    await end_series(reminder.id, by=ada)
    again = await end_series(reminder.id, by=ada)
    await fire_all_due()

    assert [each.state for each in await reminders_of(lead)] == [ReminderState.FIRED, ReminderState.CANCELLED]
    assert again.position is None
    await require_replayable(ada, apart_from={"due_at", "notify_at", "occurs_on", "ahead_at"})


async def test_what_comes_once_can_be_neither_skipped_nor_ended(ada: Viewer) -> None:
    lead = await a_lead(ada)
    once = (await set_reminder(lead.id, by=ada, at=LATER)).id

    for decide in (skip, end_series):
        with pytest.raises(InvalidValue, match="reminder_comes_once"):
            await decide(once, by=ada)


async def test_closing_the_lead_keeps_the_series(ada: Viewer) -> None:
    lead, reminder = await a_recurring(ada)
    await make_due(reminder)
    await fire_all_due()

    await close(lead.id, by=ada, status=Status.WON)

    assert [each.state for each in await reminders_of(lead)] == [ReminderState.DONE, ReminderState.PENDING]


async def test_a_whole_day_comes_again_in_the_morning_of_whoever_is_reminded(ada: Viewer) -> None:
    ben = await a_user(ada, time_zone="America/New_York")
    await prefer(by=ben, preferences={"day_starts_at": time(7)})
    lead = await a_lead(ada)
    first = await set_reminder(lead.id, by=ada, at=On(date(2030, 5, 1)), recurrence="FREQ=MONTHLY", user_id=ben.user.id)

    await skip(first.id, by=ada)

    _, second = await reminders_of(lead)
    assert (second.due_at, second.notify_at) == (
        datetime(2030, 5, 31, 22, tzinfo=UTC), datetime(2030, 6, 1, 11, tzinfo=UTC),
    )  # fmt: skip


async def test_what_is_urgent_is_urgent_every_time(ada: Viewer) -> None:
    lead = await a_lead(ada)
    first = await set_reminder(lead.id, by=ada, at=On(date(2030, 5, 1)), recurrence="FREQ=MONTHLY", urgent=True)

    await skip(first.id, by=ada)

    assert [reminder.is_urgent for reminder in await reminders_of(lead)] == [True, True]


async def test_clock_and_person_race_for_a_series_and_each_occurrence_is_made_once(
    ada: Viewer, figures: Figures
) -> None:
    """While one comes due somebody skips it, moves it or ends the series; two clocks tick."""
    over = asyncio.Event()
    ticking = [asyncio.create_task(ticks(over)) for _ in range(2)]
    answers: list[str] = []
    leads = []
    for _ in range(RACES // 10):
        made = [await a_recurring(ada) for _ in range(10)]
        leads += [lead for lead, _ in made]
        await database.fetch(
            """update reminders set due_at = now() + interval '20 ms', notify_at = now() + interval '20 ms'
               where id = any($1) returning 1""",
            [reminder.id for _, reminder in made],
        )
        answers += await asyncio.gather(*(decide(n, reminder, ada) for n, (_, reminder) in enumerate(made)))
    await fire_all_due()

    over.set()
    await asyncio.gather(*ticking)
    for lead, answer in zip(leads, answers, strict=True):
        rows = await reminders_of(lead)
        states = [row.state for row in rows]
        assert [row.occurrence for row in rows] == list(range(1, len(rows) + 1))
        match answer:
            case "skipped":
                assert states == ["CANCELLED", "PENDING"]
            case "moved":
                assert states == ["PENDING"]
            case "ended":
                assert states in (["CANCELLED"], ["FIRED"], ["FIRED", "CANCELLED"])
            case "fired":
                assert states == ["FIRED", "PENDING"]
    figures(f"{RACES} races for a series: { {each: answers.count(each) for each in sorted(set(answers))} }")
    assert {"fired", "ended"} < set(answers)


LATER = Local(date(2030, 1, 1), time(9), PARIS)


async def a_recurring(by: Viewer, rule: str = DAILY, **more: Any) -> tuple[Any, Reminder]:
    """A lead with a reminder at nine, from the day after tomorrow on."""
    lead = await a_lead(by)
    day = (await database.now()).astimezone(ZoneInfo(PARIS)).date() + timedelta(days=2)
    outcome = await set_reminder(lead.id, by=by, at=Local(day, time(9), PARIS), recurrence=rule, **more)
    return lead, await Reminder.get(id=outcome.id)


async def make_due(reminder: Reminder) -> None:
    await database.fetch(
        "update reminders set due_at = now(), notify_at = now(), ahead_at = null where id = $1 returning 1", reminder.id
    )


async def decide(n: int, reminder: Reminder, by: Viewer) -> str:
    await asyncio.sleep(random.uniform(0, 0.04))
    try:
        match n % 3:
            case 0:
                await skip(reminder.id, by=by)
                return "skipped"
            case 1:
                await move(reminder.id, by=by, at=After(timedelta(hours=1)))
                return "moved"
            case _:
                await end_series(reminder.id, by=by)
                return "ended"
    except Refusal:
        return "fired"


async def ticks(over: asyncio.Event) -> None:
    while not over.is_set():
        if not await fire_due():
            await asyncio.sleep(0.001)
