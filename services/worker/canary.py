"""The canary as a worker keeps it: fired by the clock's sweep, told by the dispatch's, one look a minute."""

import asyncio

from sales import canaries


class Canary:
    """Looks when the next one is due, as the database has said, so that a sweep's look costs no more than before."""

    def __init__(self) -> None:
        self._due_at = 0.0
        self._is_to_be_told = False

    async def fire(self) -> int:
        """Fire it if it is due; returns how many fired."""
        now = asyncio.get_running_loop().time()
        if now < self._due_at:
            return 0
        fired, next_in = await canaries.fire()
        self._due_at = now + next_in
        self._is_to_be_told = self._is_to_be_told or fired > 0
        return fired

    async def tell(self) -> int:
        """Note that the dispatch was done with what was due by then; returns how many."""
        if not self._is_to_be_told:
            return 0
        told = await canaries.tell()
        self._is_to_be_told = False
        return told

    def next_in(self, seconds: float | None) -> float:
        """The seconds until the canary is due, or these if they are less."""
        own = self._due_at - asyncio.get_running_loop().time()
        return own if seconds is None else min(seconds, own)
