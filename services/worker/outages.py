"""Servers that go away and come back: said once each time, and asked again at a bearable pace."""

import asyncio
import logging
import random
import time

from sales import database

log = logging.getLogger("relance.worker")

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 1.5
_SPREAD = 0.5


class Outage:
    """One server's absence, seen by all that need it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._since: float | None = None
        self._pause = _FIRST_PAUSE

    async def bear(self, problem: BaseException) -> None:
        """Note that it is away, and wait a little longer each time."""
        if self._since is None:
            self._since = time.monotonic()
            log.warning("%s is away: %s", self._name, database.in_words(problem))
        await asyncio.sleep(self._pause * random.uniform(1 - _SPREAD, 1 + _SPREAD))
        self._pause = min(self._pause * 1.5, _LONGEST_PAUSE)

    def over(self) -> None:
        """Note that it answers."""
        if self._since is not None:
            log.warning("%s is back after %.1f s", self._name, time.monotonic() - self._since)
        self._since, self._pause = None, _FIRST_PAUSE
