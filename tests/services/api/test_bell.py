"""The bell costs a change nothing, whatever state Redis is in."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from sales.viewers import Viewer
from services.api.bell import Bell
from services.bell import JOB, QUEUE
from services.settings import Settings
from tests.api import Client, an_app, signed_in

NO_TIME = 0.5


@pytest.fixture
async def half_open(tmp_path: Path) -> AsyncIterator[str]:
    """A Redis that takes a connection and never says a word."""
    path = tmp_path / "redis.sock"
    server = await asyncio.start_unix_server(lambda *_: asyncio.sleep(3600), path)
    yield f"unix://{path}"
    server.close()


async def ringing(ada: Viewer, url: str | None) -> tuple[Client, Bell]:
    app = an_app(Settings(redis_url=url))
    return await signed_in(ada, app), app.state.bell


async def test_a_change_has_a_worker_look_and_a_question_does_not(ada: Viewer, redis_url: str) -> None:
    client, bell = await ringing(ada, redis_url)
    redis = Redis.from_url(redis_url)
    await redis.flushall()

    await client.ask("{ leads { totalCount } }")
    await client.do("leadCreate", {"title": ""})
    silent = await redis.zcard(QUEUE)
    await client.do("leadCreate", {"title": "x"})
    await bell.close()

    [job] = await redis.zrange(QUEUE, 0, -1)
    assert silent == 0
    assert job.decode().startswith(f"{JOB}:")
    await redis.aclose()


@pytest.mark.parametrize("url", [None, "redis://127.0.0.1:1/0", "unix:///nowhere/valkey.sock"])
async def test_without_redis_a_change_is_made_all_the_same(ada: Viewer, url: str | None) -> None:
    client, bell = await ringing(ada, url)

    started = time.monotonic()
    payloads = [await client.do("leadCreate", {"title": "x"}, "lead { number }") for _ in range(5)]

    assert time.monotonic() - started < NO_TIME * 5
    assert [payload["lead"]["number"] for payload in payloads] == [1, 2, 3, 4, 5]
    await bell.close()


async def test_a_redis_that_never_answers_holds_nothing_up(ada: Viewer, half_open: str) -> None:
    client, bell = await ringing(ada, half_open)

    started = time.monotonic()
    payload = await client.do("leadCreate", {"title": "x"})

    assert time.monotonic() - started < NO_TIME
    assert payload["errors"] == []
    await bell.close()
    assert not await bell.is_reachable()


async def test_after_a_failure_it_stays_silent_for_a_moment(ada: Viewer) -> None:
    _, bell = await ringing(ada, "redis://127.0.0.1:1/0")
    bell.ring()
    await bell.close()

    bell.ring()

    assert not bell._ringing
