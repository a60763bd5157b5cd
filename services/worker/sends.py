"""Sending what is due: a few at a time, each on record before its bytes go, each settled by what came of it."""

import asyncio
import logging
import random
import re
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sales import database, digests, notices
from sales.deliveries import Channel, DeliveryOutcome, DeliveryState, claiming, rates, settling
from sales.deliveries.claiming import Claim
from sales.endpoints import Endpoint, EndpointKind
from sales.sealed import CannotOpen
from services.settings import Settings
from services.worker.chats import BySlack, ByTeams
from services.worker.fcm import ByFcm
from services.worker.mailers import ByEmail
from services.worker.providers import ByProvider
from services.worker.pushes import ByWebPush
from services.worker.ways import Outgoing, Result, Way, Ways
from services.worker.webhooks import ByWebhook

log = logging.getLogger("relance.send")

SLOTS = 32
MAIL_SLOTS = 16
"""E-mails at once, so that a slow mail server leaves room for everything else."""

FEWEST_SLOTS = 4
"""So many have to be free for another look, unless there is no more to do: a look costs as much as it does to send."""

SLOTS_MEANWHILE = 4
PAUSE_MEANWHILE = 0.05
"""While people are still to be told, so many are begun in so many seconds: to send takes milliseconds, in which nothing
else here runs."""

LONGEST_SEND = timedelta(seconds=15)
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_NOT_GONE = Result(DeliveryOutcome.INTERRUPTED, "called off, or too late to begin")


class Sender:
    """Claims no more deliveries than it can send at once, so that no lease runs out in a queue of ours."""

    def __init__(
        self,
        settings: Settings,
        *,
        lease: timedelta,
        when_free: Callable[[], None],
        is_urgent: Callable[[], bool] = lambda: False,
    ) -> None:
        """`when_free` is called when a slot is free again; `is_urgent` says that something else comes first."""
        self._rates = settings.rates
        self._keeps_rates = False
        self._lease = lease
        self._longest = min(LONGEST_SEND, lease / 2)
        self._ways = ways(settings, seconds=self._longest.total_seconds())
        self._when_free = when_free
        self._is_urgent = is_urgent
        self._sending: dict[asyncio.Task[None], Channel] = {}
        self._rests_until = 0.0
        self.workers = 1
        """How many are at work, as far as is known: beside what comes first they send no more together than one."""

    async def send_due(self) -> int:
        """Begin to send what is due, as far as there are free slots; returns how many were begun."""
        free = self._free_slots()
        if free == 0:
            return 0
        if not self._keeps_rates:  # by whoever starts, before anything of theirs leaves
            await rates.keep(self._rates)
            self._keeps_rates = True
        ends = time.monotonic() + self._lease.total_seconds()
        claims = await claiming.claim(free, mails=self._mail_slots(), lease=self._lease)
        if claims:
            self._rests_until = time.monotonic() + self._pause
        for outgoing in await self._loaded(claims):
            task = asyncio.create_task(self._send(outgoing, ends=ends))
            self._sending[task] = outgoing.claim.channel
            task.add_done_callback(self._ended)
        return len(claims)

    async def _loaded(self, claims: list[Claim]) -> list[Outgoing]:
        """What was claimed, with what it is made of; where one can't be read, the others go all the same."""
        try:
            return await _outgoing(claims)
        except Exception as problem:
            if database.is_away(problem):
                raise
        found = []
        for claim in claims:
            try:
                found += await _outgoing([claim])
            except Exception as problem:
                log.error("delivery %s can't be read", claim.id, exc_info=problem)
                await settling.failed(claim, DeliveryOutcome.INTERRUPTED, f"can't be read: {type(problem).__name__}")
        return found

    async def next_in(self) -> float | None:
        """Seconds until there is something to send; with too few slots free, None: each one that is free rings."""
        if SLOTS - len(self._sending) < FEWEST_SLOTS:
            return None
        if self._is_urgent():
            return self._pause
        return await claiming.next_due_in(mails=self._mail_slots())

    @property
    def _pause(self) -> float:
        return PAUSE_MEANWHILE * self.workers

    @property
    def is_sending(self) -> bool:
        return bool(self._sending)

    async def drain(self) -> None:
        """Wait until nothing is being sent any more."""
        while self._sending:
            await asyncio.wait(self._sending)

    def _free_slots(self) -> int:
        """How many may be begun now; 0 also where it is too early for another look."""
        free = SLOTS - len(self._sending)
        if self._is_urgent():
            return min(free, SLOTS_MEANWHILE) if time.monotonic() > self._rests_until else 0
        return free if free >= FEWEST_SLOTS else 0

    def _mail_slots(self) -> int:
        free = MAIL_SLOTS - sum(channel == Channel.EMAIL for channel in self._sending.values())
        return free if free >= FEWEST_SLOTS or (free > 0 and self._is_urgent()) else 0

    def _ended(self, task: asyncio.Task[None]) -> None:
        channel = self._sending.pop(task)
        if channel != Channel.EMAIL or self._mail_slots() or SLOTS - len(self._sending) <= FEWEST_SLOTS:
            self._when_free()
        if not task.cancelled() and (problem := task.exception()):
            log.error("a sender broke", exc_info=problem)

    async def _send(self, outgoing: Outgoing, *, ends: float) -> None:
        try:
            result = await self._attempt(outgoing)
        except Exception as problem:
            if not database.is_away(problem):
                raise
            return  # nothing has left: the lease runs out, and whoever comes next knows so
        await self._settle(outgoing, result or _NOT_GONE, ends=ends)

    async def _attempt(self, outgoing: Outgoing) -> Result | None:
        is_digest = outgoing.claim.digest_id is not None and outgoing.claim.notification_id is None
        things = (len(outgoing.notices) or int(outgoing.notice is not None)) if is_digest else None
        has_begun = False

        async def may_go() -> bool:
            nonlocal has_begun
            has_begun = await claiming.transmitting(outgoing.claim, within=self._longest, things=things)
            return has_begun

        if things == 0:
            return None  # all of it was called off this very moment: the next claim finds nothing to send
        way = self._ways.get(outgoing.endpoint.kind if outgoing.endpoint else None)
        if way is None:
            return Result(DeliveryOutcome.INTERRUPTED, "this worker isn't set up to send there")
        try:
            return await way.send(outgoing, may_go=may_go)
        except CannotOpen as problem:  # our own key, and no fault of the receiver's: another worker may have it
            return Result(DeliveryOutcome.INTERRUPTED, str(problem))
        except (ValueError, LookupError, TypeError) as problem:
            return Result(DeliveryOutcome.REJECTED, f"cannot be written: {type(problem).__name__}: {problem}")
        except Exception as problem:
            if database.is_away(problem):
                raise
            log.error("%s broke its way", outgoing.words, exc_info=problem)
            broken = DeliveryOutcome.AMBIGUOUS if has_begun else DeliveryOutcome.INTERRUPTED
            return Result(broken, f"broke here: {type(problem).__name__}")

    async def _settle(self, outgoing: Outgoing, result: Result, *, ends: float) -> None:
        """Keep the outcome until the database has it, for as long as the lease lasts."""
        claim = outgoing.claim
        if result.outcome == DeliveryOutcome.SENT:
            await _insist(lambda: settling.sent(claim, status=result.status), ends=ends)
            log.info("%s sent", outgoing.words)
            return

        async def fail() -> DeliveryState | None:
            return await settling.failed(
                claim, result.outcome, result.words, status=result.status, wished=result.wished
            )

        state = await _insist(fail, ends=ends)
        words = _ADDRESS.sub("…@…", settling.in_one_line(result.words))
        told = outgoing.words, claim.attempt, result.outcome.value, words
        if state == DeliveryState.DEAD:
            log.error("%s is dead after attempt %s, %s: %s", *told)
        elif state == DeliveryState.PENDING:
            log.warning("%s will be tried again, attempt %s %s: %s", *told)


def ways(settings: Settings, *, seconds: float) -> Ways:
    """Every way out that this deployment is set up for; each attempt has so many seconds."""
    found: dict[EndpointKind | None, Way] = {
        None: _by_email(settings, seconds=seconds),
        EndpointKind.WEBHOOK: ByWebhook(settings, seconds=seconds),
        EndpointKind.SLACK: BySlack(settings, seconds=seconds),
        EndpointKind.TEAMS: ByTeams(settings, seconds=seconds),
    }
    if settings.apprise_schemes:
        from services.worker.apprised import ByApprise  # large, and seldom needed

        found[EndpointKind.APPRISE] = ByApprise(settings, seconds=seconds)
    if key := settings.known_vapid_key():
        found[EndpointKind.WEB_PUSH] = ByWebPush(settings, private_key=key, seconds=seconds)
    if settings.fcm is not None:
        found[EndpointKind.FCM] = ByFcm(settings, settings.fcm, seconds=seconds)
    return found


def _by_email(settings: Settings, *, seconds: float) -> Way:
    if settings.mail_provider is not None:
        return ByProvider(settings, settings.mail_provider, seconds=seconds)
    return ByEmail(settings, seconds=seconds)


async def _outgoing(claims: list[Claim]) -> list[Outgoing]:
    """What was claimed, with what it is made of."""
    within = await digests.within(
        [claim.digest_id for claim in claims if claim.digest_id and not claim.notification_id]
    )
    told = [claim.notification_id for claim in claims if claim.notification_id]
    told += [id for ids in within.values() for id in ids]
    to = {claim.endpoint_id for claim in claims if claim.endpoint_id}
    known = await notices.load(told) if told else {}
    endpoints = {endpoint.id: endpoint for endpoint in await Endpoint.filter(id__in=to)} if to else {}
    outgoing = []
    for claim in claims:
        ids = [claim.notification_id] if claim.notification_id else within.get(claim.digest_id, [])
        found = [known[id] for id in ids if id in known]
        outgoing.append(
            Outgoing(
                claim,
                found[0] if len(found) == 1 else None,
                endpoints.get(claim.endpoint_id) if claim.endpoint_id else None,
                found if len(found) > 1 else (),
            )
        )
    return outgoing


async def _insist(settle: Callable[[], Awaitable[Any]], *, ends: float) -> Any:
    while True:
        try:
            return await settle()
        except Exception as problem:
            if not (database.is_away(problem) or database.is_victim(problem)) or time.monotonic() > ends:
                raise
            await asyncio.sleep(random.uniform(0.1, 0.3))
