"""Webhooks: what administrators may set up, and that neither address nor secret shows anywhere."""

import asyncio
from ipaddress import ip_network
from uuid import UUID

import pytest

from sales import database, sealed
from sales.deliveries import Delivery, DeliveryState
from sales.endpoints import Endpoint, addresses, webhooks
from sales.endpoints.webhooks import MOST_WEBHOOKS, WebhookFields
from sales.errors import InvalidValue, NotAllowed, NotFound, Refused
from sales.ids import new_id
from sales.journal import Kind
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_account, events
from tests.sales.hooks import a_webhook
from tests.turning import dispatch_all

pytestmark = pytest.mark.usefixtures("sealing")


async def test_neither_address_nor_secret_is_in_the_journal_or_in_the_clear(ada: Viewer) -> None:
    made = await webhooks.create(
        by=ada, fields=WebhookFields(name="Mirror", url="https://hook.example.com/secret-path")
    )
    await webhooks.rotate_secret(made.outcome.id, by=ada)
    await webhooks.edit(made.outcome.id, by=ada, fields=WebhookFields(url="https://hook.example.com/other-path"))

    endpoint = await Endpoint.get(id=made.outcome.id)
    assert made.secret is not None
    texts = [str((event.changes, event.private, event.data)) for event in await events(ada)]
    texts.append(str((endpoint.address, endpoint.secret, endpoint.former_secret, endpoint.shown)))
    for secret in ("secret-path", "other-path", made.secret, made.secret[6:]):
        assert not any(secret in text for text in texts)
    assert endpoint.shown == "https://hook.example.com"
    assert sealed.unseal(endpoint.address) == "https://hook.example.com/other-path"
    assert sealed.unseal(endpoint.former_secret or "") == made.secret


async def test_the_same_address_again_is_no_change(ada: Viewer) -> None:
    webhook = await a_webhook(ada)
    fields = WebhookFields(url="https://hook.example.com/secret-path")

    outcome = await webhooks.edit(webhook, by=ada, fields=fields)

    assert outcome.position is None


async def test_a_new_address_begins_without_the_failures_of_the_old_one(ada: Viewer) -> None:
    webhook = await a_webhook(ada)
    await Endpoint.filter(id=webhook).update(failures=9, failing_since=await database.now())

    await webhooks.edit(webhook, by=ada, fields=WebhookFields(url="https://new.example.com/"))

    endpoint = await Endpoint.get(id=webhook)
    assert (endpoint.failures, endpoint.failing_since) == (0, None)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hook.example.com/", "url_not_https"),
        ("ftp://hook.example.com/", "url_malformed"),
        ("https://", "url_malformed"),
        ("https://[::1", "url_malformed"),
        ("https://hook.example.com:99999/", "url_malformed"),
        ("https://hook.example.com/#x", "url_malformed"),
        ("https://hook.example.com/a b", "url_malformed"),
        ("https://ada:pass@hook.example.com/", "url_with_password"),
        ("https://127.0.0.1/", "url_not_reachable"),
        ("https://localhost/", "url_not_reachable"),
        ("https://[::1]:8000/", "url_not_reachable"),
        ("https://169.254.169.254/latest", "url_not_reachable"),
        ("https://10.0.0.8/", "url_not_reachable"),
        ("https://hook.example.com/" + "x" * 2_000, "url_malformed"),
    ],
)
async def test_addresses_that_nothing_is_sent_to(ada: Viewer, url: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        await a_webhook(ada, url=url)

    assert (refused.value.path, refused.value.reason) == ("url", reason)
    assert await Endpoint.filter(account_id=ada.account.id).count() == 0


async def test_plain_http_is_for_networks_that_the_operator_allows(ada: Viewer) -> None:
    addresses.allow([ip_network("127.0.0.0/8")])

    for url in ("http://127.0.0.1:9000/hook", "http://localhost:9000/"):
        assert await a_webhook(ada, url=url)
    with pytest.raises(InvalidValue):
        await a_webhook(ada, url="http://10.0.0.1/")


async def test_without_a_key_nothing_is_kept(ada: Viewer) -> None:
    sealed.use(None)

    with pytest.raises(InvalidValue) as refused:
        await a_webhook(ada)

    assert refused.value.reason == "cannot_seal"
    assert "SECRET_KEY" in refused.value.message("en")


async def test_what_is_wrong_is_told_all_at_once(ada: Viewer) -> None:
    with pytest.raises(Refused) as refused:
        await a_webhook(
            ada, name=" ", url="http://x.example.com", events=[Kind.USER_ADDED],
            lead_filter={"stepIds": [new_id()], "ownerIds": [ada.user.id, new_id()]},
        )  # fmt: skip

    assert [(type(each), each.path) for each in refused.value.refusals] == [
        (InvalidValue, "name"), (InvalidValue, "url"), (InvalidValue, "events.0"), (NotFound, "filter.stepIds.0"),
        (NotFound, "filter.ownerIds.1"),
    ]  # fmt: skip


async def test_only_administrators_of_the_account_may(ada: Viewer) -> None:
    webhook, ben, other = await a_webhook(ada), await a_user(ada), await an_account()

    for by, refusal in ((ben, NotAllowed), (other, NotFound)):
        for act in (webhooks.rotate_secret, webhooks.enable, webhooks.disable, webhooks.delete):
            with pytest.raises(refusal):
                await act(webhook, by=by)
    with pytest.raises(NotAllowed):
        await a_webhook(ben)


async def test_of_many_made_at_once_no_more_than_there_is_room_for(ada: Viewer) -> None:
    for _ in range(MOST_WEBHOOKS - 1):
        await a_webhook(ada)

    made = await asyncio.gather(*(a_webhook(ada) for _ in range(3)), return_exceptions=True)

    assert sum(isinstance(each, UUID) for each in made) == 1
    assert await Endpoint.filter(account_id=ada.account.id).count() == MOST_WEBHOOKS


async def test_a_deleted_one_has_nothing_pending(ada: Viewer) -> None:
    webhook = await a_webhook(ada)
    await a_lead(ada)
    await dispatch_all()

    await webhooks.delete(webhook, by=ada)

    assert [each.state for each in await Delivery.filter(endpoint_id=webhook)] == [DeliveryState.CANCELLED]
    with pytest.raises(NotFound):
        await webhooks.enable(webhook, by=ada)
