"""Web push, seen by a push service and by the browser behind it, who open it by the RFCs with keys of their own."""

import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sales import database
from sales.deliveries import DeliveryState
from sales.endpoints import Endpoint, EndpointKind
from sales.viewers import Viewer
from services import vapid
from services.settings import Settings
from tests.services.worker.endings import a_due_digest, a_due_reminder, an_endpoint, what_became_of
from tests.services.worker.stand_ins import THIS_MACHINE, Receiver, Request, a_receiver

PRIVATE_KEY = vapid.new_private_key()
LARGEST_BODY = 4_096


class Browser:
    """A subscription: the keys of RFC 8291, and how to open what was sealed for them."""

    def __init__(self, push_service: Receiver) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self.endpoint = f"{push_service.url}/push/abc"

    @property
    def subscription(self) -> str:
        keys = {"p256dh": base64(point(self._key.public_key())), "auth": base64(self._auth)}
        return orjson.dumps({"endpoint": self.endpoint, "keys": keys}).decode()

    def opened(self, body: bytes) -> Any:
        """RFC 8188, section 2, with the key of RFC 8291, section 3.4."""
        salt, record_size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= record_size
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._key.exchange(ec.ECDH(), theirs)
        info = b"WebPush: info\0" + point(self._key.public_key()) + sender
        secret = derived(shared, salt=self._auth, info=info, length=32)
        key = derived(secret, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
        nonce = derived(secret, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
        content, end = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0").rsplit(b"\x02", 1)
        assert end == b""
        return orjson.loads(content)


@pytest.fixture
async def push_service() -> AsyncIterator[Receiver]:
    async with a_receiver() as receiver:
        receiver.answer(201)
        yield receiver


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A deployment that may send to this machine."""
    return Settings(
        data_dir=tmp_path, public_url="https://crm.example.com", allowed_networks=THIS_MACHINE,
        mail_from="Relance <crm@example.com>", vapid_private_key=PRIVATE_KEY,
    )  # fmt: skip


async def test_the_browser_alone_can_open_what_it_is_sent(
    ada: Viewer, push_service: Receiver, settings: Settings
) -> None:
    browser, other = Browser(push_service), Browser(push_service)
    await an_endpoint(ada, EndpointKind.WEB_PUSH, browser.subscription)
    delivery = await a_due_reminder(ada, title="New roof")

    row = await what_became_of(delivery, settings)

    [request] = push_service.got
    message = browser.opened(request.body)
    assert (row.state, row.channel, request.path) == (DeliveryState.SENT, "PUSH", "/push/abc")
    assert (message["id"], message["title"], message["url"], message["kind"]) == (
        f"delivery_{delivery}", "Call: New roof", "https://crm.example.com/leads/1", "REMINDER_DUE",
    )  # fmt: skip
    assert message["body"].startswith("“New roof” is waiting for you: its reminder is due.\nDue: ")
    with pytest.raises(InvalidTag):
        other.opened(request.body)


async def test_the_push_service_can_tell_who_sends_for_how_long_and_what_replaces_what(
    ada: Viewer, push_service: Receiver, settings: Settings
) -> None:
    await an_endpoint(ada, EndpointKind.WEB_PUSH, Browser(push_service).subscription)

    await what_became_of(await a_due_reminder(ada), settings)

    [request] = push_service.got
    claims, key = verified(request)
    assert key == vapid.public_key_of(PRIVATE_KEY)
    assert (claims["aud"], claims["sub"]) == (push_service.url, "mailto:crm@example.com")
    assert time.time() < claims["exp"] <= time.time() + 24 * 60 * 60
    assert request.headers["content-encoding"] == "aes128gcm"
    assert request.headers["ttl"] == "604800"
    assert request.headers["urgency"] == "high"
    topic = request.headers["topic"]
    assert len(topic) == 32
    assert topic.isalnum()


async def test_a_digest_is_one_message_that_replaces_no_other(
    ada: Viewer, push_service: Receiver, settings: Settings
) -> None:
    browser = Browser(push_service)
    await an_endpoint(ada, EndpointKind.WEB_PUSH, browser.subscription)
    delivery = await a_due_digest(ada, things=7)

    row = await what_became_of(delivery, settings)

    [request] = push_service.got
    message = browser.opened(request.body)
    assert (row.state, request.headers["urgency"]) == (DeliveryState.SENT, "normal")
    assert request.headers["topic"] == message.pop("tag")
    first, *_, last = message.pop("body").split("\n")
    assert (first, last) == ("Eve set your lead “Roof 1” to “Won”.", "And 2 more.")
    assert message == {
        "id": f"delivery_{delivery}", "notificationId": None, "kind": "DIGEST", "title": "7 things to know",
        "url": "https://crm.example.com/leads", "leadId": None,
    }  # fmt: skip


async def test_what_is_too_long_is_cut_so_that_every_push_service_takes_it(
    ada: Viewer, push_service: Receiver, settings: Settings
) -> None:
    browser = Browser(push_service)
    await an_endpoint(ada, EndpointKind.WEB_PUSH, browser.subscription)

    await what_became_of(await a_due_reminder(ada, note='"屋根"\n' * 700, title="é" * 200), settings)

    [request] = push_service.got
    assert 3_000 < len(request.body) <= LARGEST_BODY
    assert browser.opened(request.body)["body"].endswith("…")


@pytest.mark.parametrize(
    ("status", "state", "because"),
    [
        (404, "DEAD", "GONE"), (410, "DEAD", "GONE"), (413, "DEAD", None), (400, "DEAD", None),
        (403, "PENDING", None), (429, "PENDING", None), (503, "PENDING", None),
    ],
)  # fmt: skip
async def test_a_device_that_is_gone_is_switched_off_and_others_are_tried_again(
    ada: Viewer, push_service: Receiver, settings: Settings, status: int, state: str, because: str | None
) -> None:
    endpoint = await an_endpoint(ada, EndpointKind.WEB_PUSH, Browser(push_service).subscription)
    push_service.answer(status)

    row = await what_became_of(await a_due_reminder(ada), settings)

    assert (row.state, len(push_service.got)) == (state, 1)
    assert (await Endpoint.get(id=endpoint.id)).disabled_because == because


async def test_without_a_key_it_waits_until_the_operator_sets_one(
    ada: Viewer, push_service: Receiver, settings: Settings
) -> None:
    await an_endpoint(ada, EndpointKind.WEB_PUSH, Browser(push_service).subscription)
    delivery = await a_due_reminder(ada)

    without = await what_became_of(delivery, replace(settings, vapid_private_key=None))
    await database.fetch("update deliveries set next_at = now() where id = $1 returning 1", delivery)

    assert without.state == DeliveryState.PENDING
    assert (await what_became_of(delivery, settings)).state == DeliveryState.SENT


def verified(request: Request) -> tuple[dict[str, Any], str]:
    """The claims and the key of RFC 8292, section 3, once the signature is known to be that key's."""
    scheme, _, rest = request.headers["authorization"].partition(" ")
    assert scheme == "vapid"
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    signed, _, signature = given["t"].rpartition(".")
    head, claims = (orjson.loads(raw(part)) for part in signed.split("."))
    assert (head["alg"], head["typ"]) == ("ES256", "JWT")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(given["k"]))
    r, s = (int.from_bytes(part, "big") for part in (raw(signature)[:32], raw(signature)[32:]))
    key.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(encode_dss_signature(r, s), b"x" + signed.encode(), ec.ECDSA(hashes.SHA256()))
    return claims, given["k"].rstrip("=")


def derived(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
