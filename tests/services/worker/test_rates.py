"""Rates, from the operator's setting and the owner's wish to what arrives, by two worker processes at once."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sales import database
from sales.deliveries import rates
from sales.deliveries.policies import AT_ONCE
from sales.leads.edit import LeadFields, edit
from sales.viewers import Viewer
from services.local.processes import dying_with_parent
from tests.end_to_end.worlds import until
from tests.factories import a_lead, an_empty_outbox
from tests.services.worker.hooks import a_webhook
from tests.services.worker.receivers import Received, Receiver, a_receiver, answer

KEY = "k" * 32
PER_MINUTE, A_SECONDS_WORTH = 240, 4
EVENTS = 28


pytestmark = pytest.mark.usefixtures("sealing")


@pytest.fixture
async def two_workers(database_url: str, tmp_path: Path) -> AsyncIterator[None]:
    """Worker processes of a deployment whose operator has chosen rates."""
    await an_empty_outbox()
    chosen = {
        "DATABASE_URL": database_url, "SECRET_KEY": KEY, "ALLOWED_NETWORKS": "127.0.0.0/8", "DATA_DIR": str(tmp_path),
        "MAIL_RATE": "14/s", "FCM_RATE": "600/min",
    }  # fmt: skip
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.command", "worker"), env={**os.environ, **chosen},
            stdout=asyncio.subprocess.DEVNULL, preexec_fn=dying_with_parent(signal.SIGKILL),
        )
        for _ in range(2)
    ]  # fmt: skip
    await until(lambda: _are_up(processes))
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        assert [await process.wait() for process in processes] == [0, 0]
        await rates.keep({})


async def _are_up(processes: list[asyncio.subprocess.Process]) -> bool:
    rows = await database.fetch("select name from workers")
    return {str(process.pid) for process in processes} <= {row["name"].rpartition(":")[2] for row in rows}


async def test_two_workers_send_no_faster_than_the_owner_wants_and_in_order(ada: Viewer, two_workers: None) -> None:
    async with a_receiver() as limited, a_receiver() as other:
        came, beside = arrivals(limited), arrivals(other)
        webhook = (await a_webhook(ada, limited, rate_per_minute=PER_MINUTE)).outcome.id
        await a_webhook(ada, other)
        lead = await a_lead(ada)
        for n in range(3):
            await edit(lead.id, by=ada, fields=LeadFields(title=str(n)))
        for _ in range(EVENTS - 4):
            await a_lead(ada)

        await until(lambda: have_arrived(limited, other))

    assert beside[-1] < came[-1]
    assert len({each.headers["webhook-id"] for each in limited.received}) == EVENTS
    assert {each.headers["webhook-attempt"] for each in limited.received} == {"1"}
    told = [each.json for each in limited.received if each.json["data"]["leadId"] == f"lead_{lead.id}"]
    assert [each["type"] for each in told] == ["lead.created"] + ["lead.edited"] * 3
    assert [each["data"]["leadVersion"] for each in told] == [1, 2, 3, 4]
    between = 60 / PER_MINUTE
    # What was claimed before a stretch of time may arrive in it.
    for (n, first), (m, last) in combinations(enumerate(came), 2):
        assert m - n + 1 <= (last - first) / between + 1 + A_SECONDS_WORTH + AT_ONCE
    claimed = await claimed_at(webhook)
    for (n, at), (m, then) in combinations(enumerate(claimed), 2):
        assert m - n + 1 <= (then - at) // timedelta(seconds=between) + A_SECONDS_WORTH


async def test_what_the_operator_chose_holds_for_all_workers(two_workers: None) -> None:
    kept = "select provider, rate_per_minute from provider_rates order by 1"

    async def is_kept() -> bool:
        return len(await database.fetch(kept)) == 2

    await until(is_kept)

    assert [tuple(row.values()) for row in await database.fetch(kept)] == [("FCM", 600), ("MAIL", 840)]


def arrivals(receiver: Receiver) -> list[float]:
    """When it is sent something, on this machine's clock."""
    times: list[float] = []

    def note(_: Received) -> bytes:
        times.append(time.monotonic())
        return answer()

    receiver.answering = note
    return times


async def have_arrived(*receivers: Receiver) -> bool:
    return all(len(each.received) >= EVENTS for each in receivers)


async def claimed_at(webhook: UUID) -> list[Any]:
    rows = await database.fetch(
        """select a.claimed_at from delivery_attempts a join deliveries d on d.id = a.delivery_id
           where d.endpoint_id = $1 order by 1""",
        webhook,
    )
    assert len(rows) == EVENTS
    return [row["claimed_at"] for row in rows]
