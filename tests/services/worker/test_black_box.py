"""What a worker does beside its work: the canary, replays, a heartbeat that says what it hears, and forgetting."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from sales import canaries, database, workers
from sales.canaries import Canary as Minute
from sales.deliveries import Delivery, DeliveryOutcome, Replay, claiming, settling
from sales.deliveries.decisions import Dead, cancel, replay_all
from sales.ids import new_id
from sales.viewers import Viewer
from services.settings import Settings
from services.worker import chores
from services.worker.canary import Canary
from services.worker.process import _sweeps


async def test_the_canary_costs_one_look_a_minute_and_is_told_after_it_fired() -> None:
    await database.fetch("delete from canaries")
    canary = Canary()

    looks = [await canary.fire() for _ in range(3)]
    untold = await canary.tell()
    await database.fetch("update canaries set due_at = date_trunc('minute', now())")
    another = Canary()
    fired, told, again = await another.fire(), await another.tell(), await another.tell()

    assert (looks, untold) == ([0, 0, 0], 0)
    assert (fired, told, again) == (1, 1, 0)
    assert 0 < canary.next_in(None) <= 60
    assert canary.next_in(-1.0) == -1.0  # whatever comes first
    assert canary.next_in(61.0) <= 60
    assert await Minute.filter(dispatched_at__isnull=False).count() == 1


async def test_the_sweeps_fire_the_canary_and_carry_on_a_replay(delivery: UUID, ada: Viewer) -> None:
    await database.fetch("delete from canaries")
    await canaries.fire()
    await database.fetch("update canaries set due_at = date_trunc('minute', now())")
    [claim] = await claiming.claim(1)
    await settling.failed(claim, DeliveryOutcome.REJECTED, "550 no such mailbox")
    outcome = await replay_all(by=ada, dead=Dead())
    # Without what sends: this is about what leads up to it.
    sweeps = [sweep for sweep in _sweeps(Settings(), timedelta(seconds=60))[0] if sweep.name != "send"]
    running = [asyncio.create_task(sweep.run()) for sweep in sweeps]

    await until(lambda: Minute.filter(dispatched_at__isnull=False).count())
    await until(lambda: Replay.filter(id=outcome.id, state="DONE").count())

    for sweep in sweeps:
        sweep.stop()
    await asyncio.gather(*running)
    assert (await Delivery.get(id=delivery)).state == "PENDING"


async def test_what_is_old_is_forgotten_as_the_setting_says(delivery: UUID, ada: Viewer) -> None:
    await cancel(delivery, by=ada)
    await database.fetch("update deliveries set done_at = now() - interval '8 days' where id = $1", delivery)

    await chores.forget_old(timedelta(days=9))
    kept = await Delivery.filter(id=delivery).count()
    await chores.forget_old(timedelta(days=7))

    assert (kept, await Delivery.filter(id=delivery).count()) == (1, 0)


async def until(counted: Any) -> None:
    async with asyncio.timeout(10):
        while not await counted():
            await asyncio.sleep(0.02)


async def test_a_worker_learns_how_many_are_at_work() -> None:
    await database.fetch("delete from workers")
    one, other = new_id(), new_id()

    alive = [await workers.beat(id, "w") for id in (one, other, one)]
    await workers.leave(other)

    assert [*alive, await workers.beat(one, "w")] == [1, 2, 2, 1]
