"""Rates: no more than so many messages a minute leave, whoever claims them; what is over waits, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import combinations
from uuid import UUID

import pytest

from sales import database, sealed
from sales.clock import fire_due
from sales.deliveries import Delivery, DeliveryAttempt, DeliveryOutcome, DeliveryState, rates
from sales.deliveries.claiming import Claim, claim, next_due_in
from sales.deliveries.rates import Provider, ProviderRate
from sales.deliveries.settling import failed, sent
from sales.dispatch import dispatch
from sales.endpoints import Endpoint, EndpointKind, chats, webhooks
from sales.endpoints.chats import NewChat
from sales.endpoints.webhooks import WebhookFields
from sales.errors import Refused
from sales.leads.edit import LeadFields, edit
from sales.moments import After
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.factories import a_lead, an_empty_outbox, last_event

MINUTE = timedelta(minutes=1)
URL = "https://hook.example.com/secret-path"


@pytest.fixture(autouse=True)
async def _alone() -> AsyncIterator[None]:
    """Nothing else waits, and no provider has a rate afterwards."""
    sealed.use("k" * 32)
    await an_empty_outbox()
    yield
    sealed.use(None)
    await rates.keep({})


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


async def test_two_workers_together_send_by_a_provider_as_fast_as_it_may_and_no_faster(ada: Viewer) -> None:
    await rates.keep({Provider.WEB_PUSH: 1_200})
    devices = [await a_device(ada, EndpointKind.WEB_PUSH) for _ in range(10)]
    for device in devices:
        await waiting(ada, device, 5)

    first, second = await asyncio.gather(all_sent(), all_sent())

    assert len({*first, *second}) == len(first) + len(second) == 50
    assert_kept(await claimed_at(*devices), per_minute=1_200)


async def test_a_limited_receiver_delays_no_other(ada: Viewer) -> None:
    limited, other = await a_webhook(ada, rate_per_minute=1), await a_webhook(ada)
    await events_for(ada, 4)

    claims = await claim(10)

    assert lanes_of(claims) == [limited] + [other] * 4 or lanes_of(claims) == [other] * 4 + [limited]
    for each in claims:
        await sent(each)
    await events_for(ada, 2)
    assert lanes_of(await claim(10)) == [other] * 2


async def test_by_a_provider_the_oldest_goes_first_and_others_go_at_once(ada: Viewer) -> None:
    await rates.keep({Provider.WEB_PUSH: 1})
    young, old = [await a_device(ada, EndpointKind.WEB_PUSH) for _ in range(2)]
    telephone = await a_device(ada, EndpointKind.FCM)
    await waiting(ada, young, 2)
    await waiting(ada, old, 2, ago=MINUTE)
    await waiting(ada, telephone, 2)

    assert sorted(lanes_of(await claim(10))) == sorted([old, telephone, telephone])

    assert await claim(10) == []
    await database.fetch("update provider_rates set free_at = now() returning 1")
    assert lanes_of(await claim(10)) == [old]


async def test_e_mails_keep_the_rate_of_their_server(ada: Viewer) -> None:
    await rates.keep({Provider.MAIL: 120})
    await e_mails(ada, 5)

    claims = await claim(10)

    attempt = await DeliveryAttempt.get(delivery_id=claims[0].id)
    assert len(claims) == 2
    assert (await ProviderRate.get(provider=Provider.MAIL)).free_at == attempt.claimed_at + MINUTE / 120
    await database.fetch("update provider_rates set free_at = now() + interval '1 hour' returning 1")
    assert await claim(10) == []
    seconds = await next_due_in()
    assert seconds is not None
    assert 3_590 < seconds <= 3_600


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
    await dispatched()

    positions = []
    for _ in range(4):
        [each] = await claim(10)
        await sent(each)
        positions.append(each.position)
        await a_minute_passes(webhook)

    assert positions == sorted(positions, key=lambda position: position or 0)
    assert await claim(10) == []


async def test_what_was_called_off_spends_nothing(ada: Viewer) -> None:
    await rates.keep({Provider.MAIL: 1})
    await e_mails(ada, 3)
    await database.fetch("update users set notify_by_email = false where id = $1", ada.user.id)

    assert await claim(10) == []

    assert (await ProviderRate.get(provider=Provider.MAIL)).free_at is None


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


async def test_who_starts_last_says_how_fast_by_which_provider() -> None:
    await rates.keep({Provider.MAIL: 60, Provider.FCM: 600})
    await database.fetch("update provider_rates set free_at = now() returning 1")

    await rates.keep({Provider.MAIL: 120})

    [row] = await ProviderRate.all()
    assert (row.provider, row.rate_per_minute, row.free_at is None) == (Provider.MAIL, 120, False)


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


async def a_webhook(by: Viewer, **fields: object) -> UUID:
    given = WebhookFields(name="Mirror", url=URL) | fields  # type: ignore[operator]
    return (await webhooks.create(by=by, fields=given)).outcome.id


async def a_device(by: Viewer, kind: EndpointKind) -> UUID:
    device = await Endpoint.create(
        account_id=by.account.id, user_id=by.user.id, kind=kind, name="Device", address="sealed", shown="…",
        created_at=await database.now(),
    )  # fmt: skip
    return UUID(str(device.id))


async def events_for(by: Viewer, number: int) -> None:
    """So many events, of as many leads, on their way to whoever hears of them."""
    for _ in range(number):
        await a_lead(by)
    await dispatched()


async def dispatched() -> None:
    while await dispatch():
        pass


async def waiting(by: Viewer, endpoint: UUID, number: int, *, ago: timedelta = timedelta(0)) -> None:
    """So many deliveries that are due to an endpoint, as the dispatch writes them."""
    await database.fetch(
        """insert into deliveries (id, account_id, endpoint_id, channel, position, lane, state, attempt, ambiguous,
             next_at, created_at)
           select uuidv7(), e.account_id, e.id, case e.kind when 'WEBHOOK' then 'WEBHOOK' else 'PUSH' end, n, e.id,
             'PENDING', 0, 0, now() - $3::interval, now()
           from endpoints e, generate_series(1, $2::int) n where e.id = $1 and e.account_id = $4""",
        endpoint, number, ago, by.account.id,
    )  # fmt: skip


async def e_mails(by: Viewer, number: int) -> None:
    """So many e-mails to somebody that are due."""
    for _ in range(number):
        lead = await a_lead(by)
        await stand_by(lead.id, by=by, until=After(timedelta(milliseconds=1)))
    await asyncio.sleep(0.002)
    while await fire_due():
        pass
    await dispatched()


async def a_minute_passes(endpoint: UUID) -> None:
    await database.fetch("update endpoints set free_at = free_at - interval '1 minute' where id = $1", endpoint)


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


async def all_sent() -> list[UUID]:
    """Claim and send like a worker, until nothing waits any more."""
    done = []
    while (seconds := await next_due_in(mails=8)) is not None:
        for each in await claim(8):
            await sent(each)
            done.append(each.id)
        await asyncio.sleep(max(0.0, min(seconds, 0.05)))
    return done


async def claimed_at(*lanes: UUID) -> list[datetime]:
    rows = await database.fetch(
        """select a.claimed_at from delivery_attempts a join deliveries d on d.id = a.delivery_id
           where d.lane = any($1) order by 1""",
        list(lanes),
    )
    return [row["claimed_at"] for row in rows]


def assert_kept(times: list[datetime], *, per_minute: int) -> None:
    """In every stretch of time at most what the rate has for it, and a second's worth."""
    between, together = MINUTE / per_minute, per_minute // 60
    for (n, first), (m, last) in combinations(enumerate(times), 2):
        assert m - n + 1 <= (last - first) // between + together
    # It began with a second's worth, and was waiting all the time after.
    assert times[together - 1] - times[0] < timedelta(seconds=1)


def lanes_of(claims: list[Claim]) -> list[UUID | None]:
    return [each.endpoint_id for each in claims]
