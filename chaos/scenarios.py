"""The scenarios: what is done to a world, and where those are tried that need none."""

import asyncio
from typing import Final

from redis.asyncio import Redis

from chaos import roles
from chaos.children import Child
from chaos.endpoints import change_secrets, pile_up
from chaos.faults import Action, Failpoint, Faults
from chaos.receivers import Manners
from chaos.trials import Scenario, Trial
from chaos.worlds import until
from services.local.postgres import Mode

_LEASE: Final = roles.LEASE.total_seconds()


async def kill_workers(trial: Trial) -> None:
    async for _ in trial.ticks(0.3, 0.8):
        victim = trial.world.workers.pop(trial.random.randrange(len(trial.world.workers)))
        await victim.kill()
        trial.world.start_worker()


async def kill_all_workers(trial: Trial) -> None:
    for worker in trial.world.workers:
        await worker.kill()
    trial.world.workers.clear()
    await asyncio.sleep(trial.seconds)  # everything comes due meanwhile
    for _ in range(2):
        trial.world.start_worker()


async def roll_workers(trial: Trial) -> None:
    """As a deployment does it: a new one comes up, an old one is asked to end."""
    async for _ in trial.ticks(0.5, 1.0):
        old = trial.world.workers.pop(0)
        trial.world.start_worker()
        await trial.world.all_up()
        assert await old.end() == 0, "a worker ends in order"


async def freeze_workers(trial: Trial) -> None:
    """Longer than the lease, so that somebody else takes over; then they wake and know nothing of it."""
    await asyncio.sleep(trial.random.uniform(0.3, trial.seconds / 2))
    frozen = trial.world.workers[:]
    for worker in frozen:
        worker.freeze()
    trial.world.start_worker()
    await asyncio.sleep(_LEASE + 1)
    for worker in frozen:
        worker.thaw()


async def freeze_api(trial: Trial) -> None:
    """In the middle of a transaction, whose locks it holds until PostgreSQL ends what is idle there."""
    mark = trial.world.folder / f"frozen-{trial.random.random()}"
    url = await trial.world.start_api(Faults([Failpoint("P1", Action.STOP, mark)]))
    somebody = await trial.world.people(apis=[url, next(iter(trial.world.apis))])
    await somebody.work(5)
    child = trial.world.apis.pop(url)
    child.thaw()
    trial.accounts.append(somebody.account)
    await child.end()


async def flush_redis(trial: Trial) -> None:
    async with Redis.from_url(trial.world.valkey.url) as redis:
        async for _ in trial.ticks(0.1, 0.4):
            await redis.flushall()


async def kill_redis(trial: Trial) -> None:
    async for _ in trial.ticks(0.1, 0.4):
        await trial.world.valkey.kill()
        await asyncio.sleep(trial.random.choice([0.05, 0.5, 1.0]))
        await trial.world.valkey.start()


async def never_start_redis(trial: Trial) -> None:
    await trial.world.valkey.stop()
    trial.world.before_valkey.cut()
    for _ in range(len(trial.world.workers)):
        await trial.world.workers.pop(0).end()
        trial.world.start_worker()
    await asyncio.sleep(trial.seconds)
    await trial.world.valkey.start()


async def stall_redis(trial: Trial) -> None:
    """Slow at first, then half open: it takes everything and answers nothing."""
    trial.world.before_valkey.slow(0.2)
    await asyncio.sleep(trial.seconds / 2)
    trial.world.before_valkey.stall()
    await asyncio.sleep(trial.seconds / 2)
    trial.world.before_valkey.flow()


async def restart_postgres(trial: Trial) -> None:
    async for _ in trial.ticks(0.3, 0.8):
        mode = trial.random.choice([Mode.FAST, Mode.IMMEDIATE, None])
        await (trial.world.postgres.stop(mode) if mode else trial.world.postgres.kill())
        await trial.world.postgres.start()


async def kill_backends(trial: Trial) -> None:
    async for _ in trial.ticks(0.1, 0.4):
        await trial.world.query(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and usename is not null"
        )


async def stall_postgres(trial: Trial) -> None:
    """Half open: what was sent gets nowhere, and nobody is told. Then the connections break."""
    await asyncio.sleep(trial.seconds / 3)
    trial.world.before_postgres.stall()
    await asyncio.sleep(trial.seconds)
    trial.world.before_postgres.cut()
    trial.world.before_postgres.flow()


async def skew_clocks(trial: Trial) -> None:
    for seconds in (-600.0, 600.0):
        trial.world.start_worker(Faults(clock_is_ahead=seconds))
    await trial.world.all_up()
    await asyncio.gather(*(trial.world.workers.pop(0).end() for _ in range(2)))
    await asyncio.sleep(trial.seconds)


async def double_fleet(trial: Trial) -> None:
    """Twice as many workers on the same queue, and jobs of a version that nobody here knows."""
    for _ in range(len(trial.world.workers)):
        trial.world.start_worker()
    async with Redis.from_url(trial.world.valkey.url) as redis:
        async for _ in trial.ticks(0.1, 0.3):
            await redis.zadd("relance", {f"unknown-{trial.random.random()}": 0})


async def quiet(trial: Trial) -> None:
    """Nothing but what the receiver does of itself."""


async def poison(trial: Trial) -> None:
    """A row that can't be fired: it is set aside after five tries, stops nobody, and fires when it is replayed."""
    somebody = await trial.world.people()
    await somebody.work(1, within=(1.5, 1.5), minds_changed=0)
    await trial.world.query(_POISON.replace("$1", f"'{somebody.account}'"))

    async def is_set_aside() -> bool:
        rows = await trial.world.query("select 1 from failures where set_aside_at is not null")
        return bool(rows)

    await until(is_set_aside, "the row is set aside", seconds=15)
    await trial.world.query("drop function poison cascade")
    await Child(roles.replay, trial.world.environ, Faults()).ended()
    trial.accounts.append(somebody.account)


_POISON: Final = """
do $do$ begin
  create function poison() returns trigger language plpgsql as $$
    begin raise exception 'poison' using errcode = '22000'; end $$;
  create trigger poison before update of state on reminders for each row
    when (new.account_id = $1 and new.state = 'FIRED') execute function poison();
end $do$
"""


_RUDE: Final = Manners(refuses=0.3, drops=0.1, hangs=0.05)
_MUTE: Final = Manners(drops=1.0)

SCENARIOS: Final = [
    Scenario("S1", "a worker killed about twice a second", kill_workers),
    Scenario("S2", "all workers killed while everything comes due", kill_all_workers),
    Scenario("S3", "workers replaced one by one, in order", roll_workers),
    Scenario("S4", "all workers frozen for longer than the lease, then thawed", freeze_workers),
    Scenario("S4b", "the API frozen in the middle of a transaction", freeze_api),
    Scenario("S5", "Redis flushed several times a second", flush_redis),
    Scenario("S6", "Redis killed and started", kill_redis),
    Scenario("S7", "Redis never started", never_start_redis),
    Scenario("S8", "Redis slow, then half open", stall_redis),
    Scenario("S9", "PostgreSQL stopped at once, or killed", restart_postgres),
    Scenario("S9b", "every connection of PostgreSQL ended", kill_backends),
    Scenario("S10", "PostgreSQL half open, then cut off", stall_postgres),
    Scenario("S12", "workers whose clocks are ten minutes off", skew_clocks),
    Scenario("S14", "a second fleet, and unknown jobs", double_fleet),
    Scenario("S15", "a receiver that refuses 30 %, hides 10 % of its answers, hangs at 5 %", quiet, manners=_RUDE),
    Scenario("S15b", "the same, with workers killed", kill_workers, manners=_RUDE),
    Scenario("S16", "an endpoint that refuses thousands beside nine that don't, until it is given up", pile_up),
    Scenario("S17", "a webhook's secret changed on the way, another one gone", change_secrets),
    Scenario("S22", "a row that can't be fired", poison),
    Scenario("S25", "a mail server that takes everything and never says so", quiet, manners=_MUTE),
]

ELSEWHERE: Final = {
    "S11": "needs a small file system of its own, which takes rights that a test doesn't have: not tried",
    "S13": "needs a database server with another clock (libfaketime): not tried",
    "S18": "in every scenario a fifth of the people think again at the due instant; and 1,000 races in tests/sales",
    "S19": "make bench-delivery",
    "S20": "a property test of every zone: tests/sales/test_zones.py",
    "S21": "does not apply: a moment is worked out once, and what was acknowledged stays",
    "S23": "does not apply: there is no SQLite here",
    "S24": "tests/services/local/test_valkey.py",
}
