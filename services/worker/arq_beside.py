"""arq beside the sweeps: it hears the bell and runs the crons. Redis may come and go; the sweeps do without."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

from arq.cron import cron
from arq.worker import Worker, func

from services import bell
from services.worker.outages import Outage

log = logging.getLogger("relance.worker")

_POLL_SECONDS = 0.025  # half of it is what the bell takes to be heard; a look costs an idle worker 0.6 ms of CPU
_JOB_SECONDS = 30
_CLOSE_SECONDS = 1.0
_CRON_MINUTES = {7, 37}


async def listen(
    redis_url: str,
    *,
    name: str,
    ring: Callable[[], None],
    forget: Callable[[], Awaitable[None]],
    hears: asyncio.Event | None = None,
) -> None:
    """Run an arq worker for ever, a new one whenever it breaks; `hears` is set while Redis reaches it."""
    outage, hears = Outage("Redis"), hears or asyncio.Event()
    while True:
        worker = _worker(redis_url, name, ring, forget, outage, hears)
        try:
            await worker.async_run()
        except Exception as problem:
            hears.clear()
            await outage.bear(problem)
        finally:
            await _close(worker)


def _worker(
    redis_url: str,
    name: str,
    ring: Callable[[], None],
    forget: Callable[[], Awaitable[None]],
    outage: Outage,
    hears: asyncio.Event,
) -> Worker:
    async def heard(ctx: dict[Any, Any], *_: Any, **__: Any) -> None:
        ring()

    async def forget_old(ctx: dict[Any, Any], *_: Any, **__: Any) -> None:
        await forget()

    async def began(ctx: dict[Any, Any]) -> None:
        outage.over()
        hears.set()

    return Worker(
        [func(heard, name=bell.JOB)],
        queue_name=bell.QUEUE,
        redis_settings=bell.redis_settings(redis_url),
        # In UTC, where no hour is skipped or comes twice.
        cron_jobs=[cron(forget_old, name="forget_old", minute=_CRON_MINUTES, second=0)],
        on_startup=began,
        handle_signals=False,
        job_timeout=_JOB_SECONDS,
        keep_result=0,
        poll_delay=_POLL_SECONDS,
        health_check_interval=15,
        health_check_key=f"{bell.QUEUE}:health:{name}",
        job_serializer=bell.encode,
        job_deserializer=bell.decode,
        timezone=UTC,
        log_results=False,
    )


async def _close(worker: Worker) -> None:
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await worker.close()
