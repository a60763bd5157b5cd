"""Rates of endpoints: no more than so many messages a minute leave, whoever claims them; nothing else waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from sales import database
from sales.deliveries import Delivery, DeliveryAttempt, DeliveryOutcome, DeliveryState
from sales.deliveries.claiming import claim, next_due_in
from sales.deliveries.settling import failed, sent
from sales.endpoints import Endpoint, EndpointKind, chats, webhooks
from sales.endpoints.chats import NewChat
from sales.endpoints.webhooks import WebhookFields
from sales.errors import Refused
from sales.leads.edit import LeadFields, edit
from sales.viewers import Viewer
from tests.factories import a_lead, last_event
from tests.sales.hooks import a_webhook
from tests.sales.rated import (
    MINUTE,
    URL,
    a_minute_passes,
    all_sent,
    assert_kept,
    claimed_at,
    events_for,
    lanes_of,
    waiting,
)
from tests.turning import dispatch_all

pytestmark = pytest.mark.usefixtures("rated")


async def test_one_a_minute_is_one_now_and_the_next_in_a_minute(ada: Viewer) -> None:
    webhook = await a_webhook(ada, rate_per_minute=1)
    await events_for(ada, 3)

    [first] = await claim(10)

    assert await claim(10) == []
    attempt = await DeliveryAttempt.get(delivery_id=first.id)
    assert (await Endpoint.get(id=webhook)).free_at == attempt.claimed_at + MINUTE
    seconds = await next_due_in()
    assert seconds is not None
    assert 50 < seconds <= 60
    await a_minute_passes(webhook)
    [second] = await claim(10)
    assert second.id != first.id


async def test_what_waits_is_neither_tried_nor_blamed_on_anybody(ada: Viewer) -> None:
    webhook = await a_webhook(ada, rate_per_minute=1)
    await events_for(ada, 3)
    [first] = await claim(10)

    assert await claim(10) == []

    waiting = await Delivery.filter(endpoint_id=webhook).exclude(id=first.id)
    assert [(each.state, each.attempt, each.last_error) for each in waiting] == [(DeliveryState.PENDING, 0, None)] * 2
    assert await DeliveryAttempt.filter(delivery_id__in=[each.id for each in waiting]).count() == 0
    endpoint = await Endpoint.get(id=webhook)
    assert (endpoint.failures, endpoint.failing_since, endpoint.paused_until) == (0, None, None)


@pytest.mark.parametrize("idle", [None, timedelta(hours=1), timedelta(seconds=2)])
async def test_unused_time_counts_for_a_second_and_no_more(ada: Viewer, idle: timedelta | None) -> None:
    webhook = await a_webhook(ada, rate_per_minute=180)
    await events_for(ada, 5)
    await database.fetch("update endpoints set free_at = now() - $2::interval where id = $1", webhook, idle)

    claims = await claim(10)

    attempt = await DeliveryAttempt.get(delivery_id=claims[0].id)
    assert len(claims) == 3
    assert (await Endpoint.get(id=webhook)).free_at == attempt.claimed_at + MINUTE / 180


@pytest.mark.parametrize("claimers", [2, 8])
async def test_of_many_who_claim_at_once_all_together_keep_the_rate(ada: Viewer, claimers: int) -> None:
    await a_webhook(ada, rate_per_minute=1)
    await events_for(ada, 4)

    found = await asyncio.gather(*(claim(10) for _ in range(claimers)))

    assert [len(claims) for claims in sorted(found, key=len)] == [0] * (claimers - 1) + [1]


async def test_two_workers_together_send_to_an_endpoint_as_fast_as_it_wants_and_no_faster(ada: Viewer) -> None:
    webhook = await a_webhook(ada, rate_per_minute=1_200)
    await waiting(ada, webhook, 50)

    first, second = await asyncio.gather(all_sent(), all_sent())

    assert len({*first, *second}) == len(first) + len(second) == 50
    assert_kept(await claimed_at(webhook), per_minute=1_200)


async def test_a_limited_receiver_delays_no_other(ada: Viewer) -> None:
    limited, other = await a_webhook(ada, rate_per_minute=1), await a_webhook(ada)
    await events_for(ada, 4)

    claims = await claim(10)

    assert lanes_of(claims) == [limited] + [other] * 4 or lanes_of(claims) == [other] * 4 + [limited]
    for each in claims:
        await sent(each)
    await events_for(ada, 2)
    assert lanes_of(await claim(10)) == [other] * 2


async def test_each_try_counts_also_the_second_of_the_same(ada: Viewer) -> None:
    webhook = await a_webhook(ada, rate_per_minute=1)
    await events_for(ada, 1)
    [first] = await claim(10)
    await failed(first, DeliveryOutcome.REFUSED, "busy")
    await database.fetch("update deliveries set next_at = now() where id = $1", first.id)

    assert await claim(10) == []

    await a_minute_passes(webhook)
    [again] = await claim(10)
    assert (again.id, again.attempt) == (first.id, 2)


async def test_events_of_a_lead_keep_their_order(ada: Viewer) -> None:
    webhook = await a_webhook(ada, rate_per_minute=180)
    lead = await a_lead(ada)
    for title in "123":
        await edit(lead.id, by=ada, fields=LeadFields(title=title))
    await dispatch_all()

    positions = []
    for _ in range(4):
        [each] = await claim(10)
        await sent(each)
        positions.append(each.position)
        await a_minute_passes(webhook)

    assert positions == sorted(positions, key=lambda position: position or 0)
    assert await claim(10) == []


async def test_who_is_being_claimed_for_is_passed_by_and_nobody_waits(ada: Viewer) -> None:
    limited, other = await a_webhook(ada, rate_per_minute=60), await a_webhook(ada)
    await events_for(ada, 1)

    async with somebody_claims_for(limited):
        assert lanes_of(await claim(10)) == [other]

    assert lanes_of(await claim(10)) == [limited]


async def test_a_rate_that_is_taken_away_holds_nothing_any_more(ada: Viewer) -> None:
    webhook = await a_webhook(ada, rate_per_minute=1)
    await events_for(ada, 4)
    assert len(await claim(10)) == 1

    await webhooks.edit(webhook, by=ada, fields=WebhookFields(rate_per_minute=None))

    assert len(await claim(10)) == 3
    event = await last_event(ada)
    assert (event.kind, event.changes) == ("endpoint.edited", {"rate_per_minute": [1, None]})


@pytest.mark.parametrize("rate", [0, -1, 6_001])
async def test_a_rate_out_of_range_is_refused_with_all_else_that_is_wrong(ada: Viewer, rate: int) -> None:
    with pytest.raises(Refused) as of_webhook:
        await a_webhook(ada, name=" ", rate_per_minute=rate)
    with pytest.raises(Refused) as of_chat:
        await chats.add(
            by=ada, chat=NewChat(kind=EndpointKind.SLACK, name=" ", url=URL, is_of_account=True, rate_per_minute=rate)
        )

    for refused in (of_webhook, of_chat):
        assert [refusal.path for refusal in refused.value.refusals] == ["name", "ratePerMinute"]
    assert refused.value.refusals[1].message("en") == "A rate is between 1 and 6,000 messages a minute."
    assert await Endpoint.filter(account_id=ada.account.id).count() == 0


async def test_the_database_itself_refuses_a_rate_out_of_range(ada: Viewer) -> None:
    webhook = await a_webhook(ada)

    with pytest.raises(Exception, match="endpoints_rate_valid"):
        await database.fetch("update endpoints set rate_per_minute = 0 where id = $1", webhook)


@asynccontextmanager
async def somebody_claims_for(endpoint: UUID) -> AsyncIterator[None]:
    """Meanwhile another worker holds what keeps the rate."""
    holds, over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.transaction():
            await database.fetch("select 1 from endpoints where id = $1 for no key update", endpoint)
            holds.set()
            await over.wait()

    holding = asyncio.create_task(hold())
    await holds.wait()
    try:
        yield
    finally:
        over.set()
        await holding
