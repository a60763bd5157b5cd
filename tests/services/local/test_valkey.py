"""Valkey out of the wheel: private, forgetful, and gone with its owner."""

import stat
from pathlib import Path

import pytest
from arq.connections import RedisSettings, create_pool
from redis.asyncio import Redis

from services.local.valkey import Valkey, running
from services.settings import CannotStart
from tests.services.local.processes import gone, owner


async def test_it_listens_on_a_private_socket_only_and_evicts_nothing(ground: Path) -> None:
    async with running(ground / "valkey") as url, Redis.from_url(url, decode_responses=True) as client:
        settings = await client.config_get("port", "maxmemory", "maxmemory-policy", "save", "appendonly")

    assert settings == {
        "port": "0",
        "maxmemory": str(64 * 1024 * 1024),
        "maxmemory-policy": "noeviction",
        "save": "",
        "appendonly": "no",
    }
    assert stat.S_IMODE((ground / "valkey/socket").stat().st_mode) == 0o700


async def test_arq_takes_its_url(ground: Path) -> None:
    async with running(ground / "valkey") as url:
        pool = await create_pool(RedisSettings.from_dsn(url))

        assert await pool.ping()
        await pool.aclose()


async def test_after_a_kill_it_starts_again_at_the_same_url(ground: Path) -> None:
    server = Valkey(ground / "valkey")
    await server.start()
    url = server.url

    await server.kill()
    await server.start()

    assert server.url == url
    async with Redis.from_url(url) as client:
        assert await client.ping()
    await server.stop()


async def test_it_dies_with_its_owner_and_the_next_start_carries_on(ground: Path) -> None:
    with owner("Valkey", ground / "valkey") as (process, pid):
        process.kill()
        process.wait()

        async with running(ground / "valkey") as url, Redis.from_url(url) as client:
            assert await client.ping()

    assert gone(pid)


async def test_a_second_owner_is_refused(ground: Path) -> None:
    async with running(ground / "valkey"):
        with pytest.raises(CannotStart, match="is in use by another process; stop that one first"):
            await Valkey(ground / "valkey").start()
