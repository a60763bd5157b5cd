"""The negative controls: a checker that finds nothing proves nothing, so each seeded bug must be caught."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from chaos.checker import Broken, check
from chaos.faults import Action, Failpoint, Faults
from chaos.receivers import Manners
from chaos.worlds import NeverSo, World, until
from sales import clock, sweeps

_STUCK_SECONDS: Final = 6.0
_REFUSED: Final = 6


_SENT_AGAIN = """
select 1 from delivery_attempts where account_id = $1 and attempt = 2 and transmitting_at is not null
  and ended_at is null
"""


async def settle_before_send(world: World) -> Broken:
    account = await _killed_at(world, "settle_before_send", "settled, not sent")
    return await check(world, [account])


async def no_dedupe_key(world: World) -> Broken:
    account = await _killed_at(world, "no_dedupe_key", "told, cursor not moved")
    return await check(world, [account])


async def no_order_clause(world: World) -> Broken:
    """What is refused comes again a moment later, when the next event of the lead has happened."""
    return await check(world, [await _refused(world, "no_order_clause")])


async def signed_once(world: World) -> Broken:
    return await check(world, [await _refused(world, "signed_once")])


async def unfenced_failure(world: World) -> Broken:
    """One is frozen with what it claimed; somebody else sends that at the very moment at which it wakes and fails."""
    world.mail.manners = Manners(answers_after=0.7)
    mark = _mark(world)
    frozen = world.start_worker(Faults([Failpoint("P6", Action.STOP, mark)], "unfenced_failure"))
    await world.all_up()
    somebody = await world.people()
    await somebody.work(5, minds_changed=0)
    await until(_exists(mark), "the worker is frozen")
    world.start_worker(Faults(bug="unfenced_failure"))

    async def is_sent_again() -> bool:
        return bool(await world.query(_SENT_AGAIN, somebody.account))

    await until(is_sent_again, "somebody else sends it")
    frozen.thaw()
    await world.drained([somebody.account])
    return await check(world, [somebody.account])


async def stock_transactions(world: World) -> Broken:
    """One connection is lost at the wrong instant, and the dispatch never comes back."""
    mark = _mark(world)
    world.start_worker(Faults([Failpoint("acquired", Action.RAISE, mark)], "stock_transactions"))
    await world.all_up()
    somebody = await world.people()
    await until(_exists(mark), "the connection is lost")
    await somebody.work(10, within=(0.1, 0.5), minds_changed=0)
    try:
        await world.drained([somebody.account], seconds=_STUCK_SECONDS)
    except NeverSo as problem:
        return {"I11 alive": [str(problem)]}
    return await check(world, [somebody.account])


async def volatile_clock(world: World) -> Broken:
    volatile = clock.FIRE.statement.replace("r.due_at <= now()", "r.due_at <= clock_timestamp()")
    return await fires_by_its_index(world, volatile)


async def fires_by_its_index(world: World, firing: str = clock.FIRE.statement) -> Broken:
    """What is due is found by an index on the moment, however much is pending (I12): the plan says so."""
    rows = await world.query("explain " + firing.replace("$1", str(sweeps.BATCH)))
    plan = "\n".join(row[0] for row in rows)
    found = any("Index Cond" in line and "due_at <= " in line for line in plan.splitlines())
    return {} if found else {"I12 bounded": [f"what is due isn't found by an index:\n{plan}"]}


CONTROLS: Final[dict[str, tuple[Callable[[World], Awaitable[Broken]], str]]] = {
    "settle_before_send": (settle_before_send, "I6"),
    "no_dedupe_key": (no_dedupe_key, "I7"),
    "no_order_clause": (no_order_clause, "I8"),
    "signed_once": (signed_once, "I10"),
    "unfenced_failure": (unfenced_failure, "I9"),
    "stock_transactions": (stock_transactions, "I11"),
    "volatile_clock": (volatile_clock, "I12"),
}
"""By the name of the bug: how it is provoked, and the invariant that has to break."""


async def caught(name: str, world: World) -> Broken:
    """Run one control; returns what the checker found. Leaves no worker behind."""
    try:
        return await CONTROLS[name][0](world)
    finally:
        world.behave(Manners())
        for worker in world.workers:
            await worker.kill()
        world.workers.clear()


async def _killed_at(world: World, bug: str, point: str) -> UUID:
    """A worker with this bug dies at the worst moment, another one goes on."""
    mark = _mark(world)
    world.start_worker(Faults([Failpoint(point, Action.KILL, mark)], bug))
    await world.all_up()
    somebody = await world.people()
    await somebody.work(20, within=(0.2, 0.8), minds_changed=0)
    await until(_exists(mark), f"{bug} is provoked")
    world.start_worker(Faults(bug=bug))
    await world.drained([somebody.account])
    return somebody.account


async def _refused(world: World, bug: str) -> UUID:
    """A worker with this bug, whose webhooks are refused at first; the next events of the leads happen meanwhile."""
    world.hooks.manners = Manners(refuses=1.0)
    world.start_worker(Faults(bug=bug))
    await world.all_up()
    somebody = await world.people()
    await somebody.work(12, within=(0.1, 0.15), minds_changed=0)

    async def are_refused() -> bool:
        return sum(len(hook.told) for hook in somebody.hooks) >= _REFUSED

    await until(are_refused, f"{_REFUSED} webhooks are refused")
    world.behave(Manners())
    await world.drained([somebody.account])
    return somebody.account


def _mark(world: World) -> Path:
    return world.folder / f"mark-{uuid4()}"


def _exists(mark: Path) -> Callable[[], Awaitable[bool]]:
    async def exists() -> bool:
        return mark.exists()

    return exists
