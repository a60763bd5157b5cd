"""Every crash point, killed, raised at and frozen: afterwards every promise is kept."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chaos import failpoints, roles
from chaos.checker import check
from chaos.children import Child
from chaos.faults import Action, Failpoint, Faults
from chaos.people import People
from chaos.receivers import Manners
from chaos.worlds import World
from tests.conftest import Figures

PATIENCE_SECONDS = 30.0
HOLDS_LOCKS = {"P1", "P4", "P5b"}
"""Frozen there, a process keeps others of its account waiting, so it is woken soon."""

_SET_ASIDE = """
with head as (update journal_heads set position = position + 1 where account_id = $1 returning position),
cursor as (update dispatch_cursors set dispatched = (select position from head) where account_id = $1),
event as (
  insert into journal (account_id, position, kind, at, happened_at, actor, subject_id, lead_id, lead_version, owner_id,
    changes, private, data)
  select account_id, head.position, kind, at, happened_at, actor, subject_id, lead_id, lead_version, owner_id, changes,
    private, data from journal, head where account_id = $1 and kind = 'reminder.fired' limit 1)
insert into failures (id, account_id, stage, subject, tries, error, first_at, last_at, set_aside_at)
select $2, $1, 'DISPATCH', position, 5, 'mended', now(), now(), now() from head returning subject::bigint as position
"""

_TOLD = """
select count(distinct n.id) as notifications, count(d.id) as deliveries,
  (select count(*) from failures where account_id = $1 and set_aside_at is not null) as failures
from notifications n left join deliveries d on d.notification_id = n.id where n.account_id = $1 and n.position = $2
"""

_AGE = "update idempotency_keys set created_at = now() - interval '2 days' where account_id = $1"

_KEPT = """
select count(*) filter (where account_id = $1) as old, count(*) filter (where account_id <> $1) as fresh
from idempotency_keys
"""


@pytest.mark.parametrize("action", list(Action))
async def test_whatever_befalls_a_process_at_a_crash_point_every_promise_is_kept(
    world: World, action: Action, figures: Figures
) -> None:
    began = time.monotonic()
    world.mail.manners = Manners(answers_after=3 * failpoints.TEXT_IS_OUT_SECONDS)
    world.hooks.manners = Manners(refuses=0.2)
    healthy = next(iter(world.apis))
    starting = [world.start_api(at(world, action, point)) for point in failpoints.OF_THE_API]
    workers = {point: child for points in together(action) for point, child in started(world, points, action)}
    broken_apis = dict(zip(failpoints.OF_THE_API, await asyncio.gather(*starting), strict=True))
    everybody = [await world.people(apis=[api, healthy], hears=[()]) for api in broken_apis.values()]

    children = workers | {point: world.apis[api] for point, api in broken_apis.items()}
    await asyncio.gather(
        kept_busy(world, everybody, list(children), action),
        *(thawed(world, point, child, action) for point, child in children.items()),
    )
    world.behave(Manners())
    world.start_worker()
    accounts = [people.account for people in everybody]
    await world.drained(accounts)

    assert await check(world, accounts) == {}
    ends = {child.role: await child.end() for child in children.values()}
    # uvicorn ends in order and then by the signal that it was sent.
    assert ends == ({"worker": -9, "api": -9} if action == Action.KILL else {"worker": 0, "api": -15})
    await chores_are_done_once(world, everybody[0].account, action)
    for api in broken_apis.values():
        world.apis.pop(api)
    world.workers = [worker for worker in world.workers if worker.lives]
    figures(f"{len(children) + 2} crash points, {action}: {time.monotonic() - began:.1f} s")


def test_every_point_of_the_report_is_tried_or_has_a_reason_not_to_be() -> None:
    tried = failpoints.OF_THE_API | failpoints.OF_THE_WORKER | failpoints.OF_CHORES | failpoints.NOT_HERE

    assert {point for point in tried if point[1:].isdigit()} == {f"P{n}" for n in range(1, 15)}


def together(action: Action) -> list[list[str]]:
    """Which points one worker has: each dies once, but is frozen or raised at as often as you like."""
    points = list(failpoints.OF_THE_WORKER)
    workers = {Action.KILL: len(points), Action.STOP: 7, Action.RAISE: 2}[action]
    return [points[first::workers] for first in range(workers)]


def started(world: World, points: list[str], action: Action) -> list[tuple[str, Child]]:
    child = world.start_worker(at(world, action, *points))
    return [(point, child) for point in points]


def at(world: World, action: Action, *points: str) -> Faults:
    return Faults([Failpoint(point, action, mark(world, point, action)) for point in points])


def mark(world: World, point: str, action: Action) -> Path:
    return world.folder / f"{point}-{action}"


async def kept_busy(world: World, everybody: list[People], points: list[str], action: Action) -> None:
    """There is work until every point has been reached."""

    def waited_for() -> list[str]:
        return [point for point in points if not mark(world, point, action).exists()]

    async with asyncio.timeout(PATIENCE_SECONDS):
        while waited_for():
            await asyncio.gather(*(people.work(6, within=(0.2, 0.6)) for people in everybody))


async def thawed(world: World, point: str, child: Child, action: Action) -> None:
    """Where it has frozen, wake it: after its lease has run out and somebody else has taken over, if it can wait."""
    if action == Action.STOP:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not mark(world, point, action).exists():
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.3 if point in HOLDS_LOCKS else roles.LEASE.total_seconds() + 0.5)
        child.thaw()


async def chores_are_done_once(world: World, account: UUID, action: Action) -> None:
    """What was set aside is told once, and what is old goes, however the first try at it ended."""
    [failure] = await world.query(_SET_ASIDE, account, uuid4())
    await world.query(_AGE, account)
    [fresh] = await world.query("select count(*) from idempotency_keys where account_id <> $1", account)

    await asyncio.gather(*(twice(world, *each, action) for each in (("P12", roles.replay), ("P13", roles.forget_old))))

    [told] = await world.query(_TOLD, account, failure["position"])
    assert tuple(told) == (1, 1, 0)
    [kept] = await world.query(_KEPT, account)
    assert tuple(kept) == (0, fresh["count"])


async def twice(world: World, point: str, role: Callable[..., None], action: Action) -> None:
    first = Child(role, world.environ, at(world, action, point))
    await thawed(world, point, first, action)
    await first.ended()
    assert mark(world, point, action).exists()
    await Child(role, world.environ, Faults()).ended()
