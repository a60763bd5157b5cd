"""What triggers keep is what one would count: totals, the moment to come back to a lead, its plain text."""

import asyncio
import random
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

from sales import clock, database, totals
from sales.errors import Refusal, Refused
from sales.leads import Lead
from sales.leads.edit import LeadFields, edit
from sales.leads.owners import assign
from sales.moments import After
from sales.money import Money
from sales.reminders.decisions import done, set_reminder
from sales.statuses import stand_by
from sales.steps.delete import delete_step
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, reminders_of, steps_of
from tests.sales.deeds import DEEDS, do
from tests.turning import AN_INSTANT

DEEDS_EACH = 100
SOON, LATER = AN_INSTANT, After(timedelta(days=3))


async def test_after_whatever_two_people_and_the_clock_do_at_once_the_figures_are_those_counted(ada: Viewer) -> None:
    ben = await a_user(ada)
    for n in range(6):
        await a_lead(ada, title=str(n), money=euros(f"{n}.25"), probability=n or None)

    async def person(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(DEEDS_EACH):
            try:
                await do(chance.choice(DEEDS), chance.randrange(30), chance.randrange(30), ada, ben)
            except (Refusal, Refused):
                continue

    over = asyncio.Event()
    ticking = asyncio.create_task(_bring_forward(ada, over))
    await asyncio.gather(person(1), person(2))
    over.set()
    await ticking

    await require_kept(ada)


async def test_a_deleted_step_takes_its_totals_along_and_its_leads_count_in_the_target(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    for amount in ("10", "20"):
        await a_lead(ada, step=first, money=euros(amount))
    await a_lead(ada, step=second, money=euros("5.5"), probability=50)

    await delete_step(first.id, by=ada, target_step_id=second.id)

    [row] = await totals.LeadTotal.filter(account_id=ada.account.id)
    assert (row.step_id, row.leads, row.currency) == (second.id, 3, "EUR")
    assert [float(figure) for figure in (row.amount, row.weighted, row.unweighted)] == [35.5, 2.75, 30]
    await require_kept(ada)


async def test_an_amount_that_changes_is_counted_once(ada: Viewer) -> None:
    lead = await a_lead(ada, money=euros("10"))

    await edit(lead.id, by=ada, fields=LeadFields(money=euros("12")))

    [row] = await totals.LeadTotal.filter(account_id=ada.account.id)
    assert [row.leads, *map(float, (row.amount, row.weighted, row.unweighted))] == [1, 12, 0, 12]


async def test_totals_can_be_counted_anew(ada: Viewer) -> None:
    await a_lead(ada)
    await database.fetch("update lead_totals set leads = 7 where account_id = $1 returning 1", ada.account.id)

    await totals.rebuild(ada.account.id)

    await require_kept(ada)


async def test_a_lead_comes_back_at_the_first_open_reminder_of_its_owners(ada: Viewer) -> None:
    ben, lead = await a_user(ada), await a_lead(ada)
    await set_reminder(lead.id, by=ada, at=LATER)
    await set_reminder(lead.id, by=ada, at=SOON, user_id=ben.user.id)
    bens, adas = sorted(await reminders_of(lead), key=lambda reminder: reminder.due_at)

    of_ada = (await Lead.get(id=lead.id)).todo_at
    await assign(lead.id, by=ada, owner_id=ben.user.id)
    of_ben = (await Lead.get(id=lead.id)).todo_at
    await done(bens.id, by=ben)
    of_none = (await Lead.get(id=lead.id)).todo_at

    assert (of_ada, of_ben) == (adas.due_at, bens.due_at)
    assert of_none == (adas.due_at if adas.user_id is None else None)


async def test_what_follows_from_a_reminder_raises_no_version(ada: Viewer) -> None:
    lead = await a_lead(ada)

    await stand_by(lead.id, by=ada, until=LATER)

    put_away = await Lead.get(id=lead.id)
    assert put_away.version == lead.version + 1
    assert put_away.todo_at is not None


async def test_the_migration_fills_what_is_kept_for_the_rows_that_are_there(ada: Viewer) -> None:
    migration = import_module("sales.migrations.0003_kept_figures")
    lead = await a_lead(ada, title="Éclairage", description="Hall", money=euros("10"))
    await stand_by(lead.id, by=ada, until=LATER)

    async with database.transaction() as transaction:
        for emptied in ("delete from lead_totals", "delete from lead_texts", "update leads set todo_at = null"):
            await database.fetch(f"{emptied} returning 1")
        for statement in migration.FILLED:
            await transaction.execute_script(statement)

        await require_kept(ada)
        await transaction.rollback()


def euros(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


async def require_kept(by: Viewer) -> None:
    """Totals, moments and texts are those that one would count, find and write."""
    kept = await database.fetch(_KEPT, by.account.id)
    assert kept == await database.fetch(_COUNTED, by.account.id)
    assert await database.fetch(_OTHERWISE, by.account.id) == []


async def _bring_forward(by: Viewer, over: asyncio.Event) -> None:
    """The clock, for which everything that was put off is due."""
    while not over.is_set():
        await database.fetch(
            """update reminders set due_at = now(), notify_at = now() where id in (
                 select r.id from reminders r join leads l on l.id = r.lead_id
                 where r.account_id = $1 and r.state = 'PENDING' limit 3
                 for no key update of r, l skip locked) returning id""",
            by.account.id,
        )
        await clock.fire_due()


_KEPT = """
select step_id, status, owner_id, currency, leads, amount, weighted, unweighted from lead_totals
where account_id = $1 and (leads, amount, weighted, unweighted) <> (0, 0, 0, 0) order by 1, 2, 3, 4
"""
_COUNTED = """
select step_id, status, owner_id, currency, count(*) as leads, coalesce(sum(amount), 0) as amount,
  coalesce(sum(amount * probability) / 100, 0) as weighted,
  coalesce(sum(case when probability is null then amount end), 0) as unweighted
from leads where account_id = $1 group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""
_OTHERWISE = """
select l.id from leads l left join lead_texts t on t.lead_id = l.id and t.account_id = l.account_id
where l.account_id = $1 and (
  t.text is distinct from plain_text(l.title || chr(10) || l.description)
  or l.todo_at is distinct from (
    select min(r.due_at) from reminders r where r.lead_id = l.id and r.state in ('PENDING', 'FIRED')
      and coalesce(r.user_id, l.owner_id) = l.owner_id))
"""
