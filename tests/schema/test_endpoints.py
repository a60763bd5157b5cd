"""Webhooks over the API: set up by administrators, secrets shown once, tried before anything is sent."""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

import orjson
import pytest

from sales import sealed
from sales.deliveries import Delivery
from sales.endpoints import Endpoint
from sales.leads.moves import move
from sales.viewers import Viewer
from schema.events import position
from tests.api import Client, id_of, signed_in
from tests.factories import a_lead, a_user, an_account, events, last_event, steps_of

WEBHOOK = """webhook { id kind name address events selection isEnabled disabledBecause failures pendingCount
filter { pipelineIds stepIds ownerIds statuses } formerSecretUntil }"""
URL = "https://hook.example.com/secret-path"


pytestmark = pytest.mark.usefixtures("sealing")


async def a_webhook(client: Client, **input: Any) -> Any:
    payload = await client.do("webhookCreate", {"name": "Mirror", "url": URL, **input}, f"{WEBHOOK} secret")
    assert payload["errors"] == []
    return payload


async def test_a_webhook_shows_its_secret_once_and_its_address_never(ada: Viewer, client: Client) -> None:
    [step, *_] = await steps_of(ada)
    filter = {"stepIds": [id_of(step)], "ownerIds": [f"user_{ada.user.id}"], "statuses": ["TODO", "WON"]}

    payload = await a_webhook(client, events=["lead.moved"], filter=filter, selection="{ id }")

    webhook = payload["webhook"]
    assert payload["secret"].startswith("whsec_")
    assert [each["code"] for each in payload["warnings"]] == ["SECRET_SHOWN_ONCE"]
    assert webhook.pop("id").startswith("endpoint_")
    assert webhook == {
        "kind": "WEBHOOK", "name": "Mirror", "address": "https://hook.example.com", "events": ["lead.moved"],
        "selection": "{ id }", "isEnabled": True, "disabledBecause": None, "failures": 0, "pendingCount": 0,
        "filter": {"pipelineIds": None, **filter}, "formerSecretUntil": None,
    }  # fmt: skip
    listed = await client.ask("{ webhooks { totalCount nodes { name address } } }")
    assert listed == {"totalCount": 1, "nodes": [{"name": "Mirror", "address": "https://hook.example.com"}]}


async def test_sent_again_it_is_made_once_and_the_secret_is_not_shown(ada: Viewer, client: Client) -> None:
    input = {"name": "Mirror", "url": URL}
    first = await client.do("webhookCreate", input, f"{WEBHOOK} secret", idempotency_key="k1")
    again = await client.do("webhookCreate", input, f"{WEBHOOK} secret", idempotency_key="k1")

    assert first["secret"] is not None
    assert (again["webhook"], again["secret"]) == (first["webhook"], None)
    assert await Endpoint.filter(account_id=ada.account.id).count() == 1


async def test_it_is_edited_rotated_switched_and_deleted(client: Client) -> None:
    made = await a_webhook(client, events=["lead.moved"], filter={"statuses": ["WON"]})
    id = made["webhook"]["id"]

    edited = await client.do("webhookEdit", {"id": id, "name": "Copy", "events": [], "filter": None}, WEBHOOK)
    rotated = await client.do("webhookRotateSecret", {"id": id}, f"{WEBHOOK} secret")
    off = await client.do("webhookDisable", {"id": id}, WEBHOOK)
    on = await client.do("webhookEnable", {"id": id}, WEBHOOK)
    gone = await client.do("webhookDelete", {"id": id}, "deletedWebhookId")

    assert (edited["webhook"]["name"], edited["webhook"]["events"]) == ("Copy", [])
    assert set(edited["webhook"]["filter"].values()) == {None}
    assert rotated["secret"] not in (None, made["secret"])
    assert rotated["webhook"]["formerSecretUntil"] is not None
    assert (off["webhook"]["isEnabled"], off["webhook"]["disabledBecause"]) == (False, "BY_HAND")
    assert (on["webhook"]["isEnabled"], on["webhook"]["disabledBecause"]) == (True, None)
    assert gone["deletedWebhookId"] == id
    assert await client.ask("{ webhooks { totalCount } }") == {"totalCount": 0}
    assert await client.ask("query ($id: ID!) { node(id: $id) { id } }", id=id) is None


async def test_what_is_wrong_with_a_webhook_is_told_all_at_once(ada: Viewer, client: Client) -> None:
    events = ["lead.moved", "key.created", "x" * 1_000]

    payload = await client.do("webhookCreate", {"name": " ", "url": "http://hook.example.com", "events": events})

    assert [error["path"] for error in payload["errors"]] == [["name"], ["url"], ["events", "1"], ["events", "2"]]
    assert "key.created" in payload["errors"][2]["message"]
    assert len(payload["errors"][3]["message"]) < 250
    assert not await Endpoint.filter(account_id=ada.account.id).exists()


@pytest.mark.parametrize(
    ("selection", "problem"),
    [
        ("{ id nothing }", "Cannot query field 'nothing' on type 'Lead'. (line 1, column 6)"),
        (
            "{ id\n  step { nmae } }",
            "Cannot query field 'nmae' on type 'Step'. Did you mean 'name'? (line 2, column 10)",
        ),
        ("{ id", "Expected Name, found <EOF>. (line 1, column 7)"),
        ("id", "Expected '{', found Name 'id'. (line 1, column 1)"),
        ("{ id } ... on Team { id }", "Write the fields"),
        ("{ id } }} mutation { x { y { z ", "Expected Name"),
        ("{ id } }} query X { viewer { user { id }", "Write the fields"),
        ("{ id } } evil: viewer { user { id }", "Write the fields"),
        ("{ ...F } }} fragment F on Lead { id } query X {{", ""),
        ("{ title(x: 1) }", "Unknown argument 'x'"),
        ("{ history(first: $n) { totalCount } }", "Variable '$n' is not defined"),
        ("{ history(first: 100) { nodes { lead { history(first: 100) { totalCount } } } } }", "cost"),
        ("{ step { pipeline: name } " + "t: title " * 200 + "}", ""),
        ("{" + " reminders { lead {" * 6 + "id" + "}}" * 6 + "}", ""),
        ("", "Expected '{'"),
    ],
)
async def test_a_selection_that_no_lead_can_be_told_by_is_refused_with_the_place(
    ada: Viewer, client: Client, selection: str, problem: str
) -> None:
    payload = await client.do("webhookCreate", {"name": "x", "url": URL, "selection": selection or " "}, "secret")

    [error] = payload["errors"]
    assert (error["code"], error["path"], payload["secret"]) == ("INVALID_VALUE", ["selection"], None)
    assert problem.lower() in error["message"].lower()
    assert await Endpoint.filter(account_id=ada.account.id).count() == 0


async def test_people_who_set_nothing_up_see_and_do_nothing(ada: Viewer, client: Client) -> None:
    made = await a_webhook(client)
    bens, others = await signed_in(await a_user(ada)), await signed_in(await an_account())

    for who, code in ((bens, "NOT_ALLOWED"), (others, "NOT_FOUND")):
        refused = await who.do("webhookDelete", {"id": made["webhook"]["id"]})
        assert [each["code"] for each in refused["errors"]] == [code]
        assert await who.ask("{ webhooks { totalCount } }") == {"totalCount": 0}
        assert await who.ask("query ($id: ID!) { node(id: $id) { id } }", id=made["webhook"]["id"]) is None


TEST = "request { matches headers { name value } body }"


async def test_a_dry_run_shows_the_very_request_and_sends_nothing(ada: Viewer, client: Client) -> None:
    made = await a_webhook(client, events=["lead.moved"], selection="{ number }")
    lead = await a_lead(ada)
    created = await last_event(ada)
    _, second, *_ = await steps_of(ada)
    await move(lead.id, by=ada, step_id=second.id)
    moved, before = await last_event(ada), len(await events(ada))

    tried = [
        await client.do("webhookTest", {"id": made["webhook"]["id"], "position": position(event.position)}, TEST)
        for event in (created, moved)
    ]

    assert [each["request"]["matches"] for each in tried] == [False, True]
    request = tried[1]["request"]
    headers, body = {each["name"]: each["value"] for each in request["headers"]}, orjson.loads(request["body"])
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{request['body']}".encode()
    expected = hmac.new(b64decode(made["secret"][6:]), told, sha256).digest()
    assert headers["webhook-signature"] == f"v1,{b64encode(expected).decode()}"
    assert (body["type"], body["data"]["lead"]) == ("lead.moved", {"number": 1})
    assert body["data"]["position"] == position(moved.position)
    assert len(await events(ada)) == before
    assert await Delivery.filter(endpoint_id=made["webhook"]["id"].removeprefix("endpoint_")).count() == 0


async def test_a_dry_run_is_on_something_that_webhooks_are_told_of(ada: Viewer, client: Client) -> None:
    made = await a_webhook(client)
    not_public = await last_event(ada)

    for place in (position(not_public.position), position(999_999)):
        payload = await client.do("webhookTest", {"id": made["webhook"]["id"], "position": place}, TEST)
        assert [(each["code"], each["path"]) for each in payload["errors"]] == [("INVALID_VALUE", ["position"])]


async def test_a_secret_is_not_rotated_while_the_one_before_is_in_use(client: Client) -> None:
    made = await a_webhook(client)
    id = {"id": made["webhook"]["id"]}

    await client.do("webhookRotateSecret", id, "secret")
    again = await client.do("webhookRotateSecret", id, "secret")

    assert again["secret"] is None
    assert [(error["code"], error["path"]) for error in again["errors"]] == [("INVALID_VALUE", ["id"])]


@pytest.mark.parametrize("selection", ["", "{}", "{ , }"])
async def test_a_selection_of_nothing_is_refused(client: Client, selection: str) -> None:
    payload = await client.do("webhookCreate", {"name": "x", "url": URL, "selection": selection}, WEBHOOK)

    assert [error["path"] for error in payload["errors"]] == [["selection"]]


async def test_a_key_that_is_gone_is_said_and_the_address_can_be_given_anew(client: Client) -> None:
    made = await a_webhook(client)
    id, place = made["webhook"]["id"], (await a_position(client))
    sealed.use("another key, of another deployment, " * 2)

    payload = await client.do("webhookTest", {"id": id, "position": place}, TEST)
    edited = await client.do("webhookEdit", {"id": id, "url": URL}, WEBHOOK)
    rotated = await client.do("webhookRotateSecret", {"id": id}, "secret")

    assert [each["path"] for each in payload["errors"]] == [["id"]]
    assert "SECRET_KEY" in payload["errors"][0]["message"]
    assert (edited["errors"], rotated["errors"]) == ([], [])
    assert rotated["secret"] is not None


async def a_position(client: Client) -> str:
    made = await client.do("leadCreate", {"title": "New roof"})
    return str(made["position"])
