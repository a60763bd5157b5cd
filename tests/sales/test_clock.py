"""The clock: what is due fires once, never early, and people and clock never both win."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from sales import clock, database, failures, replays
from sales.clock import fire_due, next_due_in
from sales.errors import ReminderNotPending
from sales.journal import Kind
from sales.leads import Lead, Status
from sales.leads.owners import assign
from sales.moments import After, On
from sales.reminders import Reminder, ReminderState
from sales.reminders.decisions import cancel, move, set_reminder
from sales.statuses import close, stand_by
from sales.viewers import Viewer
from tests.conftest import Figures
from tests.factories import a_lead, a_user, an_account, events, last_event, reminders_of
from tests.sales.many import many_standbys

AN_INSTANT = After(timedelta(milliseconds=1))
RACES = 1_000
AT_ONCE = 10
TENSION = 0.04


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


async def test_two_clocks_at_once_fire_each_reminder_once_in_gapless_positions(ada: Viewer) -> None:
    await many_standbys(ada, 300, first_in=timedelta(0))

    await asyncio.gather(*(fire_all_due(limit=20) for _ in range(4)))

    fired = await events(ada, kind=Kind.REMINDER_FIRED)
    everything = await events(ada)
    assert len(fired) == len({event.subject_id for event in fired}) == 300
    assert [event.position for event in everything] == list(range(1, len(everything) + 1))
    assert [event.at for event in everything] == sorted(event.at for event in everything)


@pytest.mark.parametrize("fired", [0, 20_000])
async def test_looking_for_what_is_due_uses_its_index(ada: Viewer, fired: int) -> None:
    """However many are over, whose moment has passed, too: nobody tells the planner that those aren't due."""
    async with database.transaction() as transaction:
        await many_standbys(ada, 5_000, first_in=timedelta(days=1))
        if fired:
            await many_standbys(await an_account(), fired, first_in=timedelta(days=-1))
            await database.fetch("update reminders set state = 'FIRED', fired_at = due_at where due_at < now()")
        await database.fetch("analyze reminders, leads")

        plan = "\n".join(row["QUERY PLAN"] for row in await database.fetch(f"explain {clock.FIRE.statement}", 500))

        assert re.search(r"Index Scan (using|on) reminders_due", plan)
        assert "Index Cond: (due_at <= now())" in plan
        assert not re.search(r"Seq Scan on (reminders|leads)", plan)
        await transaction.rollback()


async def test_the_next_reminder_is_as_far_away_as_the_database_says(ada: Viewer) -> None:
    await fire_all_due()
    await many_standbys(ada, 1, first_in=timedelta(milliseconds=300))

    seconds = await next_due_in()

    assert seconds is not None
    assert 0 < seconds <= 0.3


async def test_clock_and_person_race_a_thousand_times_and_exactly_one_of_them_wins(
    ada: Viewer, figures: Figures
) -> None:
    """At the very instant at which a reminder comes due somebody moves or cancels it: it fired or it didn't, and the
    answer says which."""
    reminders = await many_standbys(ada, RACES, first_in=timedelta(hours=1))
    over = asyncio.Event()
    ticking = [asyncio.create_task(ticks(over)) for _ in range(2)]

    answers = [answer for ids in in_groups(list(reminders)) for answer in await race(ids, ada)]

    over.set()
    await asyncio.gather(*ticking)
    fired = Counter(event.subject_id for event in await events(ada, kind=Kind.REMINDER_FIRED))
    after = {reminder.id: reminder for reminder in await Reminder.filter(account_id=ada.account.id)}
    leads = {lead.id: lead for lead in await Lead.filter(account_id=ada.account.id)}
    for (reminder_id, lead_id), answer in zip(reminders.items(), answers, strict=True):
        reminder, lead = after[reminder_id], leads[lead_id]
        match answer:
            case "moved":
                assert (reminder.state, lead.status, fired[reminder_id]) == ("PENDING", "STANDBY", 0)
            case "cancelled":
                assert (reminder.state, lead.status, fired[reminder_id]) == ("CANCELLED", "TODO", 0)
            case datetime() as since:
                assert (reminder.state, lead.status, fired[reminder_id]) == ("FIRED", "TODO", 1)
                assert reminder.fired_at == since
                assert since >= reminder.due_at
    assert None not in answers
    kinds = Counter(answer if isinstance(answer, str) else "fired" for answer in answers)
    figures(f"{RACES} races: {dict(kinds)}")
    assert set(kinds) == {"moved", "cancelled", "fired"}


async def test_a_reminder_that_cannot_fire_is_set_aside_after_five_tries_and_stops_no_other(ada: Viewer) -> None:
    good, bad = await a_lead(ada), await a_lead(ada)
    for lead in (bad, good):
        await stand_by(lead.id, by=ada, until=AN_INSTANT)
    [poison] = await reminders_of(bad)

    async with poisoned(poison):
        await fire_due()
        assert (await Lead.get(id=good.id)).status == Status.TODO
        for _ in range(failures.MOST_TRIES - 1):
            await a_second_later(ada)
            await fire_due()

    [failure] = await failures.Failure.filter(account_id=ada.account.id)
    assert (failure.stage, failure.subject, failure.tries) == ("CLOCK", str(poison.id), 5)
    assert "poison" in failure.error
    assert failure.set_aside_at is not None
    assert (await Reminder.get(id=poison.id)).set_aside_at is not None
    assert (await Lead.get(id=bad.id)).status == Status.STANDBY


async def test_tries_within_a_second_count_as_one(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)
    [poison] = await reminders_of(lead)

    async with poisoned(poison):
        for _ in range(10):
            await fire_due()
        [failure] = await failures.Failure.filter(account_id=ada.account.id)
        await set_aside_for_good(ada, poison)

    assert (failure.tries, failure.set_aside_at) == (1, None)


async def test_what_was_set_aside_fires_when_it_is_replayed(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)
    [poison] = await reminders_of(lead)
    async with poisoned(poison):
        await set_aside_for_good(ada, poison)
    [failure] = await failures.Failure.filter(account_id=ada.account.id)

    still_failing = await replays.replay([failure.id])
    await fire_all_due()

    assert still_failing == []
    assert (await Lead.get(id=lead.id)).status == Status.TODO
    assert (await failures.Failure.get(id=failure.id)).replayed_at is not None


async def fire_all_due(*, limit: int = 500) -> None:
    """Wait until what was meant to be due in an instant is, and fire it all."""
    await asyncio.sleep(0.002)
    while await fire_due(limit):
        pass


def in_groups(ids: list[UUID]) -> list[list[UUID]]:
    return [ids[n : n + AT_ONCE] for n in range(0, len(ids), AT_ONCE)]


async def race(ids: list[UUID], by: Viewer) -> list[str | datetime | None]:
    """Have these come due in a few milliseconds, while people move or cancel them; what each was answered."""
    await database.fetch(
        "update reminders set due_at = now() + $2::interval, notify_at = now() + $2::interval where id = any($1)",
        ids, timedelta(seconds=TENSION / 2),
    )  # fmt: skip
    return await asyncio.gather(*(decide(n, id, by) for n, id in enumerate(ids)))


async def decide(n: int, reminder_id: UUID, by: Viewer) -> str | datetime | None:
    """Move or cancel at some instant around the one at which it is due; when it fired, if it was faster."""
    await asyncio.sleep(random.uniform(0, TENSION))
    try:
        if n % 2:
            await move(reminder_id, by=by, at=After(timedelta(hours=1)))
            return "moved"
        await cancel(reminder_id, by=by)
        return "cancelled"
    except ReminderNotPending as refusal:
        return refusal.since if refusal.state == ReminderState.FIRED else None


async def ticks(over: asyncio.Event) -> None:
    while not over.is_set():
        if not await fire_due():
            await asyncio.sleep(0.001)


async def make_due(lead: Lead, *, in_seconds: float = 0) -> None:
    await database.fetch(
        "update reminders set due_at = now() + $2::interval, notify_at = now() + $2::interval where lead_id = $1",
        lead.id, timedelta(seconds=in_seconds),
    )  # fmt: skip


async def a_second_later(by: Viewer) -> None:
    await database.fetch(
        "update failures set last_at = last_at - interval '1 second' where account_id = $1", by.account.id
    )


async def set_aside_for_good(by: Viewer, poison: Reminder) -> None:
    while (await Reminder.get(id=poison.id)).set_aside_at is None:
        await fire_due()
        await a_second_later(by)


@asynccontextmanager
async def poisoned(reminder: Reminder, *, column: str = "state") -> AsyncIterator[None]:
    """This reminder cannot fire for as long as the block lasts."""
    name = f"poison_{reminder.id.hex}"
    await database.fetch(
        f"create function {name}() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$"
    )
    await database.fetch(
        f"create trigger {name} before update of {column} on reminders for each row when (new.id = '{reminder.id}') "
        f"execute function {name}()"
    )
    try:
        yield
    finally:
        await database.fetch(f"drop trigger {name} on reminders")
        await database.fetch(f"drop function {name}()")
