"""The canary: one each minute, fired and told once, however many workers look."""

import asyncio

from sales import canaries, database
from sales.canaries import Canary


async def test_a_canary_is_set_fired_at_its_minute_and_told_after_that() -> None:
    await database.fetch("delete from canaries")

    first, next_in = await canaries.fire()
    told_nothing = await canaries.tell()
    await a_minute_passes()
    fired, _ = await canaries.fire()
    told = await canaries.tell()

    assert (first, told_nothing, fired, told) == (0, 0, 1, 1)
    assert 0 <= next_in <= 60
    [last] = await Canary.filter(dispatched_at__isnull=False)
    assert last.due_at <= (last.fired_at or last.due_at) <= (last.dispatched_at or last.due_at)


async def test_of_many_workers_one_fires_it() -> None:
    await database.fetch("delete from canaries")
    await canaries.fire()
    await a_minute_passes()

    fired = await asyncio.gather(*(canaries.fire() for _ in range(6)))

    assert sum(number for number, _ in fired) == 1
    assert await canaries.tell() == 1
    assert await canaries.tell() == 0


async def test_its_age_grows_while_nobody_tells_it() -> None:
    await database.fetch("delete from canaries")
    assert await age() is None
    await canaries.fire()
    await a_minute_passes()
    await canaries.fire()
    await canaries.tell()
    young = await age()

    await database.fetch("update canaries set due_at = due_at - interval '5 minutes'")

    old = await age()
    assert young is not None
    assert old is not None
    assert -1 <= young < 61
    assert 299 <= old - young < 310


async def test_those_of_yesterday_are_forgotten() -> None:
    await database.fetch("delete from canaries")
    await canaries.fire()
    await database.fetch("update canaries set due_at = due_at - interval '25 hours'")

    assert await canaries.forget_old() == 1
    assert await Canary.all().count() == 0


async def age() -> float | None:
    [row] = await database.fetch(f"select {canaries.age()}::float8 as age")
    seconds: float | None = row["age"]
    return seconds


async def a_minute_passes() -> None:
    """What was set for the next minute is due now."""
    await database.fetch("update canaries set due_at = date_trunc('minute', now()) where fired_at is null")
