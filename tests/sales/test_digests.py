"""Digests: what is due within a window is one message, once; nothing in it is lost and nothing is sent twice."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales import database
from sales.calendars import EVERY_DAY, Calendar, Quiet
from sales.deliveries.claiming import Claim, claim
from sales.deliveries.settling import sent
from sales.digests import closes_at, still_open
from sales.dispatch import dispatch, dispatch_again
from sales.moments import Morning
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import choose
from sales.reminders.decisions import done
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_empty_outbox, last_event, reminders_of
from tests.sales.tellings import change, deliveries_of
from tests.sales.test_calendars import PARIS, calendars, moments, utc
from tests.turning import AN_INSTANT, dispatch_all, fire_and_dispatch

NIGHTS = (Quiet(EVERY_DAY, time(20), time(7, 30)),)
PACES = st.sampled_from([Pace.HOURLY, Pace.MORNING])


@pytest.fixture
async def ben(ada: Viewer) -> Viewer:
    """Somebody who is mailed every hour."""
    ben = await a_user(ada, name="Ben")
    await choose(by=ben, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
    return ben


def test_an_hour_closes_when_it_is_full() -> None:
    assert closes_at(utc(2026, 11, 23, 9, 0, 1), Pace.HOURLY, Calendar(PARIS)) == utc(2026, 11, 23, 10)
    assert closes_at(utc(2026, 11, 23, 10), Pace.HOURLY, Calendar(PARIS)) == utc(2026, 11, 23, 10)


def test_an_hour_is_full_on_the_persons_own_clock() -> None:
    kathmandu = Calendar(Morning(time(8), "Asia/Kathmandu"))

    assert closes_at(utc(2026, 11, 23, 9), Pace.HOURLY, kathmandu) == utc(2026, 11, 23, 9, 15)


def test_a_morning_closes_when_the_day_starts() -> None:
    assert closes_at(utc(2026, 11, 23, 7), Pace.MORNING, Calendar(PARIS)) == utc(2026, 11, 23, 7)
    assert closes_at(utc(2026, 11, 23, 7, 0, 1), Pace.MORNING, Calendar(PARIS)) == utc(2026, 11, 24, 7)


def test_the_hours_of_a_night_close_together() -> None:
    calendar = Calendar(PARIS, NIGHTS)

    closings = {closes_at(utc(2026, 11, 23, 18, 1) + n * timedelta(hours=1), Pace.HOURLY, calendar) for n in range(12)}

    assert closings == {utc(2026, 11, 24, 6, 30)}


def test_what_comes_due_with_the_morning_is_in_its_message_even_when_it_is_told_of_a_moment_later() -> None:
    morning = utc(2026, 11, 23, 7)

    assert still_open(morning, Pace.MORNING, Calendar(PARIS), now=morning + timedelta(seconds=2)) == morning
    late = still_open(morning, Pace.MORNING, Calendar(PARIS), now=morning + timedelta(seconds=10))
    assert late == utc(2026, 11, 24, 7)


@given(moments, PACES, calendars)
def test_a_window_closes_later_than_what_is_in_it_and_closes_at_itself(
    moment: datetime, pace: Pace, calendar: Calendar
) -> None:
    closing = closes_at(moment, pace, calendar)

    assert moment <= closing <= moment + timedelta(days=42)
    assert closes_at(closing, pace, Calendar(calendar.morning)) >= closing


async def told_of(*leads: Any, by: Viewer) -> None:
    for lead in leads:
        await change("step", lead.id, by=by)
    await dispatch_all()


async def due_now(by: Viewer) -> None:
    """The window closes: time is moved in the database."""
    await database.fetch(
        "update deliveries set next_at = now() where account_id = $1 and notification_id is null and state = 'PENDING'",
        by.account.id,
    )


async def claimed(by: Viewer) -> list[Claim]:
    return [each for each in await claim(100) if each.account_id == by.account.id]


async def test_what_comes_within_an_hour_is_one_message(ada: Viewer, ben: Viewer) -> None:
    leads = [await a_lead(ben) for _ in range(3)]

    await told_of(*leads, by=ada)

    rows = await deliveries_of(ada)
    [message] = [row for row in rows if row["notification_id"] is None]
    joined = [row for row in rows if row["notification_id"]]
    assert [(row["state"], row["digest_id"]) for row in joined] == [("JOINED", message["digest_id"])] * 3
    [window] = await database.fetch("select * from digests where account_id = $1", ada.account.id)
    assert message["next_at"] == window["closes_at"] + timedelta(seconds=10)
    assert (window["user_id"], window["closes_at"].minute, window["closes_at"].second) == (ben.user.id, 0, 0)


async def test_what_joined_is_sent_when_the_message_is(ada: Viewer, ben: Viewer) -> None:
    await an_empty_outbox()
    await told_of(await a_lead(ben), await a_lead(ben), by=ada)
    await due_now(ada)

    [message] = await claimed(ada)
    await sent(message)

    assert [row["state"] for row in await deliveries_of(ada)] == ["SENT"] * 3
    assert await claimed(ada) == []


async def test_what_comes_while_the_message_is_being_sent_joins_the_next_one(ada: Viewer, ben: Viewer) -> None:
    await an_empty_outbox()
    first, second = await a_lead(ben), await a_lead(ben)
    await told_of(first, by=ada)
    await due_now(ada)
    [message] = await claimed(ada)

    await told_of(second, by=ada)
    await sent(message)

    windows = await database.fetch("select * from digests where account_id = $1 order by closes_at", ada.account.id)
    assert [window["closes_at"] - windows[0]["closes_at"] for window in windows] == [
        timedelta(0), timedelta(hours=1),
    ]  # fmt: skip
    joined = [row for row in await deliveries_of(ada) if row["notification_id"]]
    assert [(row["state"], row["digest_id"]) for row in joined] == [
        ("SENT", windows[0]["id"]), ("JOINED", windows[1]["id"]),
    ]  # fmt: skip


async def test_a_window_of_which_everything_was_called_off_sends_nothing(ada: Viewer, ben: Viewer) -> None:
    await an_empty_outbox()
    lead = await a_lead(ben)
    await stand_by(lead.id, by=ben, until=AN_INSTANT)
    await fire_and_dispatch()
    [reminder] = await reminders_of(lead)

    await done(reminder.id, by=ben)
    await dispatch_all()
    await due_now(ada)

    assert await claimed(ada) == []
    assert {row["state"] for row in await deliveries_of(ada)} == {"CANCELLED"}


async def test_who_has_turned_email_off_gets_no_digest(ada: Viewer, ben: Viewer) -> None:
    await an_empty_outbox()
    await told_of(await a_lead(ben), by=ada)
    await database.fetch("update users set notify_by_email = false where id = $1", ben.user.id)
    await due_now(ada)

    assert await claimed(ada) == []
    assert {row["state"] for row in await deliveries_of(ada)} == {"CANCELLED"}


async def test_two_dispatches_at_once_make_one_window(ada: Viewer, ben: Viewer) -> None:
    leads = [await a_lead(ben) for _ in range(6)]
    await dispatch_all()
    for lead in leads:
        await change("step", lead.id, by=ada)
    last = (await last_event(ada)).position

    await asyncio.gather(
        *(dispatch_again(ada.account.id, position) for position in range(last - 5, last + 1)), dispatch(2), dispatch()
    )
    await dispatch_all()

    rows = await deliveries_of(ada)
    windows = await database.fetch("select id, closes_at from digests where account_id = $1", ada.account.id)
    assert len({window["closes_at"] for window in windows}) == len(windows) <= 2
    assert len([row for row in rows if row["notification_id"] is None]) == len(windows)
    assert len({row["notification_id"] for row in rows if row["notification_id"]}) == 6


async def test_a_change_of_pace_moves_what_is_held(ada: Viewer, ben: Viewer) -> None:
    await told_of(await a_lead(ben), by=ada)

    await choose(by=ben, wishes={"paces": {By.EMAIL: None}})
    await dispatch_all()

    [alone] = [row for row in await deliveries_of(ada) if row["notification_id"]]
    assert (alone["state"], alone["digest_id"]) == ("PENDING", None)
    [row] = await database.fetch("select now() as now")
    assert alone["next_at"] <= row["now"]
