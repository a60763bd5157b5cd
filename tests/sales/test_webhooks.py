"""Which webhooks hear of which events, once each; and what administrators may set up."""

import asyncio
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest

from sales import database, sealed
from sales.deliveries import Channel, Delivery, DeliveryState
from sales.dispatch import dispatch, dispatch_again
from sales.endpoints import Endpoint, EndpointKind, addresses, webhooks
from sales.endpoints.hearing import PUBLIC_KINDS, hears
from sales.endpoints.webhooks import MOST_WEBHOOKS, WebhookFields
from sales.errors import InvalidValue, NotAllowed, NotFound, Refused
from sales.ids import new_id
from sales.journal import Kind
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign
from sales.statuses import close
from sales.steps.delete import delete_step
from sales.viewers import Viewer
from tests.api import counted_statements
from tests.factories import a_lead, a_user, an_account, events, last_event, steps_of


@pytest.fixture(autouse=True)
def _sealing() -> Iterator[None]:
    sealed.use("k" * 32)
    yield
    sealed.use(None)
    addresses.allow(())


async def a_webhook(by: Viewer, **fields: Any) -> UUID:
    given = WebhookFields(name="Mirror", url="https://hook.example.com/secret-path") | fields  # type: ignore[operator]
    return (await webhooks.create(by=by, fields=given)).outcome.id


async def all_dispatched() -> None:
    while await dispatch():
        pass


async def heard(webhook: UUID) -> list[str]:
    """The kinds of the events that a webhook is told of, in order."""
    await all_dispatched()
    rows = await database.fetch(
        """select j.kind from deliveries d join journal j on j.account_id = d.account_id and j.position = d.position
           where d.endpoint_id = $1 order by d.position""",
        webhook,
    )
    return [row["kind"] for row in rows]


async def test_it_hears_of_everything_public_from_its_beginning_and_of_nothing_else(ada: Viewer) -> None:
    await a_lead(ada)
    webhook = await a_webhook(ada)
    lead = await a_lead(ada)
    await edit(lead.id, by=ada, fields=LeadFields(title="Roof"))
    await a_user(ada)

    assert await heard(webhook) == ["lead.created", "lead.edited"]
    [first, _] = await Delivery.filter(endpoint_id=webhook).order_by("position")
    assert (first.channel, first.lane, first.lead_id, first.notification_id, first.user_id) == (
        Channel.WEBHOOK, webhook, lead.id, None, None,
    )  # fmt: skip


async def test_only_the_kinds_that_it_wants(ada: Viewer) -> None:
    webhook = await a_webhook(ada, events=[Kind.LEAD_WON])
    lead = await a_lead(ada)
    await close(lead.id, by=ada, status="WON")  # type: ignore[arg-type]

    assert await heard(webhook) == ["lead.won"]


async def test_parts_of_a_bulk_event_are_told_each_beside_the_whole(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    for _ in range(3):
        await a_lead(ada, step=first)
    webhook = await a_webhook(ada)

    await delete_step(first.id, by=ada, target_step_id=second.id)

    kinds = await heard(webhook)
    assert kinds[0] == "step.deleted"
    assert kinds[1:] == ["lead.moved"] * 3


@pytest.mark.parametrize("which", ["stepIds", "pipelineIds", "ownerIds", "statuses", "nobody's"])
async def test_a_filter_is_about_the_lead_as_it_is_after_the_event_however_late_that_is_told(
    ada: Viewer, which: str
) -> None:
    ben = await a_user(ada)
    first, second, *_ = await steps_of(ada)
    wanted: dict[str, dict[str, list[Any]]] = {
        "stepIds": {"stepIds": [second.id]},
        "pipelineIds": {"pipelineIds": [first.pipeline_id]},
        "ownerIds": {"ownerIds": [ben.user.id]},
        "statuses": {"statuses": ["WON"]},
        "nobody's": {"ownerIds": [ben.user.id], "stepIds": [first.id]},
    }
    webhook = await a_webhook(ada, lead_filter=wanted[which])
    lead = await a_lead(ada, step=first)
    await edit(lead.id, by=ada, fields=LeadFields(title="1"))
    await move(lead.id, by=ada, step_id=second.id)
    await edit(lead.id, by=ada, fields=LeadFields(title="2"))
    await assign(lead.id, by=ada, owner_id=ben.user.id)
    await edit(lead.id, by=ada, fields=LeadFields(title="3"))
    await close(lead.id, by=ada, status="WON")  # type: ignore[arg-type]

    assert await heard(webhook) == {
        "stepIds": ["lead.moved", "lead.edited", "lead.assigned", "lead.edited", "lead.won"],
        "pipelineIds": [
            "lead.created", "lead.edited", "lead.moved", "lead.edited", "lead.assigned", "lead.edited", "lead.won",
        ],
        "ownerIds": ["lead.assigned", "lead.edited", "lead.won"],
        "statuses": ["lead.won"],
        "nobody's": [],
    }[which]  # fmt: skip


async def test_a_step_that_is_gone_by_then_still_has_its_pipeline(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    webhook = await a_webhook(ada, lead_filter={"pipelineIds": [first.pipeline_id]})
    await a_lead(ada, step=first)
    await delete_step(first.id, by=ada, target_step_id=second.id)

    assert await heard(webhook) == ["lead.created", "lead.moved"]


async def test_nothing_of_another_account(ada: Viewer) -> None:
    webhook = await a_webhook(ada)
    await a_lead(await an_account())

    assert await heard(webhook) == []


async def test_an_event_is_told_once_however_often_it_is_dispatched(ada: Viewer) -> None:
    webhook = await a_webhook(ada)
    await a_lead(ada)
    await all_dispatched()

    await dispatch_again(ada.account.id, (await last_event(ada)).position)

    assert await heard(webhook) == ["lead.created"]


async def test_what_happens_while_it_is_off_is_not_told_later(ada: Viewer) -> None:
    webhook = await a_webhook(ada)
    await webhooks.disable(webhook, by=ada)
    await a_lead(ada, title="missed")
    await all_dispatched()

    await webhooks.enable(webhook, by=ada)
    await a_lead(ada)

    assert await heard(webhook) == ["lead.created"]


async def test_chats_of_the_account_hear_too_and_those_of_people_do_not(ada: Viewer) -> None:
    made = []
    for user_id in (None, ada.user.id):
        endpoint = Endpoint(
            account_id=ada.account.id, user_id=user_id, kind=EndpointKind.SLACK, name="Chat",
            address=sealed.seal("https://chat.example.com"), shown="", created_at=await database.now(),
        )  # fmt: skip
        await endpoint.save()
        made.append(endpoint.id)
    await a_lead(ada)

    assert [await heard(each) for each in made] == [["lead.created"], []]
    assert [each.channel for each in await Delivery.filter(endpoint_id=made[0])] == [Channel.CHAT]


async def test_an_account_without_any_pays_no_statement_for_it(ada: Viewer) -> None:
    await a_lead(ada)
    await all_dispatched()
    await a_lead(ada)

    with counted_statements() as without:
        await all_dispatched()
    await a_webhook(ada)
    await all_dispatched()
    await a_lead(ada)
    with counted_statements() as with_one:
        await all_dispatched()

    assert len(with_one) == len(without) + 1


async def test_hearing_is_the_same_before_and_after(ada: Viewer) -> None:
    webhook = await a_webhook(ada, lead_filter={"statuses": ["LOST"]})
    lead = await a_lead(ada)
    created = await last_event(ada)
    await close(lead.id, by=ada, status="LOST")  # type: ignore[arg-type]

    assert [await hears(webhook, event.position) for event in (created, await last_event(ada))] == [False, True]


def test_what_is_public_is_about_leads_reminders_steps_and_pipelines() -> None:
    assert {kind.partition(".")[0] for kind in PUBLIC_KINDS} == {"lead", "reminder", "step", "pipeline"}


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
    await all_dispatched()

    await webhooks.delete(webhook, by=ada)

    assert [each.state for each in await Delivery.filter(endpoint_id=webhook)] == [DeliveryState.CANCELLED]
    with pytest.raises(NotFound):
        await webhooks.enable(webhook, by=ada)
