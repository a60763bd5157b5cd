"""The bell: a job through Redis that says "look now". It carries no facts, so losing one costs a second at most."""

import time
from dataclasses import replace
from typing import Any

import orjson
from arq.connections import ArqRedis, RedisSettings
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError, TimeoutError

QUEUE = "relance"
JOB = "ring"
RINGS_PER_SECOND = 20
_RETRIES = 3


def redis_settings(url: str) -> RedisSettings:
    """How arq connects: for a moment it bears a Redis that restarts; whoever waits longer comes again himself."""
    return replace(
        RedisSettings.from_dsn(url),
        ssl_check_hostname=True,
        conn_retries=0,
        # The builtin one too: redis-py's own connect raises ConnectionRefusedError, which the usual recipe misses.
        retry_on_error=[ConnectionError, TimeoutError, OSError],
        retry_on_timeout=True,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), _RETRIES),
    )


def encode(job: dict[str, Any]) -> bytes:
    """JSON and not pickle: whoever can write into Redis must not be able to run code here."""
    return orjson.dumps(job)


def decode(job: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = orjson.loads(job)
    return decoded


async def ring(redis: ArqRedis) -> None:
    """Have a worker look now. Many rings at once are one: arq refuses the id of a job that is waiting already."""
    await redis.enqueue_job(JOB, _job_id=f"{JOB}:{int(time.time() * RINGS_PER_SECOND)}", _queue_name=QUEUE)
