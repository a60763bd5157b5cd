"""What chats are sent, and what their answers mean."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from sales import database
from sales.deliveries import DeliveryOutcome, DeliveryState
from sales.endpoints import Endpoint, EndpointKind
from sales.statuses import close
from sales.viewers import Viewer
from services.settings import Settings
from services.worker.apprised import ByApprise, _notify
from services.worker.sends import Sender
from tests.factories import a_lead, an_empty_outbox, last_event
from tests.services.worker.endings import (
    a_due_digest,
    a_due_reminder,
    a_sender,
    an_endpoint,
    an_event_told,
    what_became_of,
)
from tests.services.worker.stand_ins import THIS_MACHINE, Receiver, a_receiver

LINK = "https://crm.example.com/leads/1"


@pytest.fixture
async def chat() -> AsyncIterator[Receiver]:
    """Somebody else's server."""
    async with a_receiver() as receiver:
        yield receiver


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A deployment that may send to this machine."""
    return Settings(
        data_dir=tmp_path, public_url="https://crm.example.com", allowed_networks=THIS_MACHINE,
        apprise_schemes=frozenset({"json"}),
    )  # fmt: skip


async def test_slack_gets_text_that_means_itself_and_calls_nobody(
    ada: Viewer, chat: Receiver, settings: Settings
) -> None:
    await an_endpoint(ada, EndpointKind.SLACK, f"{chat.url}/services/T0/B0/secret")

    row = await what_became_of(await a_due_reminder(ada), settings)

    [request] = chat.got
    assert (row.state, row.channel, request.method, request.path) == ("SENT", "CHAT", "POST", "/services/T0/B0/secret")
    first, second, *details = orjson.loads(request.body)["text"].split("\n")
    title = "New &lt;roof&gt; &amp; @\u200bchannel *bold* [x](http://evil.example)"
    assert first == f"*<{LINK}|Call: {title}>*"
    assert second == f"“{title}” is waiting for you: its reminder is due."
    assert "To do: Call" in details
    assert "Note: Ask for Jo" in details


async def test_teams_gets_an_adaptive_card_in_which_no_markup_counts(
    ada: Viewer, chat: Receiver, settings: Settings
) -> None:
    await an_endpoint(ada, EndpointKind.TEAMS, f"{chat.url}/workflows/x")
    chat.answer(202)

    row = await what_became_of(await a_due_reminder(ada), settings)

    message = orjson.loads(chat.got[0].body)
    [attachment] = message["attachments"]
    card = attachment["content"]
    assert (row.state, message["type"], attachment["contentType"], card["type"], card["version"]) == (
        "SENT", "message", "application/vnd.microsoft.card.adaptive", "AdaptiveCard", "1.4",
    )  # fmt: skip
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert card["body"][0]["inlines"][0]["text"].startswith("Call: New <roof> & @channel *bold* [x](http")
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open the lead", "url": LINK}]


FIVE_OF_SEVEN = [f"Eve set your lead “Roof {number}” to “Won”." for number in range(1, 6)] + ["And 2 more."]


async def test_a_digest_is_one_message_of_slack_with_their_number_and_the_first_lines(
    ada: Viewer, chat: Receiver, settings: Settings
) -> None:
    await an_endpoint(ada, EndpointKind.SLACK, chat.url)

    row = await what_became_of(await a_due_digest(ada, things=7), settings)

    [request] = chat.got
    title, *lines = orjson.loads(request.body)["text"].split("\n")
    assert (row.state, title) == ("SENT", "*<https://crm.example.com/leads|7 things to know>*")
    assert lines == FIVE_OF_SEVEN


async def test_a_digest_is_one_card_of_teams(ada: Viewer, chat: Receiver, settings: Settings) -> None:
    await an_endpoint(ada, EndpointKind.TEAMS, chat.url)

    row = await what_became_of(await a_due_digest(ada, things=7), settings)

    [request] = chat.got
    card = orjson.loads(request.body)["attachments"][0]["content"]
    assert row.state == "SENT"
    assert [block["inlines"][0]["text"] for block in card["body"]] == ["7 things to know", *FIVE_OF_SEVEN]
    assert card["actions"][0]["url"] == "https://crm.example.com/leads"


async def test_a_digest_is_one_message_of_apprise(ada: Viewer, chat: Receiver, settings: Settings) -> None:
    await an_endpoint(ada, EndpointKind.APPRISE, chat.url.replace("http://", "json://"))

    row = await what_became_of(await a_due_digest(ada, things=7), settings)

    [request] = chat.got
    told = orjson.loads(request.body)
    assert (row.state, told["title"]) == ("SENT", "7 things to know")
    assert told["message"].split("\n") == [*FIVE_OF_SEVEN, "https://crm.example.com/leads"]


@pytest.mark.parametrize("kind", [EndpointKind.SLACK, EndpointKind.TEAMS])
@pytest.mark.parametrize(
    ("status", "state", "because"),
    [(404, "DEAD", "GONE"), (410, "DEAD", "GONE"), (400, "DEAD", None), (429, "PENDING", None), (500, "PENDING", None)],
)
async def test_an_answer_is_final_or_it_is_not(
    ada: Viewer, chat: Receiver, settings: Settings, kind: EndpointKind, status: int, state: str, because: str | None
) -> None:
    endpoint = await an_endpoint(ada, kind, chat.url)
    chat.answer(status, b"no_service", retry_after="120")

    row = await what_became_of(await a_due_reminder(ada), settings)

    assert (row.state, len(chat.got)) == (state, 1)
    assert str(status) in (row.last_error or "")
    assert (await Endpoint.get(id=endpoint.id)).disabled_because == because
    if state == "PENDING":
        assert row.next_at - await database.now() > timedelta(seconds=100)


async def test_a_chat_of_the_account_reads_an_event_in_one_sentence(
    ada: Viewer, chat: Receiver, settings: Settings
) -> None:
    await an_empty_outbox()
    endpoint = await an_endpoint(ada, EndpointKind.SLACK, chat.url, is_of_account=True)
    lead = await a_lead(ada, title="New roof")
    await close(lead.id, by=ada, status="WON")  # type: ignore[arg-type]
    event = await last_event(ada)

    row = await what_became_of(
        await an_event_told(ada, endpoint, position=event.position, lead_id=lead.id), settings
    )  # fmt: skip

    assert row.state == DeliveryState.SENT
    assert orjson.loads(chat.got[0].body)["text"] == f"*<{LINK}|New roof>*\nAda Admin won the lead."


async def test_nothing_goes_where_the_operator_has_not_opened_the_network(
    ada: Viewer, chat: Receiver, settings: Settings
) -> None:
    await an_endpoint(ada, EndpointKind.SLACK, chat.url)

    row = await what_became_of(await a_due_reminder(ada), replace(settings, allowed_networks=()))

    assert (row.state, chat.got) == (DeliveryState.PENDING, [])


async def test_apprise_sends_to_what_the_operator_lists_and_to_nothing_else(
    ada: Viewer, chat: Receiver, settings: Settings
) -> None:
    await an_endpoint(ada, EndpointKind.APPRISE, chat.url.replace("http://", "json://"))
    delivery = await a_due_reminder(ada, title="New roof")

    closed = await what_became_of(delivery, replace(settings, apprise_schemes=frozenset({"xmpp"})))
    before = list(chat.got)
    await database.fetch("update deliveries set next_at = now() where id = $1 returning 1", delivery)
    row = await what_became_of(delivery, settings)

    told: dict[str, Any] = orjson.loads(chat.got[0].body)
    assert (closed.state, before) == (DeliveryState.PENDING, [])
    assert (row.state, len(chat.got)) == (DeliveryState.SENT, 1)
    assert told["title"] == "Call: New roof"
    assert told["message"].startswith("“New roof” is waiting for you: its reminder is due.\n")
    assert told["message"].endswith(LINK)


async def test_what_apprise_cannot_bring_is_tried_again_and_names_no_address(
    ada: Viewer, chat: Receiver, settings: Settings
) -> None:
    await an_endpoint(ada, EndpointKind.APPRISE, chat.url.replace("http://", "json://user:secret@"))
    chat.answer(500)

    row = await what_became_of(await a_due_reminder(ada), settings)

    assert (row.state, row.last_error) == (DeliveryState.PENDING, "the chat did not take it")


async def test_one_address_is_one_address_for_apprise(ada: Viewer, chat: Receiver, settings: Settings) -> None:
    closed = chat.url.replace("http://", "xml://")
    await an_endpoint(ada, EndpointKind.APPRISE, f"json://127.0.0.1:1/, {closed}")

    row = await what_became_of(await a_due_reminder(ada), settings)

    assert (row.state == DeliveryState.SENT, chat.got) == (False, [])


async def test_a_chat_that_hangs_keeps_a_place_and_nobody_waits_for_it(
    ada: Viewer, chat: Receiver, settings: Settings
) -> None:
    let_go = threading.Event()
    endpoint = await an_endpoint(ada, EndpointKind.APPRISE, chat.url.replace("http://", "json://"))
    way, outcomes = ByApprise(settings, seconds=0.1), []

    class Hanging:
        def notify(self, **_: str) -> bool:
            return let_go.wait(10)

    for _ in range(ByApprise.PLACES):
        outcomes.append(await way._in_place(partial(_notify, Hanging(), title="x", body="x"), yes))
    full = await what_became_of(await a_due_reminder(ada), settings, sender=sending_by(way, settings))
    let_go.set()
    while way._free < ByApprise.PLACES:
        await asyncio.sleep(0.001)
    await database.fetch("update deliveries set next_at = now() where id = $1 returning 1", full.id)
    await database.fetch("update endpoints set paused_until = null where id = $1 returning 1", endpoint.id)

    assert {outcome.outcome for outcome in outcomes if outcome} == {DeliveryOutcome.AMBIGUOUS}
    assert (full.state, full.last_error) == (DeliveryState.PENDING, "others that hang take all places")
    assert (await what_became_of(full.id, settings, sender=sending_by(way, settings))).state == DeliveryState.SENT


def sending_by(way: ByApprise, settings: Settings) -> Sender:
    sender = a_sender(settings)
    sender._ways = {EndpointKind.APPRISE: way}
    return sender


async def yes() -> bool:
    return True
