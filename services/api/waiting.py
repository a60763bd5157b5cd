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
    limit = asyncio.timeout(None)
    try:
        async with limit:
            watch = _Watch(limit, listener)
            try:
                return await running
            finally:
                watch.end()
    except TimeoutError:
        if limit.expired():
            raise Mistake(Code.TIMEOUT, f"This took longer than {SECONDS:.0f} seconds. Ask for less.") from None
        raise


class _Watch:
    """Sets the time of what runs, and ends it when its listener is gone; begins when it is no longer quick."""

    def __init__(self, limit: asyncio.Timeout, listener: Request | None) -> None:
        self._limit = limit
        self._listener = listener
        self._looking: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(min(PATIENCE, SECONDS), self._begin)

    def end(self) -> None:
        self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _begin(self) -> None:
        self._limit.reschedule(asyncio.get_running_loop().time() + max(0.0, SECONDS - PATIENCE))
        if self._listener is not None:
            self._looking = asyncio.create_task(self._look(self._listener))

    async def _look(self, listener: Request) -> None:
        while (await listener.receive())["type"] != "http.disconnect":
            pass
        self._limit.reschedule(asyncio.get_running_loop().time())
