"""Deliveries: whoever was not reached, and an administrator, can see it and why."""

from sales import database, statuses
from sales.deliveries import DeliveryOutcome, claiming, replaying, settling
from sales.leads import Status
from sales.viewers import Viewer
from tests.api import Client, signed_in
from tests.factories import a_lead, a_user, an_empty_outbox
from tests.turning import dispatch_all

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


async def test_a_dead_delivery_is_sent_again_once_and_only_by_who_may(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    await a_dead_delivery(ada, ben)
    [dead] = (await client.ask(DEAD))["nodes"]
    cleo, of_ben = await signed_in(await a_user(ada, name="Cleo")), await signed_in(ben)

    refused = await cleo.do("deliveryReplay", {"id": dead["id"]}, "delivery { id }")
    first = await of_ben.do("deliveryReplay", {"id": dead["id"]}, SENT_AGAIN)
    again = await client.do("deliveryReplay", {"id": dead["id"]}, SENT_AGAIN)

    [error] = refused["errors"]
    assert (error["code"], error["message"]) == (
        "NOT_FOUND", "This delivery does not exist, or you may not see it.",
    )  # fmt: skip
    assert first["delivery"] == again["delivery"]
    assert first["delivery"].pop("replayedAt")
    assert first["delivery"] == {
        "id": dead["id"], "state": "PENDING", "attempts": 1, "attemptLog": {"totalCount": 1},
        "whyNotDelivered": {"code": "PENDING"},
    }  # fmt: skip
    assert (first["position"] is None, again["position"]) == (False, None)


async def test_what_may_arrive_twice_is_sent_again_with_a_warning(ada: Viewer, client: Client) -> None:
    await a_dead_delivery(ada, await a_user(ada, name="Ben"))
    await database.fetch("update deliveries set ambiguous = 2 where account_id = $1", ada.account.id)
    [dead] = (await client.ask(DEAD))["nodes"]

    done = await client.do("deliveryReplay", {"id": dead["id"]}, "delivery { state }")

    [warning] = done["warnings"]
    assert (warning["code"], warning["ids"]) == ("MAY_ARRIVE_TWICE", [dead["id"]])


async def test_a_delivery_is_called_off(ada: Viewer, client: Client) -> None:
    await a_dead_delivery(ada, await a_user(ada, name="Ben"))
    [dead] = (await client.ask(DEAD))["nodes"]

    done = await client.do("deliveryCancel", {"id": dead["id"]}, "delivery { state whyNotDelivered { code } }")

    assert done["delivery"] == {"state": "CANCELLED", "whyNotDelivered": {"code": "NOT_WANTED"}}
    assert (await client.ask(DEAD))["nodes"] == []


async def test_many_are_sent_again_in_the_background_and_one_sees_how_far_it_is(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    await a_dead_delivery(ada, ben)
    progress = "{ replays { nodes { id state total done endedAt createdBy { name } } } }"

    asked = {"filter": {"channels": ["EMAIL"], "kinds": ["STATUS_CHANGED"], "after": "2020-01-01T00:00:00Z"}}
    begun = (await client.do("deliveryReplayAll", asked, "replay { id state total done }"))["replay"]
    while await replaying.replay_some():
        pass

    id = begun.pop("id")
    assert begun == {"state": "RUNNING", "total": 1, "done": 0}
    [done] = (await client.ask(progress))["nodes"]
    assert done.pop("endedAt")
    assert done == {"id": id, "state": "DONE", "total": 1, "done": 1, "createdBy": {"name": "Ada Admin"}}
    of_ben = await signed_in(ben)
    assert (await of_ben.ask(progress))["nodes"] == []
    assert await of_ben.ask("query ($id: ID!) { node(id: $id) { id } }", id=id) is None


async def test_deliveries_are_found_by_channel_kind_endpoint_and_time(ada: Viewer, client: Client) -> None:
    await a_dead_delivery(ada, await a_user(ada, name="Ben"))
    later = "2999-01-01T00:00:00Z"

    async def found(**filter: object) -> int:
        query = "query ($filter: DeliveryFilter) { deliveries(filter: $filter) { totalCount } }"
        count: int = (await client.ask(query, filter=filter))["totalCount"]
        return count

    assert await found(channels=["EMAIL"], kinds=["STATUS_CHANGED"], before=later) == 1
    assert await found(channels=["PUSH", "CHAT"]) == 0
    assert await found(kinds=["REMINDER_DUE"]) == 0
    assert await found(after=later) == 0
    assert await found(endpointId=f"endpoint_{ada.user.id}") == 0


SENT_AGAIN = "delivery { id state attempts replayedAt attemptLog { totalCount } whyNotDelivered { code } }"


async def a_dead_delivery(ada: Viewer, ben: Viewer) -> None:
    """Ada changes a lead of Ben's, and the mail server will have none of it."""
    await an_empty_outbox()
    lead = await a_lead(ben)
    await statuses.close(lead.id, by=ada, status=Status.WON)
    await dispatch_all()
    for claim in await claiming.claim(1_000):
        await settling.failed(claim, DeliveryOutcome.REJECTED, "550 no such mailbox")
