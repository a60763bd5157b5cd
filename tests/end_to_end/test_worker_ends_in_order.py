"""SIGTERM: what has begun is finished, nothing new is begun, and nothing is left behind."""

import asyncio

from tests.end_to_end.worlds import World, until


async def test_a_worker_that_is_told_to_end_finishes_what_it_sends(world: World) -> None:
    await world.start_worker()
    world.mail.seconds = 1.0
    account = await world.work(60)
    await until(lambda: is_sending(world, account))

    codes = await world.stop_workers()

    world.mail.seconds = 0
    assert codes == [0]
    [row] = await world.query(
        "select count(*) as open from delivery_attempts where account_id = $1 and ended_at is null", account
    )
    assert row["open"] == 0
    assert await world.query("select * from workers where name like '%:' || $1", str(world.workers[0].pid)) == []


async def test_a_worker_says_that_it_is_alive(world: World) -> None:
    worker = await world.start_worker()

    async def beats() -> bool:
        rows = await world.query(
            "select beat_at > started_at as beats from workers where name like '%:' || $1", str(worker.pid)
        )
        return any(row["beats"] for row in rows)

    await asyncio.wait_for(until(beats), 20)


async def is_sending(world: World, account: str) -> bool:
    rows = await world.query(
        "select 1 from delivery_attempts where account_id = $1 and transmitting_at is not null and ended_at is null",
        account,
    )
    return len(rows) > 2
