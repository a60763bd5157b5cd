"""Workers that are killed after a provider has taken an e-mail, and before anybody has noted it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from sales import database
from sales.deliveries import Delivery, DeliveryAttempt, DeliveryState
from services.local.processes import dying_with_parent
from tests.services.worker.a_provider import KEY, Mood, Provider, a_provider

PATIENCE = 30.0
LEASE_SECONDS = 3
WORKER = f"""
from datetime import timedelta
from services.settings import Settings
from services.worker import process
process.run(Settings.from_environment(), lease=timedelta(seconds={LEASE_SECONDS}))
"""


async def test_a_worker_killed_between_sending_and_settling_is_one_e_mail(
    delivery: UUID, database_url: str, tmp_path: Path
) -> None:
    async with a_provider() as provider:
        provider.mood = Mood.HANGS
        async with a_worker(database_url, provider, tmp_path):
            await until(lambda: has(provider, mails=1, asked=1))
        provider.mood = Mood.WELL
        async with a_worker(database_url, provider, tmp_path):
            await until(lambda: is_sent(delivery))

    attempts = await DeliveryAttempt.filter(delivery_id=delivery).order_by("attempt")
    assert [str(attempt.outcome) for attempt in attempts] == ["AMBIGUOUS", "SENT"]
    assert attempts[0].error == "the worker that sent it went away"
    assert provider.keys == [f"dlv_{delivery}"] * 2
    assert len(provider.mails) == 1
    assert KEY not in (tmp_path / "worker.log").read_text()


@asynccontextmanager
async def a_worker(database_url: str, provider: Provider, folder: Path) -> AsyncIterator[None]:
    """A process that is killed at the end, as the kernel does it."""
    kept = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "SMTP_URL")}
    environ = kept | {
        "DATABASE_URL": database_url,
        "MAIL_PROVIDER": "resend",
        "MAIL_API_KEY": KEY,
        "MAIL_API_URL": provider.url,
        "DATA_DIR": str(folder),
    }
    with (folder / "worker.log").open("ab") as log:
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WORKER),
            env=environ,
            stdout=log,
            stderr=log,
            preexec_fn=dying_with_parent(signal.SIGKILL),
        )
    try:
        yield
    finally:
        worker.kill()
        await worker.wait()
        await database.fetch("delete from workers where name like '%:' || $1 returning 1", str(worker.pid))


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await is_so():
            await asyncio.sleep(0.02)


async def has(provider: Provider, *, mails: int, asked: int) -> bool:
    return (len(provider.mails), len(provider.asked)) == (mails, asked)


async def is_sent(delivery: UUID) -> bool:
    return (await Delivery.get(id=delivery)).state == DeliveryState.SENT
