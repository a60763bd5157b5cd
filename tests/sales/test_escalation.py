"""Reminders that escalate: whoever manages a person is told of what that person has not acknowledged."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sales import database, notices
from sales.accounts import Privacy
from sales.journal import Kind
from sales.leads import Lead
from sales.leads.edit import star
from sales.moments import After
from sales.notifications import mark_read
from sales.reminders import Reminder
from sales.reminders.decisions import done, set_reminder, snooze
from sales.reminders.terms import Terms
from sales.statuses import stand_by
from sales.teams import TeamPrivacy, add_member, create
from sales.users import Role
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, again, an_account, events, last_event, reminders_of
from tests.sales.deeds import require_replayable
from tests.turning import AN_INSTANT, fire_all_due, fire_and_dispatch, let_pass, to_be_due_in, told, what_was_told

HOUR, NOW = timedelta(hours=1), timedelta(0)
AFTER_AN_HOUR = Terms(escalate_after=HOUR)


async def a_team(by: Viewer) -> tuple[Viewer, Viewer]:
    """A salesperson and who manages him."""
    ben, mia = await a_user(by, name="Ben"), await a_user(by, name="Mia", role=Role.TEAM_MANAGER)
    team = (await create(by=by, name="North", privacy=TeamPrivacy.MANAGERS_SEE)).id
    await add_member(team, by=by, user_id=ben.user.id)
    await add_member(team, by=by, user_id=mia.user.id, is_manager=True)
    return await again(ben), await again(mia)


async def a_fired(by: Viewer) -> tuple[Lead, Reminder]:
    """What woke a lead of this person's and was told of."""
    lead = await a_lead(by)
    await stand_by(lead.id, by=by, until=After(HOUR), terms=AFTER_AN_HOUR)
    await to_be_due_in(lead, NOW)
    await fire_and_dispatch()
    [reminder] = await reminders_of(lead)
    return lead, reminder


async def test_the_manager_is_told_of_what_was_not_acknowledged_once(ada: Viewer) -> None:
    ben, mia = await a_team(ada)
    lead, reminder = await a_fired(ben)
    assert reminder.fired_at is not None
    assert reminder.escalate_at == reminder.fired_at + HOUR

    await let_pass(lead, HOUR - timedelta(seconds=30))
    await fire_and_dispatch()
    early = await what_was_told(ada, "REMINDER_ESCALATED")
    await let_pass(lead, timedelta(seconds=30))
    await asyncio.gather(*(fire_and_dispatch() for _ in range(3)))

    assert early == []
    assert await what_was_told(ada, "REMINDER_ESCALATED") == [str(mia.user.id)]
    event = await last_event(ada)
    assert (event.kind, event.actor, event.subject_id) == (Kind.REMINDER_ESCALATED, "CLOCK", reminder.id)
    notification = (await told(ada))[-1]
    sentence = (await notices.load([notification.id]))[notification.id].sentence
    assert sentence == "Ben has not come back to “New roof”, whose reminder came due."
    assert (await Reminder.get(id=reminder.id)).state == "FIRED"


async def test_in_a_private_account_it_is_the_manager_too() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben, mia = await a_team(ada)
    lead, _ = await a_fired(ben)

    await let_pass(lead, HOUR)
    await fire_and_dispatch()

    assert await what_was_told(ada, "REMINDER_ESCALATED") == [str(mia.user.id)]


async def test_administrators_are_told_where_nobody_manages_the_person(ada: Viewer) -> None:
    ben = await a_user(ada)
    lead, _ = await a_fired(ben)

    await let_pass(lead, HOUR)
    await fire_and_dispatch()

    assert await what_was_told(ada, "REMINDER_ESCALATED") == [str(ada.user.id)]


async def test_a_manager_who_may_not_see_the_lead_is_told_nothing(ada: Viewer) -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben, mia = await a_team(ada)
    others = await a_lead(ada)
    await database.fetch("update leads set owner_id = null where id = $1 returning 1", others.id)
    await set_reminder(others.id, by=ben, at=After(HOUR), terms=AFTER_AN_HOUR)
    await database.fetch("update leads set owner_id = $2 where id = $1 returning 1", others.id, ada.user.id)
    await to_be_due_in(others, NOW)
    await fire_and_dispatch()

    await let_pass(others, HOUR)
    await fire_and_dispatch()

    assert str(mia.user.id) not in await what_was_told(ada, "REMINDER_ESCALATED")
    assert await what_was_told(ada, "REMINDER_ESCALATED") == [str(ada.user.id)]


async def read(lead: Lead, reminder: Reminder, by: Viewer) -> None:
    await mark_read([each.id for each in await told(by) if each.user_id == by.user.id], by=by)


async def say_done(lead: Lead, reminder: Reminder, by: Viewer) -> None:
    await done(reminder.id, by=by)


async def put_off(lead: Lead, reminder: Reminder, by: Viewer) -> None:
    await snooze(reminder.id, by=by, until=After(timedelta(days=3)))


async def touch(lead: Lead, reminder: Reminder, by: Viewer) -> None:
    await star(lead.id, by=by)


@pytest.mark.parametrize("acknowledge", [read, say_done, put_off, touch])
async def test_nobody_else_is_told_of_what_was_acknowledged(ada: Viewer, acknowledge: Any) -> None:
    ben, _ = await a_team(ada)
    lead, reminder = await a_fired(ben)
    await acknowledge(lead, reminder, ben)

    await let_pass(lead, HOUR)
    await fire_and_dispatch()

    assert await what_was_told(ada, "REMINDER_ESCALATED") == []
    assert await events(ada, kind=Kind.REMINDER_ESCALATED) == []
    noticed = await events(ada, kind=Kind.REMINDER_ACKNOWLEDGED)
    assert len(noticed) == (1 if acknowledge in (read, touch) else 0)


async def test_what_somebody_else_does_acknowledges_nothing(ada: Viewer) -> None:
    ben, mia = await a_team(ada)
    lead, _ = await a_fired(ben)
    await star(lead.id, by=ada)

    await let_pass(lead, HOUR)
    await fire_and_dispatch()

    assert await what_was_told(ada, "REMINDER_ESCALATED") == [str(mia.user.id)]


async def test_the_row_is_what_the_journal_says(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await set_reminder(lead.id, by=ada, at=AN_INSTANT, terms=Terms(escalate_after=HOUR))
    await asyncio.sleep(0.002)

    await fire_all_due()
    await require_replayable(ada)
    await database.fetch("update reminders set escalate_at = now() where lead_id = $1 returning 1", lead.id)
    await fire_all_due()

    await require_replayable(ada, apart_from={"escalate_at"})
    assert (await last_event(ada)).kind == Kind.REMINDER_ESCALATED
