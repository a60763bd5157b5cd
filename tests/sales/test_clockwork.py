"""What the clock looks for besides reminders that fire: each by its index, and with one glance for all of it."""

import re
from datetime import timedelta

from sales import clock, database
from sales.failures import MOST_TRIES, Failure
from sales.leads import Status
from sales.moments import After
from sales.reminders import Reminder, clockwork, following
from sales.reminders.decisions import set_reminder
from sales.reminders.terms import Terms
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.api import counted_statements
from tests.factories import a_lead, reminders_of
from tests.sales.failing import a_second_later, poisoned
from tests.sales.many import many_standbys
from tests.turning import AN_INSTANT, fire_all_due, to_be_due_in

HOUR = timedelta(hours=1)

_MANY_FIRED = """
with l as (update leads set status = 'TODO', waking_reminder_id = null
  where account_id = $1 and number % 2 = 0 returning id)
update reminders r set state = 'FIRED', due_at = now(), notify_at = now(), fired_at = now()
from l where r.lead_id = l.id
returning 1
"""


LOOKS = [
    (clock.FIRE_UNLESS_OVERTAKEN.statement, "reminders_(conditional|due)"),
    (clockwork.DISSOLVE.statement, "reminders_conditional"),
    (clockwork.POSTPONE.statement, "reminders_conditional"),
    (clockwork.TELL_AHEAD.statement, "reminders_ahead"),
    (clockwork.ESCALATE.statement, "reminders_escalating"),
    (following._DUE_IDS, "reminders_to_follow"),
]


async def test_each_looks_by_its_index(ada: Viewer) -> None:
    async with database.transaction() as transaction:
        await many_standbys(ada, 5_000, first_in=timedelta(days=1))
        await database.fetch(_MANY_FIRED, ada.account.id)
        await database.fetch("analyze reminders")

        for statement, index in LOOKS:
            plan = "\n".join(row["QUERY PLAN"] for row in await database.fetch(f"explain {statement}", 500))
            assert re.search(rf"Scan (using|on) {index}", plan), plan
        await transaction.rollback()


async def test_a_clock_with_nothing_to_do_asks_twice(ada: Viewer) -> None:
    await fire_all_due()

    with counted_statements() as statements:
        await clock.fire_due()

    assert len(statements) == 2


async def test_what_cannot_be_told_ahead_is_set_aside_and_stops_no_other(ada: Viewer) -> None:
    good, bad = await a_lead(ada), await a_lead(ada)
    for lead in (bad, good):
        await set_reminder(lead.id, by=ada, at=After(2 * HOUR), terms=Terms(ahead=[HOUR]))
        await to_be_due_in(lead, HOUR)
    [poison], [other] = await reminders_of(bad), await reminders_of(good)
    waking = await a_lead(ada)
    await stand_by(waking.id, by=ada, until=AN_INSTANT)

    async with poisoned(poison, column="ahead_at"):
        for _ in range(MOST_TRIES):
            await a_second_later(ada)
            await clock.fire_due()

    assert (await Reminder.get(id=other.id)).ahead_at is None
    assert (await Reminder.get(id=poison.id)).set_aside_at is not None
    [failure] = await Failure.filter(account_id=ada.account.id)
    assert (failure.subject, failure.tries) == (str(poison.id), MOST_TRIES)
    await waking.refresh_from_db()
    assert waking.status == Status.TODO
