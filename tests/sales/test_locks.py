"""Many people at once, and the clock among them: nobody waits for ever, nothing is half done."""

import asyncio
import random

from sales import clock, database, dispatch
from sales.errors import Refusal, Refused
from sales.viewers import Viewer
from tests.factories import a_lead, a_user
from tests.sales.deeds import DEEDS, do, require_replayable

PEOPLE = 8
DEEDS_EACH = 120


async def test_people_and_the_clock_at_once_end_without_a_deadlock_and_with_a_true_journal(ada: Viewer) -> None:
    ben = await a_user(ada)
    for number in range(12):
        await a_lead(ada, title=str(number))
    over = asyncio.Event()

    async def person(seed: int) -> int:
        chance, done = random.Random(seed), 0
        for _ in range(DEEDS_EACH):
            try:
                await do(chance.choice(DEEDS), chance.randrange(30), chance.randrange(30), ada, ben)
                done += 1
            except (Refusal, Refused):
                continue
        return done

    async def the_clock() -> int:
        fired = 0
        while not over.is_set():
            # What was put off until tomorrow is due today. The leads are locked too: their todo_at follows.
            await database.fetch(
                """update reminders set due_at = now(), notify_at = now() where id in (
                     select r.id from reminders r join leads l on l.id = r.lead_id
                     where r.account_id = $1 and r.state = 'PENDING' limit 3
                     for no key update of r, l skip locked) returning id""",
                ada.account.id,
            )
            fired += await clock.fire_due()
            await dispatch.dispatch()
        return fired

    ticking = asyncio.create_task(the_clock())
    done = await asyncio.gather(*(person(seed) for seed in range(PEOPLE)))
    over.set()

    assert sum(done) > PEOPLE * DEEDS_EACH / 4
    assert await ticking > 20
    await require_replayable(ada, apart_from={"due_at", "notify_at"})
