"""Rates over the API: set and shown on webhooks and chats, told where something waits for one."""

from typing import Any
from uuid import UUID

import pytest

from sales import database
from sales.deliveries import Delivery, rates
from sales.deliveries.claiming import claim
from sales.deliveries.rates import Provider, ProviderRate
from sales.endpoints import Endpoint
from sales.journal import Kind
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in, written
from tests.factories import a_lead, a_user, last_event
from tests.turning import AN_INSTANT, dispatch_all, fire_and_dispatch

URL = "https://hook.example.com/secret-path"
WHY = "query ($id: ID!) { node(id: $id) { ... on Delivery { whyNotDelivered { code until text } } } }"


pytestmark = pytest.mark.usefixtures("rated")


async def test_a_webhook_shows_its_rate_which_is_edited_and_taken_away(ada: Viewer, client: Client) -> None:
    made = await a_webhook(client, ratePerMinute=30)
    input = {"id": made["id"]}

    faster = await client.do("webhookEdit", {**input, "ratePerMinute": 6_000}, "webhook { ratePerMinute }")
    renamed = await client.do("webhookEdit", {**input, "name": "Copy"}, "webhook { ratePerMinute }")
    free = await client.do("webhookEdit", {**input, "ratePerMinute": None}, "webhook { ratePerMinute }")

    assert made["ratePerMinute"] == 30
    assert [each["webhook"]["ratePerMinute"] for each in (faster, renamed, free)] == [6_000, 6_000, None]
    edited = await last_event(ada)
    assert (edited.kind, edited.changes) == (Kind.ENDPOINT_EDITED, {"rate_per_minute": [6_000, None]})
    assert await client.ask("{ webhooks { nodes { ratePerMinute } } }") == {"nodes": [{"ratePerMinute": None}]}


async def test_without_one_a_webhook_has_no_limit(client: Client) -> None:
    assert (await a_webhook(client))["ratePerMinute"] is None
    assert (await a_webhook(client, ratePerMinute=None))["ratePerMinute"] is None


@pytest.mark.parametrize("rate", [0, 6_001])
async def test_a_rate_out_of_range_is_refused_and_nothing_changes(client: Client, rate: int) -> None:
    made = await a_webhook(client, ratePerMinute=30)

    payload = await client.do(
        "webhookEdit", {"id": made["id"], "name": "Copy", "ratePerMinute": rate}, "webhook { id }"
    )

    [error] = payload["errors"]
    assert (payload["webhook"], error["code"], error["path"]) == (None, "INVALID_VALUE", ["ratePerMinute"])
    assert error["message"] == "A rate is between 1 and 6,000 messages a minute."
    assert await client.ask("{ webhooks { nodes { name ratePerMinute } } }") == {
        "nodes": [{"name": "Mirror", "ratePerMinute": 30}]
    }


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("SLACK", {}, 60),
        ("TEAMS", {}, 100),
        ("SLACK", {"ratePerMinute": 5}, 5),
        ("TEAMS", {"ratePerMinute": None}, None),
    ],
)
async def test_a_chat_has_the_rate_of_its_kind_or_its_own(
    client: Client, kind: str, given: dict[str, Any], kept: int | None
) -> None:
    payload = await client.do(
        "chatAdd", {"kind": kind, "name": "Team", "url": URL, **given}, "chat { kind ratePerMinute }"
    )

    assert payload["errors"] == []
    assert payload["chat"] == {"kind": kind, "ratePerMinute": kept}


async def test_what_waits_for_its_receivers_rate_says_until_when(ada: Viewer, client: Client) -> None:
    webhook = UUID((await a_webhook(client, ratePerMinute=1))["id"].removeprefix("endpoint_"))
    for _ in range(2):
        await a_lead(ada)
    await dispatch_all()
    [gone] = await claim(10)

    waiting = await Delivery.get(endpoint_id=webhook, attempt=0)
    why = (await client.ask(WHY, id=id_of(waiting)))["whyNotDelivered"]

    until = (await Endpoint.get(id=webhook)).free_at
    assert until is not None
    assert (why["code"], why["until"]) == ("RATE_LIMITED", written(until))
    assert why["text"].startswith("It is due, and goes at ")
    assert why["text"].endswith(": no more than so many messages a minute are sent there (webhook).")
    assert gone.id != waiting.id


async def test_one_learns_that_ones_e_mail_waits_for_the_servers_rate(ada: Viewer) -> None:
    await rates.keep({Provider.MAIL: 1})
    ben = await a_user(ada, locale="fr")
    for _ in range(2):
        await a_due_reminder(ben)
    await claim(10)

    waiting = await Delivery.get(account_id=ada.account.id, attempt=0)
    why = (await (await signed_in(ben)).ask(WHY, id=id_of(waiting)))["whyNotDelivered"]

    until = (await ProviderRate.get(provider=Provider.MAIL)).free_at
    assert until is not None
    assert (why["code"], why["until"]) == ("RATE_LIMITED", written(until))
    assert why["text"].endswith("\u00a0: le nombre de messages par minute y est limité (e-mail).")


async def test_who_is_sent_to_as_fast_as_they_want_is_no_alarm_until_it_stands_still(
    ada: Viewer, client: Client
) -> None:
    webhook = UUID((await a_webhook(client, ratePerMinute=1))["id"].removeprefix("endpoint_"))
    for _ in range(2):
        await a_lead(ada)
    await dispatch_all()
    await claim(1)
    await database.fetch(
        "update deliveries set next_at = now() - interval '5 minutes' where lane = $1 and attempt = 0", webhook
    )
    health = "{ deliveryHealth { pending oldestDueSeconds } }"

    at_its_pace = await client.ask(health)
    await database.fetch("update endpoints set free_at = now() - interval '2 minutes' where id = $1", webhook)
    standing_still = await client.ask(health)

    assert at_its_pace == {"pending": 2, "oldestDueSeconds": None}
    assert standing_still["oldestDueSeconds"] >= 300


async def a_webhook(client: Client, **input: Any) -> Any:
    payload = await client.do("webhookCreate", {"name": "Mirror", "url": URL, **input}, "webhook { id ratePerMinute }")
    assert payload["errors"] == []
    return payload["webhook"]


async def a_due_reminder(by: Viewer) -> None:
    """An e-mail to this person that is due."""
    lead = await a_lead(by)
    await stand_by(lead.id, by=by, until=AN_INSTANT)
    await fire_and_dispatch()
