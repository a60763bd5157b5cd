"""Push messages to telephones, against a Firebase of our own that speaks the documented protocol."""

import time
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sales import database
from sales.deliveries import DeliveryState
from sales.endpoints import Endpoint, EndpointKind
from sales.viewers import Viewer
from services.channels import ServiceAccount
from services.settings import Settings
from services.worker.fcm import ByFcm
from services.worker.sends import Sender
from tests.services.worker.endings import a_due_digest, a_due_reminder, a_sender, an_endpoint, what_became_of
from tests.services.worker.stand_ins import THIS_MACHINE, Receiver, Request, a_receiver

KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
UNREGISTERED = {
    "error": {
        "code": 404, "status": "NOT_FOUND",
        "details": [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "UNREGISTERED"}],
    }
}  # fmt: skip


class Firebase:
    """Hands out tokens to whoever signs by the key, and takes messages with the last of them."""

    def __init__(self, server: Receiver) -> None:
        self.server = server
        self.tokens = 0
        self.says: tuple[int, dict[str, str], Any] = (200, {}, {"name": "projects/relance-test/messages/1"})
        server.answers = self._answer

    @property
    def messages(self) -> list[Request]:
        return [request for request in self.server.got if request.path != "/token"]

    def _answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/token":
            return self._token(request)
        if request.headers["authorization"] != f"Bearer token-{self.tokens}":
            return 401, {}, b"{}"
        status, headers, body = self.says
        return status, headers, orjson.dumps(body)

    def _token(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        """RFC 7523, section 2.1."""
        form = parse_qs(request.body.decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        signed, _, signature = form["assertion"][0].rpartition(".")
        KEY.public_key().verify(raw(signature), signed.encode(), PKCS1v15(), hashes.SHA256())
        head, claims = (orjson.loads(raw(part)) for part in signed.split("."))
        assert (head["alg"], claims["iss"], claims["aud"]) == ("RS256", "us@example.com", f"{self.server.url}/token")
        assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
        assert claims["iat"] <= time.time() < claims["exp"] <= claims["iat"] + 3600
        self.tokens += 1
        return 200, {}, orjson.dumps({"access_token": f"token-{self.tokens}", "expires_in": 3599})


@pytest.fixture
async def firebase() -> AsyncIterator[Firebase]:
    async with a_receiver() as receiver:
        yield Firebase(receiver)


@pytest.fixture
def sender(firebase: Firebase, tmp_path: Path) -> Sender:
    """A sender that knows this Firebase and no other."""
    account = ServiceAccount("relance-test", "us@example.com", PEM, f"{firebase.server.url}/token")
    settings = Settings(data_dir=tmp_path, public_url="https://crm.example.com", allowed_networks=THIS_MACHINE)
    sender = a_sender(settings)
    sender._ways = {EndpointKind.FCM: ByFcm(settings, account, seconds=5, at=firebase.server.url)}
    return sender


async def test_a_message_is_for_android_and_for_iphones(ada: Viewer, firebase: Firebase, sender: Sender) -> None:
    await an_endpoint(ada, EndpointKind.FCM, "device-token")
    delivery = await a_due_reminder(ada, title="New roof")

    row = await what_became_of(delivery, Settings(), sender=sender)

    [request] = firebase.messages
    message = orjson.loads(request.body)["message"]
    collapse = message["android"]["collapse_key"]
    assert (row.state, request.path) == (DeliveryState.SENT, "/v1/projects/relance-test/messages:send")
    assert message["token"] == "device-token"
    assert message["notification"]["title"] == "Call: New roof"
    assert message["data"]["id"] == f"delivery_{delivery}"
    assert message["data"]["url"] == "https://crm.example.com/leads/1"
    assert all(isinstance(value, str) for value in message["data"].values())
    assert (message["android"]["priority"], message["android"]["notification"]["tag"]) == ("HIGH", collapse)
    headers = message["apns"]["headers"]
    assert (headers["apns-collapse-id"], headers["apns-priority"]) == (collapse, "10")


async def test_a_digest_is_one_message(ada: Viewer, firebase: Firebase, sender: Sender) -> None:
    await an_endpoint(ada, EndpointKind.FCM, "device-token")
    delivery = await a_due_digest(ada, things=7)

    row = await what_became_of(delivery, Settings(), sender=sender)

    [request] = firebase.messages
    message = orjson.loads(request.body)["message"]
    first, *_, last = message["notification"]["body"].split("\n")
    assert (row.state, message["notification"]["title"]) == (DeliveryState.SENT, "7 things to know")
    assert (first, last) == ("Eve set your lead “Roof 1” to “Won”.", "And 2 more.")
    assert message["data"] == {
        "id": f"delivery_{delivery}", "kind": "DIGEST", "url": "https://crm.example.com/leads",
    }  # fmt: skip
    assert message["android"]["priority"] == "NORMAL"


async def test_one_token_serves_until_it_is_refused(ada: Viewer, firebase: Firebase, sender: Sender) -> None:
    await an_endpoint(ada, EndpointKind.FCM, "device-token")
    for _ in range(2):
        await database.fetch("delete from delivery_attempts where account_id = $1", ada.account.id)
        await database.fetch("delete from deliveries where account_id = $1", ada.account.id)
        assert (await what_became_of(await a_due_reminder(ada), Settings(), sender=sender)).state == "SENT"
    before = firebase.tokens

    firebase.tokens += 1  # the one that is out is worth nothing any more
    await database.fetch("delete from delivery_attempts where account_id = $1", ada.account.id)
    await database.fetch("delete from deliveries where account_id = $1", ada.account.id)
    row = await what_became_of(await a_due_reminder(ada), Settings(), sender=sender)

    assert (before, row.state, row.attempt) == (1, DeliveryState.SENT, 1)


@pytest.mark.parametrize(
    ("says", "state", "because"),
    [
        ((404, {}, UNREGISTERED), "DEAD", "GONE"),
        ((400, {}, {"error": {"status": "INVALID_ARGUMENT"}}), "DEAD", None),
        ((403, {}, {"error": {"status": "PERMISSION_DENIED"}}), "DEAD", None),
        ((429, {"retry-after": "90"}, {}), "PENDING", None),
        ((503, {"retry-after": "90"}, {}), "PENDING", None),
        ((401, {}, {}), "PENDING", None),
    ],
)
async def test_an_answer_is_final_or_it_is_not(
    ada: Viewer, firebase: Firebase, sender: Sender, says: Any, state: str, because: str | None
) -> None:
    endpoint = await an_endpoint(ada, EndpointKind.FCM, "device-token")
    firebase.says = says

    row = await what_became_of(await a_due_reminder(ada), Settings(), sender=sender)

    assert row.state == state
    assert str(says[0]) in (row.last_error or "")
    assert (await Endpoint.get(id=endpoint.id)).disabled_because == because
    if "retry-after" in says[1]:
        assert (row.next_at - await database.now()).total_seconds() > 80


async def test_without_a_token_nothing_has_been_sent(ada: Viewer, firebase: Firebase, sender: Sender) -> None:
    await an_endpoint(ada, EndpointKind.FCM, "device-token")
    firebase.server.answer(500)

    row = await what_became_of(await a_due_reminder(ada), Settings(), sender=sender)

    assert (row.state, row.ambiguous, firebase.messages) == (DeliveryState.PENDING, 0, [])


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
