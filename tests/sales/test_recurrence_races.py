"""A series that comes due while people decide about it."""

import asyncio
import random
from datetime import timedelta

from sales import database
from sales.errors import Refusal
from sales.moments import After
from sales.reminders import Reminder
from sales.reminders.decisions import end_series, move, skip
from sales.viewers import Viewer
from tests.conftest import Figures
from tests.factories import reminders_of
from tests.sales.recurring import a_recurring
from tests.turning import fire_all_due, ticks

RACES = 200


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
