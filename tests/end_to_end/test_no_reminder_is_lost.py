"""The promise, over real processes: no reminder is lost, early or doubled, whatever dies meanwhile."""

import itertools
import statistics
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from redis.asyncio import Redis

from services.local.postgres import Mode
from tests.conftest import Figures
from tests.end_to_end.worlds import World, every, until

LEADS = 200
ON_TIME = timedelta(seconds=2)

_RESULT = """
select l.status, r.state, r.due_at, r.fired_at,
  (select count(*) from journal j where j.account_id = l.account_id and j.lead_id = l.id and j.kind = 'reminder.fired')
    as events,
  (select count(*) from notifications n where n.account_id = l.account_id and n.lead_id = l.id) as notifications,
  d.id as delivery, d.state as delivery_state,
  (select count(*) from delivery_attempts a where a.delivery_id = d.id and a.outcome = 'AMBIGUOUS') as ambiguous,
  (select max(j.at) - r.due_at from journal j where j.account_id = l.account_id and j.subject_id = r.id
    and j.kind = 'reminder.fired') as late
from leads l join reminders r on r.account_id = l.account_id and r.lead_id = l.id
left join notifications n on n.account_id = l.account_id and n.lead_id = l.id
left join deliveries d on d.account_id = l.account_id and d.notification_id = n.id
where l.account_id = $1
"""

_LATEST = "select max(fired_at - due_at) as late from reminders where account_id = $1"

_UNDONE = """
select (select count(*) from reminders where account_id = $1 and state = 'PENDING')
  + (select count(*) from deliveries where account_id = $1 and state = 'PENDING')
  + (select h.position - c.dispatched from journal_heads h join dispatch_cursors c using (account_id)
     where account_id = $1) as undone
"""


async def test_two_workers_wake_every_lead_on_time_and_tell_once(world: World, figures: Figures) -> None:
    await two_workers(world)

    account = await world.work(LEADS)

    figures(f"quiet: {await kept(world, account)}")
    [row] = await world.query(_LATEST, account)
    assert row["late"] < ON_TIME


async def test_a_worker_killed_every_second_loses_and_doubles_nothing(world: World, figures: Figures) -> None:
    await two_workers(world)

    async with every(0.4, world.kill_a_worker):  # starting the next one takes the rest of the second
        account = await world.work(LEADS)
        await all_is_done(world, account)

    figures(f"a worker killed every second: {await kept(world, account)}")


async def test_flushing_redis_costs_nothing(world: World, figures: Figures) -> None:
    await two_workers(world)

    async def flush() -> None:
        async with Redis.from_url(world.valkey.url) as redis:
            await redis.flushall()

    async with every(0.3, flush):
        account = await world.work(LEADS)
        await all_is_done(world, account)

    figures(f"Redis flushed three times a second: {await kept(world, account)}")


async def test_workers_outlive_a_redis_that_is_killed(world: World, figures: Figures) -> None:
    await two_workers(world)

    async def kill() -> None:
        await world.valkey.kill()
        await world.valkey.start()

    async with every(1.0, kill):
        account = await world.work(LEADS)
        await all_is_done(world, account)

    figures(f"Redis killed every second: {await kept(world, account)}")
    assert [worker.returncode for worker in world.workers] == [None, None]


async def test_workers_do_without_a_redis(world: World, figures: Figures) -> None:
    await world.valkey.stop()
    try:
        await two_workers(world)

        account = await world.work(LEADS)

        figures(f"without Redis: {await kept(world, account)}")
        assert [worker.returncode for worker in world.workers] == [None, None]
    finally:
        await world.valkey.start()


async def test_workers_outlive_a_postgresql_that_restarts(world: World, figures: Figures) -> None:
    await two_workers(world)
    account = await world.work(LEADS)
    modes = itertools.cycle([Mode.FAST, Mode.IMMEDIATE, None])

    async def restart() -> None:
        mode = next(modes)
        await (world.postgres.stop(mode) if mode else world.postgres.kill())
        await world.postgres.start()

    async with every(1.0, restart):
        await all_is_done(world, account)

    figures(f"PostgreSQL restarted every second: {await kept(world, account)}")
    assert [worker.returncode for worker in world.workers] == [None, None]


async def two_workers(world: World) -> None:
    for worker in [await world.start_worker(), await world.start_worker()]:
        await until(partial(world.is_up, worker))


async def all_is_done(world: World, account: str) -> None:
    async def is_done() -> bool:
        [row] = await world.query(_UNDONE, account)
        return bool(row["undone"] == 0)

    await until(is_done)


async def kept(world: World, account: str) -> str:
    """The promise was kept; gives how late reminders and e-mails were."""
    await all_is_done(world, account)
    rows = await world.query(_RESULT, account)

    assert len(rows) == LEADS
    assert all(row["status"] == "TODO" and row["state"] == "FIRED" for row in rows)
    assert all(row["fired_at"] >= row["due_at"] for row in rows)
    assert {row["events"] for row in rows} == {1}
    assert {row["notifications"] for row in rows} == {1}
    assert {row["delivery_state"] for row in rows} == {"SENT"}
    repeats = 0
    for row in rows:
        arrivals = world.mail.arrivals[f"<dlv_{row['delivery']}@localhost>"]
        assert 1 <= len(arrivals) <= 1 + row["ambiguous"]
        repeats += len(arrivals) - 1
    arrived = [
        timedelta(seconds=world.mail.arrivals[f"<dlv_{row['delivery']}@localhost>"][0] - row["due_at"].timestamp())
        for row in rows
    ]
    return f"fired {_late([row['late'] for row in rows])}; in the mailbox {_late(arrived)}; {repeats} repeats"


def _late(durations: Sequence[timedelta]) -> str:
    late = sorted(duration.total_seconds() * 1000 for duration in durations)
    p99 = statistics.quantiles(late, n=100)[98]
    return f"p50 {statistics.median(late):.0f} ms, p99 {p99:.0f} ms, max {late[-1]:.0f} ms"
