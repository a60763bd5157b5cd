"""Devices and chats as their people add and remove them."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sales import sealed
from sales.endpoints import Endpoint, WhyDisabled, offered
from sales.endpoints.offered import Offer
from sales.endpoints.switching import switch_off
from sales.viewers import Viewer
from services import vapid
from tests.api import Client, signed_in
from tests.factories import a_user, events, last_event

PUBLIC_KEY = vapid.public_key_of(vapid.new_private_key())
SECRET_URL = "https://hooks.slack.com/services/T0/B0/secret"
DEVICES = "{ viewer { devices { id kind name address disabledAt } } }"
CHATS = "{ viewer { chats { id kind name address events user { id } } } }"


@pytest.fixture(autouse=True)
def _all_offered() -> Iterator[None]:
    """A deployment with all keys; before and after it there are none."""
    sealed.use("k" * 32)
    offered.use(Offer(PUBLIC_KEY, reaches_telephones=True, apprise_schemes=frozenset({"mattermost", "ntfys"})))
    yield
    offered.use(Offer())


def base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def a_browser(endpoint: str = "https://push.example.com/send/abc") -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return {"webPush": {
        "endpoint": endpoint, "p256dh": base64(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)),
        "auth": base64(b"a" * 16),
    }}  # fmt: skip


async def test_a_browser_learns_the_key_and_subscribes(client: Client) -> None:
    assert await client.ask("{ webPush { publicKey } }") == {"publicKey": PUBLIC_KEY}

    made = await client.do("deviceAdd", {"name": " Laptop ", "device": a_browser()}, "device { id name kind address }")

    assert made["errors"] == []
    assert made["device"]["name"] == "Laptop"
    listed = (await client.ask(DEVICES))["devices"]
    assert listed == [made["device"] | {"disabledAt": None}]
    assert (made["device"]["kind"], made["device"]["address"]) == ("WEB_PUSH", "https://push.example.com")


async def test_its_address_is_sealed_and_in_no_event(ada: Viewer, client: Client) -> None:
    await client.do("deviceAdd", {"name": "Laptop", "device": a_browser()})

    [kept] = await Endpoint.filter(account_id=ada.account.id)
    event = await last_event(ada)
    assert "push.example.com" not in kept.address
    assert "/send/abc" in sealed.unseal(kept.address)
    assert event.kind == "endpoint.created"
    assert "send/abc" not in str(event.changes | event.private)
    assert not {"address", "address_hash"} & set(event.changes)


async def test_a_known_device_stays_one_and_comes_back_to_life(ada: Viewer, client: Client) -> None:
    browser = a_browser()
    first = await client.do("deviceAdd", {"name": "Laptop", "device": browser}, "device { id }")
    same = await client.do("deviceAdd", {"name": "Laptop", "device": browser}, "device { id }")
    await switch_off(ada.account.id, (await Endpoint.get(account_id=ada.account.id)).id, WhyDisabled.GONE)

    renewed = await client.do("deviceAdd", {"name": "My laptop", "device": a_browser()}, "device { id }")

    assert first["device"] == same["device"] == renewed["device"]
    assert same["position"] is None
    [listed] = (await client.ask(DEVICES))["devices"]
    assert (listed["name"], listed["disabledAt"]) == ("My laptop", None)
    assert (await last_event(ada)).kind == "endpoint.enabled"


async def test_a_device_that_was_sealed_by_a_lost_key_can_be_added_again(client: Client) -> None:
    token = {"fcm": {"token": "t"}}
    first = await client.do("deviceAdd", {"name": "Phone", "device": token}, "device { id }")

    sealed.use("n" * 32)
    again = await client.do("deviceAdd", {"name": "Phone", "device": token}, "device { id }")

    [kept] = await Endpoint.filter(id=again["device"]["id"].removeprefix("endpoint_"))
    assert again["device"] == first["device"]
    assert sealed.unseal(kept.address) == "t"


async def test_a_device_is_its_last_persons(ada: Viewer, client: Client) -> None:
    ben, token = await signed_in(await a_user(ada, name="Ben")), {"fcm": {"token": "abc:DEF-123"}}
    await client.do("deviceAdd", {"name": "Phone", "device": token})

    await ben.do("deviceAdd", {"name": "Phone", "device": token})

    assert (await client.ask(DEVICES))["devices"] == []
    [listed] = (await ben.ask(DEVICES))["devices"]
    assert (listed["kind"], listed["address"]) == ("FCM", "…EF-123")


async def test_what_is_removed_is_gone_and_others_can_not(ada: Viewer, client: Client) -> None:
    ben = await signed_in(await a_user(ada, name="Ben"))
    made = await client.do("deviceAdd", {"name": "Phone", "device": {"fcm": {"token": "t"}}}, "device { id }")

    refused = await ben.do("deviceRemove", made["device"])
    removed = await client.do("deviceRemove", made["device"], "device { id }")

    assert [error["code"] for error in refused["errors"]] == ["NOT_FOUND"]
    assert (removed["errors"], removed["device"]) == ([], None)
    assert (await client.ask(DEVICES))["devices"] == []


@pytest.mark.parametrize(
    ("device", "paths"),
    [
        (a_browser("http://push.example.com/x"), ["device.webPush.endpoint"]),
        (a_browser("https://127.0.0.1/x"), ["device.webPush.endpoint"]),
        ({"webPush": {"endpoint": "x", "p256dh": "AAAA", "auth": "é"}},
         ["device.webPush.endpoint", "device.webPush.p256dh", "device.webPush.auth"]),
        ({"fcm": {"token": "with space"}}, ["device.fcm.token"]),
        ({"fcm": {"token": ""}}, ["device.fcm.token"]),
    ],
)  # fmt: skip
async def test_what_is_no_device_is_refused_all_at_once(
    ada: Viewer, client: Client, device: dict[str, Any], paths: list[str]
) -> None:
    before = len(await events(ada))

    refused = await client.do("deviceAdd", {"name": " ", "device": device})

    assert [error["code"] for error in refused["errors"]] == ["INVALID_VALUE"] * (len(paths) + 1)
    assert [".".join(error["path"]) for error in refused["errors"]] == [
        f"input.{path}" if refused["errors"][0]["path"][0] == "input" else path for path in ["name", *paths]
    ]
    assert len(await events(ada)) == before


async def test_without_keys_a_sentence_says_who_can_help(client: Client) -> None:
    offered.use(Offer())

    browser = await client.do("deviceAdd", {"name": "x", "device": a_browser()})
    phone = await client.do("deviceAdd", {"name": "x", "device": {"fcm": {"token": "t"}}})
    key = await client.ask("{ webPush { publicKey } }")
    sealed.use(None)
    neither = await client.do("chatAdd", {"name": "x", "kind": "SLACK", "url": SECRET_URL})

    assert key == {"publicKey": None}
    assert "VAPID_PRIVATE_KEY" in browser["errors"][0]["message"]
    assert "FCM_CREDENTIALS" in phone["errors"][0]["message"]
    assert "SECRET_KEY" in neither["errors"][0]["message"]


async def test_a_chat_is_ones_own_and_its_address_is_not_shown(ada: Viewer, client: Client) -> None:
    made = await client.do("chatAdd", {"kind": "SLACK", "name": "Me", "url": SECRET_URL}, "chat { id address }")

    [listed] = (await client.ask(CHATS))["chats"]
    assert made["chat"] == {"id": listed["id"], "address": "https://hooks.slack.com"}
    assert (listed["kind"], listed["events"], listed["user"]) == ("SLACK", [], {"id": f"user_{ada.user.id}"})
    assert "secret" not in str([event.changes | event.private for event in await events(ada)])


async def test_a_chat_is_added_once(client: Client) -> None:
    input = {"kind": "SLACK", "name": "Me", "url": SECRET_URL}

    await client.do("chatAdd", input)
    again = await client.do("chatAdd", input | {"name": "Me, too"})

    assert [(error["code"], error["path"]) for error in again["errors"]] == [("INVALID_VALUE", ["url"])]
    assert len((await client.ask(CHATS))["chats"]) == 1


async def test_a_chat_of_the_account_is_for_administrators(ada: Viewer, client: Client) -> None:
    ben = await signed_in(await a_user(ada, name="Ben"))
    input = {"kind": "TEAMS", "name": "All", "url": "https://prod.example.com/workflows/x?sig=s",
             "isOfAccount": True, "events": ["lead.won", "lead.lost"]}  # fmt: skip

    refused = await ben.do("chatAdd", input)
    made = await client.do("chatAdd", input, "chat { id kind events address user { id } }")
    hidden = await ben.do("chatRemove", {"id": made["chat"]["id"]})

    assert [error["code"] for error in refused["errors"]] == ["NOT_ALLOWED"]
    assert made["chat"] | {"id": None} == {
        "id": None, "kind": "TEAMS", "events": ["lead.won", "lead.lost"], "address": "https://prod.example.com",
        "user": None,
    }  # fmt: skip
    assert [error["code"] for error in hidden["errors"]] == ["NOT_FOUND"]
    assert (await ben.ask(CHATS))["chats"] == []
    assert (await client.do("chatRemove", {"id": made["chat"]["id"]}))["errors"] == []
    assert (await client.ask(CHATS))["chats"] == []


@pytest.mark.parametrize(
    ("input", "reason"),
    [
        ({"kind": "APPRISE", "url": "mattermost://chat.example.com/token"}, None),
        ({"kind": "APPRISE", "url": "json://chat.example.com/token"}, "mattermost://, ntfys://"),
        ({"kind": "APPRISE", "url": "mattermost"}, "mattermost://, ntfys://"),
        ({"kind": "SLACK", "url": "http://chat.example.com/token"}, "https://"),
        ({"kind": "TEAMS", "url": "https://10.0.0.1/token"}, "10.0.0.1"),
        ({"kind": "SLACK", "url": SECRET_URL, "events": ["lead.won"]}, "company"),
        ({"kind": "SLACK", "url": SECRET_URL, "isOfAccount": True, "events": ["key.created"]}, "key.created"),
    ],
)
async def test_an_address_is_taken_or_the_sentence_says_why_not(
    client: Client, input: dict[str, Any], reason: str | None
) -> None:
    payload = await client.do("chatAdd", {"name": "x"} | input, "chat { address }")

    if reason is None:
        assert payload["chat"] == {"address": "mattermost://…"}
    else:
        [error] = payload["errors"]
        assert (error["code"], payload["chat"]) == ("INVALID_VALUE", None)
        assert reason in error["message"]


async def test_a_key_adds_nothing(client: Client) -> None:
    key = (await client.do("apiKeyCreate", {"name": "Script"}, "secret"))["secret"]
    client.headers["Authorization"] = f"Bearer {key}"

    for name, input in (
        ("deviceAdd", {"name": "x", "device": a_browser()}),
        ("chatAdd", {"name": "x", "kind": "SLACK", "url": SECRET_URL}),
    ):
        assert [error["code"] for error in (await client.do(name, input))["errors"]] == ["NOT_ALLOWED"]
