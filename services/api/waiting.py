"""Waiting: nothing runs for ever, and a query only for as long as somebody waits for its answer."""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from starlette.requests import Request

from schema.mistakes import Code, Mistake

SECONDS: Final = 30.0
PATIENCE: Final = 0.1
"""Whoever hangs up within this many seconds is answered all the same: to watch a request costs as much as many take."""

T = TypeVar("T")


async def in_time(running: Awaitable[T], *, listener: Request | None = None) -> T:
    """What this comes to, within SECONDS and while the listener, where there is one, is there. Raises TIMEOUT."""
    limit = asyncio.timeout(SECONDS)
    try:
        async with limit:
            if listener is None:
                return await running
            watch = _Watch(listener, limit)
            try:
                return await running
            finally:
                watch.end()
    except TimeoutError:
        if limit.expired():
            raise Mistake(Code.TIMEOUT, f"This took longer than {SECONDS:.0f} seconds. Ask for less.") from None
        raise


class _Watch:
    """Ends the time of what runs when its listener is gone; begins to look when it is no longer quick."""

    def __init__(self, listener: Request, limit: asyncio.Timeout) -> None:
        self._listener = listener
        self._limit = limit
        self._looking: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._begin)

    def end(self) -> None:
        self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _begin(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while (await self._listener.receive())["type"] != "http.disconnect":
            pass
        self._limit.reschedule(asyncio.get_running_loop().time())
