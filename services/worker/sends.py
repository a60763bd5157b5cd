"""Sending what is due: a few at a time, each on record before its bytes go, each settled by what came of it."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sales import database, deliveries, notices
from sales.deliveries import Claim, DeliveryOutcome, DeliveryState
from sales.notices import Notice
from services.settings import Settings
from services.worker.emails import compose
from services.worker.mailers import Mailer, Result, mailer_of

log = logging.getLogger("relance.send")

SLOTS = 8
LONGEST_SEND = timedelta(seconds=15)
_NOT_GONE = Result(DeliveryOutcome.INTERRUPTED, "called off, or too late to begin")


class Sender:
    """Claims no more deliveries than it can send at once, so that no lease runs out in a queue of ours."""

    def __init__(self, settings: Settings, *, lease: timedelta, when_free: Callable[[], None]) -> None:
        self._settings = settings
        self._lease = lease
        self._longest = min(LONGEST_SEND, lease / 2)
        self._mailer: Mailer = mailer_of(settings, seconds=self._longest.total_seconds())
        self._when_free = when_free
        self._sending: set[asyncio.Task[None]] = set()

    async def send_due(self) -> int:
        """Begin to send what is due, as far as there are free slots; returns how many were begun."""
        free = SLOTS - len(self._sending)
        if free == 0:
            return 0
        ends = time.monotonic() + self._lease.total_seconds()
        claims = await deliveries.claim(free, lease=self._lease)
        known = await notices.load([claim.notification_id for claim in claims]) if claims else {}
        for claim in claims:
            task = asyncio.create_task(self._send(claim, known[claim.notification_id], ends=ends))
            self._sending.add(task)
            task.add_done_callback(self._ended)
        return len(claims)

    async def next_in(self) -> float | None:
        """Seconds until there is something to send; with all slots full, None: the first one that is free rings."""
        return await deliveries.next_due_in() if len(self._sending) < SLOTS else None

    async def drain(self) -> None:
        """Wait until nothing is being sent any more."""
        while self._sending:
            await asyncio.wait(self._sending)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._when_free()
        if not task.cancelled() and (problem := task.exception()):
            log.error("a sender broke: %s", problem, exc_info=problem)

    async def _send(self, claim: Claim, notice: Notice, *, ends: float) -> None:
        try:
            result = await self._attempt(claim, notice)
        except Exception as problem:
            if not database.is_away(problem):
                raise
            return  # nothing has left: the lease runs out, and whoever comes next knows so
        await self._settle(claim, notice, result or _NOT_GONE, ends=ends)

    async def _attempt(self, claim: Claim, notice: Notice) -> Result | None:
        async def may_go() -> bool:
            return await deliveries.transmitting(claim, within=self._longest)

        try:
            message = compose(
                notice,
                delivery_id=claim.id,
                public_url=self._settings.public_url,
                mail_from=self._settings.mail_from,
            )
        except (ValueError, LookupError, TypeError) as problem:
            return Result(DeliveryOutcome.REJECTED, f"cannot be written: {type(problem).__name__}: {problem}")
        return await self._mailer.send(message, may_go=may_go)

    async def _settle(self, claim: Claim, notice: Notice, result: Result, *, ends: float) -> None:
        """Keep the outcome until the database has it, for as long as the lease lasts."""
        what = (
            f"delivery {claim.id} of {notice.kind} for {f'lead {notice.number}' if notice.number else 'several leads'}"
        )
        if result.outcome == DeliveryOutcome.SENT:
            await _insist(lambda: deliveries.sent(claim), ends=ends)
            log.info("%s sent", what)
            return
        state = await _insist(lambda: deliveries.failed(claim, result.outcome, result.words), ends=ends)
        if state == DeliveryState.DEAD:
            log.error("%s is dead after attempt %s: %s", what, claim.attempt, result.words)
        elif state == DeliveryState.PENDING:
            log.warning("%s will be tried again, attempt %s %s: %s", what, claim.attempt, result.outcome, result.words)


async def _insist(settle: Callable[[], Awaitable[Any]], *, ends: float) -> Any:
    while True:
        try:
            return await settle()
        except Exception as problem:
            if not database.is_away(problem) or time.monotonic() > ends:
                raise
            await asyncio.sleep(random.uniform(0.1, 0.3))
