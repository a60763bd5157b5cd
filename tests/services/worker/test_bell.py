"""The bell: heard at once, and again after Redis was flushed, killed or away."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from arq import create_pool
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services import bell
from services.local.valkey import Valkey
from services.worker.arq_beside import listen

PATIENCE = 15.0

# redis-py leaves the connections of a killed server to the garbage collector, which complains of them.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def _swept() -> Iterator[None]:
    """What this test left behind is collected within it, and not in the middle of another one."""
    yield
    gc.collect()


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[Valkey]:
    server = Valkey(tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def heard(valkey: Valkey) -> AsyncIterator[asyncio.Event]:
    """Set whenever a listening worker hears the bell."""
    event = asyncio.Event()
    listening = asyncio.create_task(listen(valkey.url, name="test", ring=event.set, forget=nothing))
    yield event
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_a_ring_is_heard(valkey: Valkey, heard: asyncio.Event) -> None:
    await ring(valkey)

    await asyncio.wait_for(heard.wait(), PATIENCE)


async def test_rings_are_heard_after_redis_was_flushed(valkey: Valkey, heard: asyncio.Event) -> None:
    await ring(valkey)
    await asyncio.wait_for(heard.wait(), PATIENCE)
    async with Redis.from_url(valkey.url) as redis:
        await redis.flushall()

    await hear_again(valkey, heard)


async def test_rings_are_heard_after_redis_was_killed(valkey: Valkey, heard: asyncio.Event) -> None:
    await ring(valkey)
    await asyncio.wait_for(heard.wait(), PATIENCE)

    for _ in range(3):
        await valkey.kill()
        await valkey.start()
        await hear_again(valkey, heard)


async def test_a_worker_that_starts_without_redis_hears_it_once_it_is_there(tmp_path: Path) -> None:
    valkey, heard = Valkey(tmp_path), asyncio.Event()
    listening = asyncio.create_task(listen(valkey.url, name="test", ring=heard.set, forget=nothing))
    await asyncio.sleep(0.3)
    assert not listening.done()
    await valkey.start()

    try:
        await hear_again(valkey, heard)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await valkey.stop()


async def test_a_worker_knows_whether_redis_reaches_it(valkey: Valkey) -> None:
    hears = asyncio.Event()
    listening = asyncio.create_task(listen(valkey.url, name="test", ring=lambda: None, forget=nothing, hears=hears))
    try:
        await asyncio.wait_for(hears.wait(), PATIENCE)
        await valkey.kill()
        async with asyncio.timeout(PATIENCE):
            while hears.is_set():
                await asyncio.sleep(0.02)
        await valkey.start()
        await asyncio.wait_for(hears.wait(), PATIENCE)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def nothing() -> None:
    """There is nothing old."""


async def hear_again(valkey: Valkey, heard: asyncio.Event) -> None:
    """Ring until it is heard: one ring may be lost with the server that took it."""
    heard.clear()
    async with asyncio.timeout(PATIENCE):
        while not heard.is_set():
            with suppress(OSError, RedisError):
                await ring(valkey)
            await asyncio.sleep(0.05)


async def ring(valkey: Valkey) -> None:
    """As the API does."""
    redis = await create_pool(bell.redis_settings(valkey.url), job_serializer=bell.encode)
    try:
        await bell.ring(redis)
    finally:
        await redis.aclose()
