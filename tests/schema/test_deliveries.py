"""Deliveries: whoever was not reached, and an administrator, can see it and why."""

from sales import dispatch, statuses
from sales.deliveries import DeliveryOutcome, claiming, settling
from sales.leads import Status
from sales.viewers import Viewer
from tests.api import Client, signed_in
from tests.factories import a_lead, a_user, an_empty_outbox

DEAD = """
{ deliveries(filter: { states: [DEAD] }) {
    nodes { id channel state attempts ambiguousAttempts nextAt lastError user { name } } } }
"""


async def test_an_e_mail_that_was_given_up_is_visible_and_says_why(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    await a_dead_delivery(ada, ben)

    expected = {
        "channel": "EMAIL", "state": "DEAD", "attempts": 1, "ambiguousAttempts": 0, "nextAt": None,
        "lastError": "550 no such mailbox", "user": {"name": "Ben"},
    }  # fmt: skip
    [for_ben] = (await (await signed_in(ben)).ask(DEAD))["nodes"]
    [for_ada] = (await client.ask(DEAD))["nodes"]
    assert for_ben == for_ada
    assert for_ben.pop("id").startswith("delivery_")
    assert for_ben == expected
    cleo = await signed_in(await a_user(ada, name="Cleo"))
    assert (await cleo.ask(DEAD))["nodes"] == []
    assert (await cleo.ask("query ($id: ID!) { node(id: $id) { id } }", id=for_ada["id"])) is None


async def test_a_notification_says_how_it_left_the_application(ada: Viewer) -> None:
    ben = await a_user(ada, name="Ben")
    await a_dead_delivery(ada, ben)

    inbox = await (await signed_in(ben)).ask("{ notifications { nodes { kind deliveries { state lastError } } } }")

    [told] = inbox["nodes"]
    assert told == {
        "kind": "STATUS_CHANGED",
        "deliveries": [{"state": "DEAD", "lastError": "550 no such mailbox"}],
    }


async def a_dead_delivery(ada: Viewer, ben: Viewer) -> None:
    """Ada changes a lead of Ben's, and the mail server will have none of it."""
    await an_empty_outbox()
    lead = await a_lead(ben)
    await statuses.close(lead.id, by=ada, status=Status.WON)
    while await dispatch.dispatch():
        pass
    for claim in await claiming.claim(1_000):
        await settling.failed(claim, DeliveryOutcome.REJECTED, "550 no such mailbox")
