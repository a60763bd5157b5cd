"""The worker process: its sweeps, a heartbeat, chores, arq beside them, and an orderly end."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from datetime import timedelta
from typing import Any

import uvloop

from sales import clock, database, dispatch, sealed, undoing, watches, workers
from sales.deliveries.policies import LEASE
from sales.deliveries.replaying import replay_some
from sales.endpoints import hearing
from sales.ids import new_id
from services import logs
from services.settings import Settings
from services.worker import api_types
from services.worker.arq_beside import listen
from services.worker.canary import Canary
from services.worker.chores import forget_hourly, forget_old
from services.worker.outages import Outage
from services.worker.sends import SLOTS, Sender
from services.worker.sweeps import Sweep

log = logging.getLogger("relance.worker")

BEAT_SECONDS = 2.0
DRAIN_SECONDS = 15.0
_LAST_WORDS_SECONDS = 3.0
_POOL = SLOTS // 2 + 6
"""A connection for every other send, which mostly waits for its receiver, for each sweep, chores and the heartbeat."""


def run(settings: Settings, *, lease: timedelta = LEASE) -> None:
    """Run until SIGTERM or SIGINT; what has begun is finished first. `lease` is shorter in tests only."""
    logs.to_stdout(settings.log_level)
    uvloop.run(_run(settings, lease))


async def _run(settings: Settings, lease: timedelta) -> None:
    told = asyncio.Event()
    for way in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(way, told.set)
    sealed.use(settings.known_secret_key())
    undoing.use(timedelta(seconds=settings.undo_seconds))
    watches.look_into_views_by(_look_into_views)
    async with database.connected(settings.needed_database_url(), pool=_POOL):
        await _work(settings, lease, told)


async def _look_into_views(*asked: Any) -> Any:
    await api_types.load()
    from schema.views.matching import look_into_views

    return await look_into_views(*asked)


async def _work(settings: Settings, lease: timedelta, told: asyncio.Event) -> None:
    name = f"{socket.gethostname()}:{os.getpid()}"
    sweeps, sender = _sweeps(settings, lease)
    hears, retention = asyncio.Event(), timedelta(days=settings.retention_days)
    beside = [asyncio.create_task(_beat(name, hears, sender)), asyncio.create_task(forget_hourly(retention))]
    if settings.redis_url is not None:
        heard = listen(
            settings.redis_url,
            name=name,
            ring=lambda: _ring(sweeps),
            forget=lambda: forget_old(retention),
            hears=hears,
        )
        beside.append(asyncio.create_task(heard))
    beside.append(asyncio.create_task(_prepare()))
    running = [asyncio.create_task(sweep.run()) for sweep in sweeps]
    log.info("worker %s looks after reminders, notifications and e-mails", name)
    await told.wait()
    log.info("worker %s finishes what it began", name)
    for sweep in sweeps:
        sweep.stop()
    await _drained(running, sender)
    for task in beside:
        task.cancel()
    await asyncio.wait(beside, timeout=_LAST_WORDS_SECONDS)
    log.info("worker %s has ended", name)


def _sweeps(settings: Settings, lease: timedelta) -> tuple[list[Sweep], Sender]:
    """Tasks of their own, so that full send slots or a long dispatch never keep a reminder from firing."""
    outage = Outage("PostgreSQL")
    sender = Sender(
        settings,
        lease=lease,
        when_free=lambda: send.ring(),
        is_urgent=lambda: fire.is_busy or tell.is_busy or is_behind,
    )
    send = Sweep("send", sender.send_due, sender.next_in, outage)
    canary = Canary()
    is_behind = False  # as far as another worker is at it

    async def fire_due() -> int:
        return await clock.fire_due() or await canary.fire()

    async def next_due_in() -> float | None:
        return canary.next_in(await clock.next_due_in())

    async def tell_next() -> int:
        nonlocal is_behind
        told = await dispatch.dispatch() or await canary.tell()
        is_behind = not told and sender.is_sending and await dispatch.is_behind()
        return told

    again = Sweep("replay", replay_some, _when_rung, outage, then=send)
    tell = Sweep("dispatch", tell_next, _when_rung, outage, then=send)
    fire = Sweep("clock", fire_due, next_due_in, outage, then=tell)
    return [fire, tell, send, again], sender


def _ring(sweeps: list[Sweep]) -> None:
    for sweep in sweeps:
        sweep.ring()


async def _when_rung() -> float | None:
    """New events announce themselves by a bell; without one they are found by the next look."""
    return None


async def _prepare() -> None:
    """Have what endpoints of accounts are told by, before the first of them waits for it."""
    with contextlib.suppress(Exception):  # the sweeps say so when the database is away
        if await hearing.anybody():
            await api_types.load()


async def _beat(name: str, hears: asyncio.Event, sender: Sender) -> None:
    worker_id = new_id()
    try:
        while True:
            with contextlib.suppress(Exception):  # the sweeps say so when the database is away
                sender.workers = await workers.beat(worker_id, name, hears_bell=hears.is_set())
            await asyncio.sleep(BEAT_SECONDS)
    finally:
        with contextlib.suppress(Exception):
            await workers.leave(worker_id)


async def _drained(running: list[asyncio.Task[None]], sender: Sender) -> None:
    """Let sweeps and sends come to their end; what takes too long is cut off, and found again by its lease."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await asyncio.gather(*running)
            await sender.drain()
    except TimeoutError:
        log.warning("not all sends have ended within %.0f s", DRAIN_SECONDS)
