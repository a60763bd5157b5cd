"""The clock: what is due fires, never early, in one event that says all that it changed."""

import asyncio
from datetime import UTC, date, datetime, timedelta

from sales import clock, database
from sales.clock import next_due_in
from sales.journal import Kind
from sales.leads import Lead, Status
from sales.leads.owners import assign
from sales.moments import After, On
from sales.reminders import ReminderState
from sales.reminders.decisions import set_reminder
from sales.statuses import close, stand_by
from sales.sweeps import BATCH
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_account, events, last_event, reminders_of
from tests.sales.many import many_standbys
from tests.turning import AN_INSTANT, fire_all_due


async def test_a_due_reminder_wakes_its_lead_and_says_so_in_one_event(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)

    await fire_all_due()

    woken, [reminder], event = await Lead.get(id=lead.id), await reminders_of(lead), await last_event(ada)
    assert (woken.status, woken.waking_reminder_id, woken.version) == (Status.TODO, None, 3)
    assert woken.status_changed_at == reminder.fired_at
    assert (reminder.state, reminder.user_id) == (ReminderState.FIRED, ada.user.id)
    assert (event.kind, event.actor, event.actor_id) == (Kind.REMINDER_FIRED, "CLOCK", None)
    assert (event.subject_id, event.lead_id, event.lead_version) == (reminder.id, lead.id, 3)
    assert event.owner_id == ada.user.id
    assert len(await events(ada, kind=Kind.REMINDER_FIRED)) == 1


async def test_the_event_holds_every_column_that_firing_changed(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)
    before = await Lead.get(id=lead.id)

    await fire_all_due()

    woken, [reminder], event = await Lead.get(id=lead.id), await reminders_of(lead), await last_event(ada)
    assert reminder.fired_at is not None
    assert event.changes == {
        "state": ["PENDING", "FIRED"],
        "fired_at": [None, reminder.fired_at.isoformat()],
        "user_id": [None, str(ada.user.id)],
        "leads": {
            str(lead.id): {
                "status": ["STANDBY", "TODO"],
                "status_changed_at": [before.status_changed_at.isoformat(), woken.status_changed_at.isoformat()],
                "waking_reminder_id": [str(reminder.id), None],
                "version": [2, 3],
            }
        },
    }


async def test_instants_are_written_as_python_writes_them_on_a_whole_second_too(ada: Viewer) -> None:
    for moment in (datetime(2026, 11, 23, 7, 0, tzinfo=UTC), datetime(2026, 11, 23, 7, 0, 0, 120_000, tzinfo=UTC)):
        [row] = await database.fetch(f"select {clock.iso('$1::timestamptz')} as written", moment)

        assert row["written"] == moment.isoformat()


async def test_a_reminder_that_is_not_due_stays(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=After(timedelta(hours=1)))

    await fire_all_due()

    assert (await Lead.get(id=lead.id)).status == Status.STANDBY


async def test_today_without_a_time_is_due_at_once(ada: Viewer) -> None:
    lead = await a_lead(ada)
    [row] = await database.fetch("select (now() at time zone $1)::date as today", ada.user.time_zone)
    today: date = row["today"]
    await stand_by(lead.id, by=ada, until=On(today))

    await fire_all_due()

    assert (await Lead.get(id=lead.id)).status == Status.TODO


async def test_another_reminder_tells_its_person_and_leaves_the_lead_as_it_is(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await close(lead.id, by=ada, status=Status.WON)
    await set_reminder(lead.id, by=ada, at=AN_INSTANT)

    await fire_all_due()

    [reminder], after, event = await reminders_of(lead), await Lead.get(id=lead.id), await last_event(ada)
    assert (reminder.state, after.status, after.version) == (ReminderState.FIRED, Status.WON, 4)
    assert event.changes["leads"] == {str(lead.id): {"version": [3, 4]}}
    assert "user_id" not in event.changes


async def test_a_waking_reminder_is_whoever_owns_the_lead_when_it_fires(ada: Viewer) -> None:
    ben = await a_user(ada)
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)
    await assign(lead.id, by=ada, owner_id=ben.user.id)

    await fire_all_due()

    [reminder] = await reminders_of(lead)
    assert reminder.user_id == ben.user.id


async def test_without_an_owner_it_is_its_creators_and_nobodys_when_that_person_is_gone(ada: Viewer) -> None:
    ben = await a_user(ada)
    his, orphan = await a_lead(ben), await a_lead(ben)
    for lead in (his, orphan):
        await stand_by(lead.id, by=ben, until=After(timedelta(milliseconds=100)))
        await assign(lead.id, by=ada, owner_id=None)
    await make_due(orphan, in_seconds=3600)
    await make_due(his)
    await fire_all_due()
    await database.fetch("update users set deactivated_at = now() where id = $1", ben.user.id)
    await make_due(orphan)

    await fire_all_due()

    assert [reminder.user_id for reminder in await reminders_of(his)] == [ben.user.id]
    assert [reminder.user_id for reminder in await reminders_of(orphan)] == [None]


async def test_reminders_of_one_lead_fire_one_after_the_other_each_with_a_version_of_its_own(ada: Viewer) -> None:
    lead = await a_lead(ada)
    for _ in range(3):
        await set_reminder(lead.id, by=ada, at=AN_INSTANT)

    await fire_all_due()

    fired = await events(ada, kind=Kind.REMINDER_FIRED)
    assert [event.lead_version for event in fired] == [5, 6, 7]
    assert [event.position for event in fired] == sorted(event.position for event in fired)


async def test_whoever_is_at_many_leads_that_are_due_delays_no_other(ada: Viewer) -> None:
    await fire_all_due()
    eve = await an_account()
    other = await a_lead(eve)
    await stand_by(other.id, by=eve, until=AN_INSTANT)
    held, over = asyncio.Event(), asyncio.Event()
    await many_standbys(ada, BATCH + 10, first_in=timedelta(seconds=-9))

    async def somebody() -> None:
        async with database.transaction():
            await database.fetch("select from leads where account_id = $1 for no key update", ada.account.id)
            held.set()
            await over.wait()

    async with asyncio.timeout(30), asyncio.TaskGroup() as beside:
        beside.create_task(somebody())
        await held.wait()
        await fire_all_due()
        over.set()

    assert (await Lead.get(id=other.id)).status == Status.TODO
    assert await Lead.filter(account_id=ada.account.id, status=Status.STANDBY).count() == BATCH + 10
    await fire_all_due()
    assert await Lead.filter(account_id=ada.account.id, status=Status.STANDBY).count() == 0


async def test_the_next_reminder_is_as_far_away_as_the_database_says(ada: Viewer) -> None:
    await fire_all_due()
    await many_standbys(ada, 1, first_in=timedelta(milliseconds=300))

    seconds = await next_due_in()

    assert seconds is not None
    assert 0 < seconds <= 0.3


async def make_due(lead: Lead, *, in_seconds: float = 0) -> None:
    await database.fetch(
        "update reminders set due_at = now() + $2::interval, notify_at = now() + $2::interval where lead_id = $1",
        lead.id, timedelta(seconds=in_seconds),
    )  # fmt: skip
