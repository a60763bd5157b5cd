"""Two clocks, or a clock and people, at once: each reminder fires once, and people and clock never both win."""

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from sales import database
from sales.errors import ReminderNotPending
from sales.journal import Kind
from sales.leads import Lead
from sales.moments import After
from sales.reminders import Reminder, ReminderState
from sales.reminders.decisions import cancel, move
from sales.viewers import Viewer
from tests.conftest import Figures
from tests.factories import events
from tests.sales.many import many_standbys
from tests.turning import fire_all_due, ticks

RACES = 1_000
AT_ONCE = 10
TENSION = 0.04


async def test_two_clocks_at_once_fire_each_reminder_once_in_gapless_positions(ada: Viewer) -> None:
    await many_standbys(ada, 300, first_in=timedelta(0))

    await asyncio.gather(*(fire_all_due(limit=20) for _ in range(4)))

    fired = await events(ada, kind=Kind.REMINDER_FIRED)
    everything = await events(ada)
    assert len(fired) == len({event.subject_id for event in fired}) == 300
    assert [event.position for event in everything] == list(range(1, len(everything) + 1))
    assert [event.at for event in everything] == sorted(event.at for event in everything)


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
