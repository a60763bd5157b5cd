"""Chores: what is kept for a while only is deleted, by a cron where there is Redis, and once an hour in any case."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from sales import canaries, database, failures, idempotency, sessions, workers
from sales.deliveries.forgetting import forget_finished

log = logging.getLogger("relance.worker")

FIRST_AFTER: Final = 60.0
HOUR: Final = 3600.0


async def forget_old(retention: timedelta) -> None:
    """Delete what is old enough; a batch at a time, until nothing is left."""
    chores: list[Callable[[], Awaitable[int]]] = [
        idempotency.forget_old,
        sessions.forget_attempts,
        failures.forget_old,
        workers.forget_gone,
        canaries.forget_old,
        lambda: forget_finished(retention),
    ]
    for chore in chores:
        while await chore():
            pass


async def forget_hourly(retention: timedelta) -> None:
    """The same for ever, soon after the start and then once an hour; what goes wrong is tried again with the next."""
    await asyncio.sleep(FIRST_AFTER)
    while True:
        try:
            await forget_old(retention)
        except Exception as problem:
            log.warning("what is old could not be deleted: %s", database.in_words(problem))
        await asyncio.sleep(HOUR)
