"""Settling: what a receiver says is kept, whatever it says; more in test_deliveries.py."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sales import database
from sales.database import Row
from sales.deliveries import Delivery, DeliveryAttempt, DeliveryOutcome, DeliveryState
from sales.deliveries.claiming import Claim, claim
from sales.deliveries.settling import failed, sent
from sales.endpoints import Endpoint, webhooks
from sales.endpoints.webhooks import WebhookFields
from sales.leads.moves import move
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_empty_outbox, steps_of
from tests.turning import dispatch_all


async def a_claim(by: Viewer) -> Claim:
    """An e-mail on its way to somebody whose lead was moved."""
    await an_empty_outbox()
    lead = await a_lead(await a_user(by))
    await move(lead.id, by=by, step_id=(await steps_of(by))[2].id)
    await dispatch_all()
    [claimed] = await claim(100)
    return claimed


async def a_claim_of_a_webhook(by: Viewer) -> Claim:
    await an_empty_outbox()
    await webhooks.create(by=by, fields=WebhookFields(name="Mirror", url="https://hook.example.com"))
    await a_lead(by)
    await dispatch_all()
    [claimed] = await claim(100)
    return claimed


@pytest.mark.usefixtures("sealing")
@pytest.mark.parametrize("on_its_way", [a_claim, a_claim_of_a_webhook])
async def test_a_failure_that_comes_while_another_worker_takes_it_over_changes_nothing(
    ada: Viewer, on_its_way: Callable[[Viewer], Awaitable[Claim]]
) -> None:
    claimed, is_taken = await on_its_way(ada), asyncio.Event()

    async def fail() -> DeliveryState | None:
        await is_taken.wait()
        return await failed(claimed, DeliveryOutcome.REFUSED, "451 later")

    failing = asyncio.create_task(fail())
    async with database.transaction():
        taken = await taken_over(claimed, then=is_taken)

    assert await failing is None
    [left] = await database.fetch("select lease, next_at from deliveries where id = $1", claimed.id)
    assert left == taken
    assert await Endpoint.filter(account_id=ada.account.id).exclude(failures=0).count() == 0


async def test_what_has_arrived_while_another_worker_took_it_over_ends_after_that(ada: Viewer) -> None:
    claimed, is_taken = await a_claim(ada), asyncio.Event()

    async def settle() -> None:
        await is_taken.wait()
        await sent(claimed)

    settling = asyncio.create_task(settle())
    async with database.transaction():
        await taken_over(claimed, then=is_taken)
        [meanwhile] = await database.fetch("select clock_timestamp() as at")
    await settling

    row = await Delivery.get(id=claimed.id)
    assert (row.state, row.lease) == (DeliveryState.SENT, None)
    assert row.done_at is not None
    assert row.done_at > meanwhile["at"]


async def taken_over(claimed: Claim, *, then: asyncio.Event) -> Row:
    """Another worker takes it in this transaction; who settles it after that waits for the end of it."""
    [taken] = await database.fetch(
        "update deliveries set lease = uuidv4(), next_at = now() + interval '1 minute' where id = $1 "
        "returning lease, next_at", claimed.id,
    )  # fmt: skip
    then.set()
    async with asyncio.timeout(10):
        while not await database.fetch(_SOMEBODY_WAITS):
            await database.fetch("select pg_stat_clear_snapshot()::text")
    return taken


_SOMEBODY_WAITS = """
select from pg_stat_activity where wait_event_type = 'Lock' and query like '%update delivery_attempts set ended_at%'
  and pid <> pg_backend_pid()
"""


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 Adresse refus\udce9e", "550 Adresse refus?e"),  # Latin-1, as aiosmtplib hands it on
        ("550 no\0 such\r\n  user", "550 no such user"),
        ("x" * 1_000, "x" * 500),
    ],
)
async def test_whatever_a_receiver_says_is_kept_in_one_line(ada: Viewer, said: str, kept: str) -> None:
    claimed = await a_claim(ada)

    state = await failed(claimed, DeliveryOutcome.REJECTED, said)

    assert state == DeliveryState.DEAD
    assert (await DeliveryAttempt.get(delivery_id=claimed.id)).error == kept
