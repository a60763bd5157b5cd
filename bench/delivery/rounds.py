"""The rounds: what is measured one after the other, each by itself, so that one can be left out or taken again."""

from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from bench.delivery import peers, runs
from bench.delivery.fleet import Fleet

PARTS: Final = ("idle", "peaks", "bursts", "hurt", "hints", "bullmq")
_AT_ONCE: Final = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Round:
    """One of them: `run` takes what runs, and the token of an administrator."""

    name: str
    run: Callable[[Fleet, str], Awaitable[dict[str, Any]]]
    needs_data: bool = True


def rounds(given: Namespace, accounts: int) -> Iterator[Round]:
    """Peaks over every number of accounts; all else once: of Relance over the first, of BullMQ after the last."""
    if "peaks" in given.parts:
        for workers in given.workers:
            yield _peak(given, accounts, workers)
    if accounts == given.accounts[0]:
        yield from _aside(given)
    if accounts == given.accounts[-1] and "bullmq" in given.parts and peers.is_installed():
        yield from _bullmq(given)


def _peak(given: Namespace, accounts: int, workers: int) -> Round:
    async def run(fleet: Fleet, _: str) -> dict[str, Any]:
        within = timedelta(seconds=given.seconds)
        async with fleet.working(workers):
            return await runs.peak(fleet, due=given.due, within=within, sending=given.sending)

    return Round(f"peak, {accounts} accounts, {workers} workers", run)


def _aside(given: Namespace) -> Iterator[Round]:
    async def idle(fleet: Fleet, _: str) -> dict[str, Any]:
        async with fleet.working(1):
            return await runs.idle(fleet)

    if "idle" in given.parts:
        yield Round("idle", idle)
    if "bursts" in given.parts:
        for workers in given.workers:
            yield _burst(given, workers)
    if "hurt" in given.parts:
        for how in ("flush", "kill"):
            yield _burst(given, 1, how)
    if "hints" in given.parts:
        for rings in (True, False):
            yield _hints(rings)


def _burst(given: Namespace, workers: int, how: str = "") -> Round:
    async def run(fleet: Fleet, _: str) -> dict[str, Any]:
        async with fleet.working(workers):
            found = await runs.peak(fleet, due=given.burst, within=_AT_ONCE, sending=given.sending, hurt=how)
        return found | {"lost": given.burst - found["told"]}

    return Round(f"burst, {workers} workers" + (f", {how}" if how else ""), run)


def _hints(rings: bool) -> Round:
    async def run(fleet: Fleet, token: str) -> dict[str, Any]:
        async with fleet.working(1, rings=rings):
            return await runs.hints(fleet, token)

    return Round(f"commit to arrival, {'with' if rings else 'without'} Redis", run)


def _bullmq(given: Namespace) -> Iterator[Round]:
    def burst(workers: int, how: str = "") -> Round:
        async def run(fleet: Fleet, _: str) -> dict[str, Any]:
            return await peers.burst(fleet, due=given.burst, workers=workers, hurt=how)

        return Round(f"BullMQ, {workers} workers" + (f", {how}" if how else ""), run, needs_data=False)

    yield from (burst(workers) for workers in given.workers)
    yield from (burst(1, how) for how in ("flush", "kill"))
