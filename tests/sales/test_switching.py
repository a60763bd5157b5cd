"""Switching an endpoint off: what waits for it ends with it, however much that is."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from sales import database
from sales.deliveries import Delivery
from sales.deliveries.claiming import claim
from sales.endpoints import WhyDisabled, webhooks
from sales.endpoints.switching import switch_off
from sales.endpoints.webhooks import WebhookFields
from sales.leads.edit import LeadFields, edit
from sales.viewers import Viewer
from tests.factories import a_lead, an_empty_outbox
from tests.turning import dispatch_all

pytestmark = pytest.mark.usefixtures("sealing")


async def by_itself(webhook_id: UUID, by: Viewer) -> None:
    await switch_off(by.account.id, webhook_id, WhyDisabled.FAILING)


async def by_hand(webhook_id: UUID, by: Viewer) -> None:
    await webhooks.disable(webhook_id, by=by)


@pytest.mark.parametrize("switched_off", [by_itself, by_hand])
async def test_what_waits_is_given_up_at_once_and_what_is_on_its_way_is_left(
    ada: Viewer, switched_off: Callable[[UUID, Viewer], Awaitable[None]]
) -> None:
    await an_empty_outbox()
    lead = await a_lead(ada)
    made = await webhooks.create(by=ada, fields=WebhookFields(name="Mirror", url="https://hook.example.com/secret"))
    other = await webhooks.create(by=ada, fields=WebhookFields(name="Other", url="https://hook.example.com/other"))
    for title in ("Old roof", "New roof", "Green roof"):
        await edit(lead.id, by=ada, fields=LeadFields(title=title))
    await dispatch_all()
    [on_its_way] = [each for each in await claim(100) if each.endpoint_id == made.outcome.id]
    await database.fetch(  # as of one that has failed for days: it rests, and is tried by one delivery alone
        "update endpoints set failures = 9, paused_until = now() + interval '1 hour' where id = $1", made.outcome.id
    )

    await switched_off(made.outcome.id, ada)

    found = await Delivery.filter(endpoint_id=made.outcome.id).order_by("position")
    assert [(each.state, each.last_error) for each in found] == [
        ("PENDING", None),
        ("DEAD", "the endpoint is switched off"),
        ("DEAD", "the endpoint is switched off"),
    ]
    assert found[0].id == on_its_way.id
    assert await Delivery.filter(endpoint_id=other.outcome.id, state="PENDING").count() == 3
