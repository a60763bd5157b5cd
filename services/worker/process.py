"""The worker process: three sweeps, a heartbeat, arq beside them, and an orderly end."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from datetime import timedelta

import uvloop

from sales import clock, database, dispatch, sealed, workers
from sales.deliveries.policies import LEASE
from sales.ids import new_id
from services import logs
from services.settings import Settings
from services.worker.arq_beside import listen
from services.worker.outages import Outage
from services.worker.sends import SLOTS, Sender
from services.worker.sweeps import Sweep

log = logging.getLogger("relance.worker")

BEAT_SECONDS = 2.0
DRAIN_SECONDS = 15.0
_LAST_WORDS_SECONDS = 3.0
_POOL = SLOTS // 2 + 4
"""A connection for every other send, which mostly waits for its receiver, for each sweep, and for the heartbeat."""


def run(settings: Settings, *, lease: timedelta = LEASE) -> None:
    """Run until SIGTERM or SIGINT; what has begun is finished first. `lease` is shorter in tests only."""
    logs.to_stdout(settings.log_level)
    uvloop.run(_run(settings, lease))


async def _run(settings: Settings, lease: timedelta) -> None:
    told = asyncio.Event()
    for way in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(way, told.set)
    sealed.use(settings.known_secret_key())
    async with database.connected(settings.needed_database_url(), pool=_POOL):
        await _work(settings, lease, told)


async def _work(settings: Settings, lease: timedelta, told: asyncio.Event) -> None:
    name = f"{socket.gethostname()}:{os.getpid()}"
    sweeps, sender = _sweeps(settings, lease)
    beside = [asyncio.create_task(_beat(name))]
    if settings.redis_url is not None:
        beside.append(asyncio.create_task(listen(settings.redis_url, name=name, ring=lambda: _ring(sweeps))))
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
    sender = Sender(settings, lease=lease, when_free=lambda: send.ring(), is_urgent=lambda: tell.is_busy)
    send = Sweep("send", sender.send_due, sender.next_in, outage)
    tell = Sweep("dispatch", dispatch.dispatch, _when_rung, outage, then=send)
    fire = Sweep("clock", clock.fire_due, clock.next_due_in, outage, then=tell)
    return [fire, tell, send], sender


def _ring(sweeps: list[Sweep]) -> None:
    for sweep in sweeps:
        sweep.ring()


async def _when_rung() -> float | None:
    """New events announce themselves by a bell; without one they are found by the next look."""
    return None


async def _beat(name: str) -> None:
    worker_id = new_id()
    try:
        while True:
            with contextlib.suppress(Exception):  # the sweeps say so when the database is away
                await workers.beat(worker_id, name)
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
