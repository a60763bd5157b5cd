"""Push messages to browsers: encrypted for the device alone (RFC 8291), signed by this deployment (RFC 8292)."""

import os
import time
from typing import Final
from urllib.parse import urlsplit

import http_ece
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from sales import base64url, sealed
from services import vapid
from services.settings import Settings
from services.worker import outbound
from services.worker.tellings import Telling, told
from services.worker.ways import MayGo, Outgoing, Result

KEPT_SECONDS: Final = 7 * 24 * 60 * 60
"""How long a push service keeps it for a device that is off."""
LONGEST_PAYLOAD: Final = 3_993
"""Bytes before encryption: with header, padding and tag that makes the 4,096 that each push service takes."""
DIGEST: Final = "DIGEST"
"""The kind of a message that tells of several notifications."""
_SIGNED_FOR_SECONDS: Final = 12 * 60 * 60
_ELLIPSIS: Final = "…"

_NEVER: Final = frozenset({400, 413})


class ByWebPush:
    """The way of browsers: one POST to the push service that each of them has chosen."""

    def __init__(self, settings: Settings, *, private_key: str, seconds: float) -> None:
        self._settings = settings
        self._signer = Vapid02(vapid.read(private_key))
        self._seconds = seconds

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        assert outgoing.endpoint is not None
        subscription = orjson.loads(sealed.unseal(outgoing.endpoint.address))
        telling = await told(outgoing, public_url=self._settings.public_url)
        answer = await outbound.post(
            subscription["endpoint"],
            headers=self._headers(subscription["endpoint"], outgoing),
            content=encrypted(payload(outgoing, telling), **subscription["keys"]),
            seconds=self._seconds,
            may_go=may_go,
            allow=self._settings.allowed_networks,
        )
        return outbound.judged(answer, never=_NEVER) if answer else None

    def _headers(self, endpoint: str, outgoing: Outgoing) -> dict[str, str]:
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(time.time()) + _SIGNED_FOR_SECONDS,
            "sub": f"mailto:{self._settings.mail_address}",
        }
        return {
            "authorization": self._signer.sign(claims)["Authorization"],
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(KEPT_SECONDS),
            "urgency": "high" if outgoing.reminds else "normal",
            "topic": outgoing.topic,
        }


def payload(outgoing: Outgoing, telling: Telling) -> bytes:
    """What the service worker of a page gets, as JSON; the text is cut where it would be too long.

    A digest is of no notification alone.
    """
    notice = outgoing.notice
    message = {
        "id": f"delivery_{outgoing.claim.id}",
        "notificationId": f"notification_{notice.id}" if notice else None,
        "kind": notice.kind if notice else DIGEST,
        "title": telling.title,
        "body": "",
        "url": telling.link,
        "leadId": f"lead_{notice.lead_id}" if notice and notice.lead_id else None,
        "tag": outgoing.topic,
    }
    body = "\n".join([telling.sentence, *telling.lines])
    room = LONGEST_PAYLOAD - len(orjson.dumps(message))
    while len(orjson.dumps(body)) - 2 > room:
        body = body[: len(body) * 3 // 4].rstrip(_ELLIPSIS) + _ELLIPSIS
    return orjson.dumps(message | {"body": body})


def encrypted(content: bytes, *, p256dh: str, auth: str) -> bytes:
    """One record of `aes128gcm` (RFC 8188), by a key that is used this once."""
    sealed_for: bytes = http_ece.encrypt(
        content,
        salt=os.urandom(16),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=base64url.read(p256dh),
        auth_secret=base64url.read(auth),
        version="aes128gcm",
    )
    return sealed_for
