"""A sweep: look, work while there is work, then sleep until more is due, a bell rings, or a second is over."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sales import database
from services.worker.outages import Outage

log = logging.getLogger("relance.worker")

LONGEST_SLEEP = 1.0
_SHORTEST_SLEEP = 0.002
_LONGEST_WHEN_OVERDUE = 0.05


@dataclass
class Sweep:
    """One of the worker's loops.

    `look` does what there is to do and returns how much that was; `next_in` gives the seconds until there is more, as
    the database computes them. `then` is the sweep that has work when this one had some.
    """

    name: str
    look: Callable[[], Awaitable[int]]
    next_in: Callable[[], Awaitable[float | None]]
    outage: Outage
    then: "Sweep | None" = None
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: bool = False
    is_busy: bool = False
    """Whether there was work at the last look, so that there may be more."""

    def ring(self) -> None:
        self.bell.set()

    def stop(self) -> None:
        """Have the loop end after what it is at."""
        self.stopping = True
        self.bell.set()

    async def run(self) -> None:
        while not self.stopping:
            # In this order: what rings between here and the look is looked for again.
            self.bell.clear()
            try:
                pause = await self._turn()
            except Exception as problem:
                await self._bear(problem)
            else:
                self.outage.over()
                await self._rest(pause)

    async def _turn(self) -> float:
        self.is_busy = bool(await self.look())
        if self.is_busy:
            if self.then is not None:
                self.then.ring()
            return 0
        seconds = await self.next_in()
        if seconds is None:
            return LONGEST_SLEEP
        # What is late and was not taken came due just now, or is being changed by somebody, or has failed: it is
        # looked at again after as long as it is late, and soon in any case.
        return max(_SHORTEST_SLEEP, min(abs(seconds), LONGEST_SLEEP if seconds > 0 else _LONGEST_WHEN_OVERDUE))

    async def _bear(self, problem: Exception) -> None:
        if database.is_away(problem):
            return await self.outage.bear(problem)
        log.error("the %s sweep failed", self.name, exc_info=problem)
        return await asyncio.sleep(LONGEST_SLEEP)

    async def _rest(self, seconds: float) -> None:
        if seconds and not self.stopping:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.bell.wait(), seconds)
