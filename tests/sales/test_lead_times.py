"""Reminders that are told of before their moment, at each lead time once."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from sales import clock, database, notices
from sales.errors import InvalidValue, Refused
from sales.journal import Kind
from sales.leads import Lead, Status
from sales.leads.owners import assign
from sales.moments import After, On
from sales.reminders import Reminder
from sales.reminders.decisions import cancel, move, set_reminder, snooze
from sales.reminders.terms import Terms
from sales.statuses import stand_by
from sales.users.people import prefer
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, events, last_event, reminders_of
from tests.turning import fire_all_due, fire_and_dispatch, to_be_due_in, told

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def test_the_person_is_told_ahead_and_nothing_else_changes(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=After(DAY), activity="Call", terms=Terms(ahead=[HOUR]))
    await to_be_due_in(lead, HOUR)

    await fire_and_dispatch()

    [notification], [reminder], event = await told(ada), await reminders_of(lead), await last_event(ada)
    assert (notification.kind, notification.user_id, notification.reminder_id) == (
        "REMINDER_AHEAD",
        ada.user.id,
        reminder.id,
    )
    assert (event.kind, event.actor, event.subject_id) == (Kind.REMINDER_AHEAD, "CLOCK", reminder.id)
    assert (await Lead.get(id=lead.id)).status == Status.STANDBY
    assert (reminder.state, reminder.ahead_at) == ("PENDING", None)
    notice = (await notices.load([notification.id]))[notification.id]
    assert notice.sentence == "in 1 hour: Call, for “New roof”."
    assert notice.subject == "in 1 hour: Call, New roof"


@pytest.mark.parametrize(
    ("ahead", "said"),
    [(timedelta(minutes=1), "dans 1 minute"), (timedelta(minutes=90), "dans 90 minutes"), (2 * DAY, "dans 2 jours")],
)
async def test_how_far_away_it_is_is_said_as_it_was_asked_for(ada: Viewer, ahead: timedelta, said: str) -> None:
    await prefer(by=ada, preferences={"locale": "fr"})
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=After(9 * DAY), terms=Terms(ahead=[ahead]))
    await to_be_due_in(lead, ahead)

    await fire_and_dispatch()

    [notification] = await told(ada)
    assert (await notices.load([notification.id]))[
        notification.id
    ].sentence == f"{said}\xa0: Rappel, pour «\xa0New roof\xa0»."


async def test_each_lead_time_is_told_once_in_its_turn(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await set_reminder(lead.id, by=ada, at=After(9 * DAY), terms=Terms(ahead=[HOUR, DAY, 2 * DAY]))
    turns = []
    for left in (2 * DAY, DAY, HOUR):
        await to_be_due_in(lead, left)
        await asyncio.gather(*(fire_and_dispatch() for _ in range(3)))
        turns.append(len(await told(ada)))

    assert turns == [1, 2, 3]
    assert len(await events(ada, kind=Kind.REMINDER_AHEAD)) == 3


async def test_what_is_past_when_it_is_set_is_not_told(ada: Viewer) -> None:
    lead = await a_lead(ada)

    await set_reminder(lead.id, by=ada, at=After(2 * HOUR), terms=Terms(ahead=[DAY, HOUR]))

    [reminder] = await reminders_of(lead)
    assert reminder.ahead_at == reminder.due_at - HOUR


async def test_it_moves_with_the_reminder_and_goes_with_it(ada: Viewer) -> None:
    lead = await a_lead(ada)
    id = (await set_reminder(lead.id, by=ada, at=After(2 * DAY), terms=Terms(ahead=[DAY]))).id

    await move(id, by=ada, at=After(5 * DAY))
    moved = await Reminder.get(id=id)
    await snooze(id, by=ada, until=After(HOUR))
    snoozed = await Reminder.get(id=id)
    await move(id, by=ada, terms={"ahead": [timedelta(minutes=5)]})
    shorter = await Reminder.get(id=id)
    await to_be_due_in(lead, timedelta(minutes=5))
    await cancel(id, by=ada)
    await fire_and_dispatch()

    assert moved.ahead_at == moved.due_at - DAY
    assert snoozed.ahead_at is None
    assert shorter.ahead_at == shorter.due_at - timedelta(minutes=5)
    assert await told(ada) == []


async def test_ahead_of_a_day_is_ahead_of_its_morning_of_whoever_owns_the_lead(ada: Viewer) -> None:
    ben = await a_user(ada, time_zone="America/New_York")
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=On(date(2030, 6, 3)), terms=Terms(ahead=[DAY]))
    [before] = await reminders_of(lead)

    await assign(lead.id, by=ada, owner_id=ben.user.id)

    [after] = await reminders_of(lead)
    assert before.ahead_at == datetime(2030, 6, 2, 6, tzinfo=UTC)
    assert after.ahead_at == datetime(2030, 6, 2, 12, tzinfo=UTC)


async def test_one_that_came_due_meanwhile_is_told_of_as_that_alone(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await set_reminder(lead.id, by=ada, at=After(DAY), terms=Terms(ahead=[HOUR]))
    await to_be_due_in(lead, timedelta(0))

    await fire_and_dispatch()

    assert [each.kind for each in await told(ada)] == ["REMINDER_DUE"]


async def test_what_is_still_on_its_way_is_called_off_when_the_reminder_fires(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await set_reminder(lead.id, by=ada, at=After(DAY), terms=Terms(ahead=[HOUR]))
    await to_be_due_in(lead, HOUR)
    await fire_and_dispatch()

    await to_be_due_in(lead, timedelta(0))
    await fire_and_dispatch()

    rows = await database.fetch(
        """select n.kind, d.state from deliveries d join notifications n on n.id = d.notification_id
           where d.account_id = $1 order by n.position""",
        ada.account.id,
    )
    assert [(row["kind"], row["state"]) for row in rows] == [
        ("REMINDER_AHEAD", "CANCELLED"),
        ("REMINDER_DUE", "PENDING"),
    ]


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (Terms(ahead=[timedelta(minutes=n) for n in range(1, 7)]), "too_many"),
        (Terms(ahead=[timedelta(seconds=59)]), "lead_time_out_of_range"),
        (Terms(ahead=[timedelta(minutes=40_321)]), "lead_time_out_of_range"),
        (Terms(escalate_after=timedelta(0)), "escalation_out_of_range"),
        (Terms(escalate_after=timedelta(days=29)), "escalation_out_of_range"),
    ],
)
async def test_terms_are_within_reason(ada: Viewer, terms: Terms, reason: str) -> None:
    lead = await a_lead(ada)

    with pytest.raises(InvalidValue, match=reason):
        await set_reminder(lead.id, by=ada, at=After(DAY), terms=terms)
    with pytest.raises(InvalidValue, match=reason):
        await stand_by(lead.id, by=ada, until=After(DAY), terms=terms)
    await set_reminder(lead.id, by=ada, at=After(60 * DAY), terms=Terms(ahead=[timedelta(minutes=40_320)] * 9))

    assert len(await reminders_of(lead)) == 1


async def test_all_that_is_wrong_with_the_terms_is_told_at_once(ada: Viewer) -> None:
    lead = await a_lead(ada)

    with pytest.raises(Refused) as refused:
        await set_reminder(
            lead.id, by=ada, at=After(DAY), terms=Terms(ahead=[timedelta(0)], escalate_after=timedelta(0))
        )

    assert [refusal.path for refusal in refused.value.refusals] == ["aheadOf", "escalateAfter"]


async def test_the_clock_knows_when_it_has_to_tell_ahead(ada: Viewer) -> None:
    await fire_all_due()
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=After(DAY), terms=Terms(ahead=[HOUR]))
    await to_be_due_in(lead, HOUR + timedelta(milliseconds=400))

    seconds = await clock.next_due_in()

    assert seconds is not None
    assert 0 < seconds <= 0.4
