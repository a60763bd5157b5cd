"""Which webhooks hear of which events, once each."""

from typing import Any
from uuid import UUID

import pytest

from sales import database, sealed
from sales.deliveries import Channel, Delivery
from sales.dispatch import dispatch_again
from sales.endpoints import Endpoint, EndpointKind, webhooks
from sales.endpoints.hearing import PUBLIC_KINDS, anybody, hears
from sales.journal import Kind
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign
from sales.statuses import close
from sales.steps.delete import delete_step
from sales.viewers import Viewer
from tests.api import counted_statements
from tests.factories import a_lead, a_user, an_account, last_event, steps_of
from tests.sales.hooks import a_webhook
from tests.turning import dispatch_all

pytestmark = pytest.mark.usefixtures("sealing")


async def heard(webhook: UUID) -> list[str]:
    """The kinds of the events that a webhook is told of, in order."""
    await dispatch_all()
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
    await dispatch_all()

    await dispatch_again(ada.account.id, (await last_event(ada)).position)

    assert await heard(webhook) == ["lead.created"]


async def test_what_happens_while_it_is_off_is_not_told_later(ada: Viewer) -> None:
    webhook = await a_webhook(ada)
    await webhooks.disable(webhook, by=ada)
    await a_lead(ada, title="missed")
    await dispatch_all()

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
    await dispatch_all()
    await a_lead(ada)

    with counted_statements() as without:
        await dispatch_all()
    await a_webhook(ada)
    await dispatch_all()
    await a_lead(ada)
    with counted_statements() as with_one:
        await dispatch_all()

    assert len(with_one) == len(without) + 1


async def test_hearing_is_the_same_before_and_after(ada: Viewer) -> None:
    webhook = await a_webhook(ada, lead_filter={"statuses": ["LOST"]})
    lead = await a_lead(ada)
    created = await last_event(ada)
    await close(lead.id, by=ada, status="LOST")  # type: ignore[arg-type]

    assert [await hears(webhook, event.position) for event in (created, await last_event(ada))] == [False, True]


def test_what_is_public_is_about_leads_reminders_steps_and_pipelines() -> None:
    assert {kind.partition(".")[0] for kind in PUBLIC_KINDS} == {"lead", "reminder", "step", "pipeline"}


async def test_whether_anybody_listens_is_known_before_there_is_anything_to_tell(ada: Viewer) -> None:
    await a_webhook(ada)

    assert await anybody()
