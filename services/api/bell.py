"""The bell, rung after a change: it costs the request nothing, whatever state Redis is in."""

import asyncio
import logging
from typing import Final

from arq.connections import ArqRedis, create_pool

from services import bell

log = logging.getLogger("relance.api")

CONNECT_SECONDS: Final = 1.0
RING_SECONDS: Final = 0.05
SILENT_SECONDS: Final = 2.0
"""After a failure it is not tried for so long: the worker looks every second by itself."""


class Bell:
    """Rings in the background, through a Redis that may come and go; without a URL it is dumb."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._redis: ArqRedis | None = None
        self._connecting = asyncio.Lock()
        self._ringing: set[asyncio.Task[None]] = set()
        self._silent_until = 0.0

    def ring(self) -> None:
        """Have a worker look now; returns at once and never fails."""
        if self._url is None or asyncio.get_running_loop().time() < self._silent_until:
            return
        task = asyncio.create_task(self._ring(self._url))
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def is_reachable(self) -> bool:
        """Whether Redis answers now."""
        if self._url is None:
            return False
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await (await self._connected(self._url)).ping()
        except Exception:
            return False
        return True

    async def close(self) -> None:
        """Let what rings finish."""
        await asyncio.gather(*self._ringing, return_exceptions=True)
        if self._redis is not None:
            await self._redis.aclose()

    async def _ring(self, url: str) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                redis = await self._connected(url)
            async with asyncio.timeout(RING_SECONDS):
                await bell.ring(redis)
        except Exception as problem:
            self._silent_until = asyncio.get_running_loop().time() + SILENT_SECONDS
            log.warning("the bell is silent, the worker looks by itself: %s", str(problem) or type(problem).__name__)

    async def _connected(self, url: str) -> ArqRedis:
        async with self._connecting:
            if self._redis is None:
                self._redis = await create_pool(
                    bell.redis_settings(url), job_serializer=bell.encode, job_deserializer=bell.decode
                )
            return self._redis
