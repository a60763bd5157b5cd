"""A digest as people see it: what is in one shares the fate of its message, in trails, reasons, health and by hand."""

from datetime import timedelta
from typing import Any

import pytest

from sales import database
from sales.deliveries import Channel, Delivery, DeliveryOutcome, DeliveryState, claiming, settling
from sales.deliveries.decisions import Dead, cancel, replay, replay_all
from sales.deliveries.forgetting import forget_finished
from sales.deliveries.replaying import replay_some
from sales.digests import Digest
from sales.errors import InvalidValue
from sales.moments import After
from sales.notifications import NotificationKind
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import choose
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.api import Client, id_of
from tests.factories import a_lead, an_empty_outbox
from tests.schema.test_trails import TRAIL
from tests.turning import fire_and_dispatch


async def a_digest(by: Viewer, *, reminders: int = 2) -> tuple[Delivery, list[Delivery]]:
    """The message of an hour in which so many reminders came due, and what is in it."""
    await an_empty_outbox()
    await choose(by=by, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
    for _ in range(reminders):
        await stand_by((await a_lead(by)).id, by=by, until=After(timedelta(hours=1)))
    await database.fetch("update reminders set due_at = now(), notify_at = now() where account_id = $1", by.account.id)
    await fire_and_dispatch()
    rows = await Delivery.filter(account_id=by.account.id).order_by("id")
    [message] = [row for row in rows if row.notification_id is None]
    return message, [row for row in rows if row.notification_id]


async def claimed(message: Delivery) -> claiming.Claim:
    """Its window has closed."""
    await database.fetch("update deliveries set next_at = now() where id = $1", message.id)
    [claim] = [each for each in await claiming.claim(100) if each.account_id == message.account_id]
    return claim


async def given_up(message: Delivery) -> None:
    await settling.failed(await claimed(message), DeliveryOutcome.REJECTED, "550 no such mailbox")


async def states(by: Viewer) -> set[str]:
    return {row.state for row in await Delivery.filter(account_id=by.account.id)}


async def asked(client: Client, delivery: Delivery) -> tuple[list[str], dict[str, str], dict[str, Any]]:
    """The stages of a delivery, what each says, and why it has not arrived."""
    answer = await client.ask(TRAIL, id=id_of(delivery))
    texts = {stage["kind"]: stage["text"] for stage in answer["trail"]}
    return [stage["kind"] for stage in answer["trail"]], texts, answer["whyNotDelivered"]


async def test_what_joined_a_digest_says_when_that_goes_out(ada: Viewer, client: Client) -> None:
    message, [member, _] = await a_digest(ada)

    kinds, texts, why = await asked(client, member)

    assert kinds == ["JOINED"]
    assert texts["JOINED"].startswith("It joined a digest, which goes out at ")
    assert texts["JOINED"].endswith(" Europe/Paris (e-mail).")
    assert (why["code"], why["until"] is not None) == ("HELD", True)
    assert why["text"].endswith("(e-mail) because it goes out with a digest.")
    assert (await asked(client, message))[0] == ["HELD"]


async def test_what_becomes_of_the_message_becomes_of_what_is_in_it(ada: Viewer, client: Client) -> None:
    message, [member, _] = await a_digest(ada)
    claim = await claimed(message)
    sending = await asked(client, member)
    await settling.failed(claim, DeliveryOutcome.REFUSED, "451 later")
    refused = await asked(client, member)
    await given_up(message)
    dead = await asked(client, member)
    await replay(message.id, by=ada)
    await settling.sent(await claimed(message))
    arrived = await asked(client, member)

    assert (sending[0], sending[2]["code"]) == (["JOINED", "SENDING"], "SENDING")
    assert (refused[0], refused[2]["code"]) == (["JOINED", "REFUSED"], "RETRYING")
    assert (dead[0], dead[2]["code"]) == (["JOINED", "REFUSED", "REJECTED", "DEAD"], "DEAD")
    assert dead[1]["DEAD"] == "It was given up (e-mail): 550 no such mailbox"
    assert arrived[0] == ["JOINED", "REFUSED", "REJECTED", "REPLAYED", "DELIVERED"]
    assert arrived[2]["code"] == "DELIVERED"
    assert await states(ada) == {"SENT"}


async def test_what_was_taken_out_of_a_digest_knows_nothing_of_what_became_of_that(ada: Viewer, client: Client) -> None:
    message, [member, other] = await a_digest(ada)

    await cancel(member.id, by=ada)
    await settling.sent(await claimed(message))

    assert (await asked(client, member))[0] == ["JOINED", "CALLED_OFF"]
    assert (await asked(client, other))[0] == ["JOINED", "DELIVERED"]


async def test_what_waits_within_a_digest_counts_as_waiting_until_that_is_given_up(ada: Viewer, client: Client) -> None:
    ask = "{ deliveryHealth { pending dead } }"
    message, _ = await a_digest(ada)
    waiting = await client.ask(ask)

    await given_up(message)

    assert (waiting, await client.ask(ask)) == ({"pending": 3, "dead": 0}, {"pending": 0, "dead": 1})


@pytest.mark.parametrize("is_dead", [False, True])
async def test_a_message_that_is_called_off_takes_all_that_is_in_it_along(ada: Viewer, is_dead: bool) -> None:
    message, _ = await a_digest(ada)
    if is_dead:
        await given_up(message)

    await cancel(message.id, by=ada)

    assert await states(ada) == {"CANCELLED"}


async def test_what_is_in_a_digest_is_not_replayed_by_itself(ada: Viewer) -> None:
    message, [member, _] = await a_digest(ada)
    await given_up(message)

    with pytest.raises(InvalidValue) as refused:
        await replay(member.id, by=ada)

    assert refused.value.message("en") == "This goes within the message of a digest: send that one again."


async def test_a_dead_digest_is_found_and_replayed_by_a_kind_that_is_in_it(ada: Viewer, client: Client) -> None:
    message, _ = await a_digest(ada)
    await given_up(message)
    ask = """query ($kinds: [NotificationKind!], $states: [DeliveryState!]) {
      deliveries(filter: {kinds: $kinds, states: $states}) { nodes { id } } }"""

    found = [await client.ask(ask, kinds=[kind], states=["DEAD"]) for kind in ("REMINDER_DUE", "STEP_CHANGED")]
    for kind in (NotificationKind.STEP_CHANGED, NotificationKind.REMINDER_DUE):
        outcome = await replay_all(by=ada, dead=Dead(channels=[Channel.EMAIL], kinds=[kind]))
        assert outcome.position is not None
        while await replay_some():
            pass
        row = await Delivery.get(id=message.id)
        assert row.state == (DeliveryState.PENDING if kind == NotificationKind.REMINDER_DUE else DeliveryState.DEAD)

    assert [[each["id"] for each in one["nodes"]] for one in found] == [[id_of(message)], []]


async def test_when_all_of_a_digest_is_forgotten_so_is_the_digest(ada: Viewer) -> None:
    message, [member, _] = await a_digest(ada)
    await settling.sent(await claimed(message))
    await long_ago("id = $1", member.id)
    await forgotten()
    left = await Delivery.filter(account_id=ada.account.id).count(), await Digest.filter(account_id=ada.account.id)

    await long_ago("account_id = $1", ada.account.id)
    await forgotten()

    assert (left[0], len(left[1])) == (2, 1)
    assert await Delivery.filter(account_id=ada.account.id).count() == 0
    assert await Digest.filter(account_id=ada.account.id).count() == 0


async def test_a_digest_that_was_given_up_is_kept_with_all_that_is_in_it(ada: Viewer) -> None:
    message, _ = await a_digest(ada)
    await given_up(message)
    await database.fetch("update deliveries set done_at = now() - interval '31 days' where id = $1", message.id)

    await forgotten()

    assert await states(ada) == {"DEAD", "JOINED"}


async def long_ago(condition: str, *values: Any) -> None:
    await database.fetch(f"update deliveries set done_at = now() - interval '31 days' where {condition}", *values)


async def forgotten() -> None:
    while await forget_finished(timedelta(days=30)):
        pass
