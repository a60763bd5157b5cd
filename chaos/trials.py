"""A trial: people work while something is hurt; then all is whole again, what is left is done, and it is checked."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from chaos.checker import Broken, check, lateness
from chaos.receivers import Manners
from chaos.worlds import NeverSo, World

ON_TIME: Final = timedelta(seconds=2)
"""How late a reminder may be once nothing is hurt any more (I12)."""

_PEOPLE: Final = 2
_LEADS: Final = 40
_LEADS_AFTER: Final = 6
_BEATS: Final = "select count(*) as alive from workers where beat_at > now() - interval '5 seconds'"


@dataclass
class Trial:
    """One scenario at work on a world; `random` is the scenario's own, so that it can be replayed alone."""

    world: World
    random: random.Random
    seconds: float = 2.0
    accounts: list[UUID] = field(default_factory=list)
    broken: Broken = field(default_factory=dict)
    """What the scenario itself has found broken."""

    async def ticks(self, least: float, most: float) -> AsyncIterator[None]:
        """Again and again, after irregular pauses, for as long as the fault lasts."""
        ends = time.monotonic() + self.seconds
        while (pause := self.random.uniform(least, most)) < ends - time.monotonic():
            await asyncio.sleep(pause)
            yield


Fault = Callable[[Trial], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """A fault that leaves the world whole again; `workers` are there when it begins."""

    name: str
    words: str
    fault: Fault
    workers: int = 2
    manners: Manners = field(default_factory=Manners)


@dataclass
class Verdict:
    """What came of a trial; `broken` is empty where every promise was kept."""

    broken: Broken
    reminders: int
    late: timedelta
    late_after: timedelta
    seconds: float


async def tried(scenario: Scenario, world: World, *, seed: str, seconds: float = 2.0) -> Verdict:
    """Run one scenario to its end. Whatever isn't done in the end is a broken promise as well (I5, I11)."""
    began = time.monotonic()
    trial = Trial(world, random.Random(f"{seed} {scenario.name}"), seconds)
    people = [await world.people() for _ in range(_PEOPLE)]
    trial.accounts = [somebody.account for somebody in people]
    world.behave(scenario.manners)
    for _ in range(scenario.workers):
        world.start_worker()
    await world.all_up()
    try:
        async with asyncio.timeout(60 + seconds):
            await asyncio.gather(scenario.fault(trial), *(each.work(_LEADS, within=(0.3, seconds)) for each in people))
            world.behave(Manners())
            await world.drained(trial.accounts)
            broken = await check(world, trial.accounts) | trial.broken
            late_after = await _whole_again(world, broken)
    except (NeverSo, TimeoutError) as problem:
        broken = trial.broken | {"I11 alive": [str(problem) or "people were never answered"]}
        late_after = timedelta()
    finally:
        for worker in world.workers:
            worker.thaw()
        await world.end_workers()
    late = await lateness(world, trial.accounts)
    return Verdict(broken, _LEADS * _PEOPLE, late, late_after, time.monotonic() - began)


async def _whole_again(world: World, broken: Broken) -> timedelta:
    """Everything works as if nothing had been: those that live beat, and reminders are on time."""
    [row] = await world.query(_BEATS)
    alive = sum(worker.lives for worker in world.workers)
    if row["alive"] < alive:
        words = f"{row['alive']} of {alive} workers were heard of in the last 5 seconds"
        broken.setdefault("I11 alive", []).append(words)
    somebody = await world.people()
    await somebody.work(_LEADS_AFTER, within=(0.3, 0.8), minds_changed=0)
    await world.drained([somebody.account])
    late = await lateness(world, [somebody.account])
    if late > ON_TIME:
        words = f"{late.total_seconds():.1f} s late when all was whole again"
        broken.setdefault("I12 bounded", []).append(words)
    return late
