"""Rates of providers: by one of them no more than so many messages a minute leave, of all accounts together."""

import asyncio

import pytest

from sales import database
from sales.deliveries import DeliveryAttempt, rates
from sales.deliveries.claiming import claim, next_due_in
from sales.deliveries.rates import Provider, ProviderRate
from sales.endpoints import EndpointKind
from sales.viewers import Viewer
from tests.sales.rated import (
    MINUTE,
    a_device,
    all_sent,
    assert_kept,
    claimed_at,
    e_mails,
    lanes_of,
    waiting,
)

pytestmark = pytest.mark.usefixtures("rated")


async def test_two_workers_together_send_by_a_provider_as_fast_as_it_may_and_no_faster(ada: Viewer) -> None:
    await rates.keep({Provider.WEB_PUSH: 1_200})
    devices = [await a_device(ada, EndpointKind.WEB_PUSH) for _ in range(10)]
    for device in devices:
        await waiting(ada, device, 5)

    first, second = await asyncio.gather(all_sent(), all_sent())

    assert len({*first, *second}) == len(first) + len(second) == 50
    assert_kept(await claimed_at(*devices), per_minute=1_200)


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


async def test_what_was_called_off_spends_nothing(ada: Viewer) -> None:
    await rates.keep({Provider.MAIL: 1})
    await e_mails(ada, 3)
    await database.fetch("update users set notify_by_email = false where id = $1", ada.user.id)

    assert await claim(10) == []

    assert (await ProviderRate.get(provider=Provider.MAIL)).free_at is None


async def test_who_starts_last_says_how_fast_by_which_provider() -> None:
    await rates.keep({Provider.MAIL: 60, Provider.FCM: 600})
    await database.fetch("update provider_rates set free_at = now() returning 1")

    await rates.keep({Provider.MAIL: 120})

    [row] = await ProviderRate.all()
    assert (row.provider, row.rate_per_minute, row.free_at is None) == (Provider.MAIL, 120, False)
