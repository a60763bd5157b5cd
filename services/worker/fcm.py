"""Push messages to telephones, through Firebase (FCM HTTP v1), which passes those for iPhones on to Apple.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
"""

import asyncio
import time
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sales import base64url, sealed
from sales.deliveries import DeliveryOutcome
from services.channels import ServiceAccount
from services.settings import Settings
from services.worker import outbound
from services.worker.pushes import DIGEST, KEPT_SECONDS
from services.worker.tellings import Telling, told
from services.worker.ways import MayGo, Outgoing, Result

FIREBASE: Final = "https://fcm.googleapis.com"
LONGEST_BODY: Final = 1_000
"""Characters; a message may have 4,096 bytes in all."""

_SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SIGNED_FOR_SECONDS: Final = 60 * 60
_RENEWED_BEFORE_SECONDS: Final = 5 * 60
_UNAUTHORIZED: Final = 401
_NEVER: Final = frozenset({400, 403})
"""An argument that it doesn't take, or a token of another project."""


class ByFcm:
    """The way of telephones. The token that lets us in is asked for when it is needed, and again when it is refused."""

    def __init__(self, settings: Settings, account: ServiceAccount, *, seconds: float, at: str = FIREBASE) -> None:
        self._settings = settings
        self._seconds = seconds
        self._url = f"{at}/v1/projects/{account.project_id}/messages:send"
        self._access = _Access(settings, account, seconds=seconds)

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        telling = await told(outgoing, public_url=self._settings.public_url)
        content = orjson.dumps({"message": message(outgoing, telling)})
        answer = await self._sent(content, may_go)
        if answer is not None and answer.status == _UNAUTHORIZED:
            self._access.forget()
            answer = await self._sent(content, may_go)
        return _judged(answer) if isinstance(answer, outbound.Answer) else answer

    async def _sent(self, content: bytes, may_go: MayGo) -> Result | None:
        token = await self._access.token()
        if isinstance(token, Result):
            return token
        return await outbound.post(
            self._url,
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            content=content,
            seconds=self._seconds,
            may_go=may_go,
            allow=self._settings.allowed_networks,
        )


class _Access:
    """A token of Google's, for as long as it lasts (OAuth 2.0 for service accounts, RFC 7523)."""

    def __init__(self, settings: Settings, account: ServiceAccount, *, seconds: float) -> None:
        key = load_pem_private_key(account.private_key.encode(), password=None)
        assert isinstance(key, RSAPrivateKey)
        self._key = key
        self._account = account
        self._allow = settings.allowed_networks
        self._seconds = seconds
        self._token: str | None = None
        self._until = 0.0
        self._asking = asyncio.Lock()

    def forget(self) -> None:
        self._token = None

    async def token(self) -> str | Result:
        """The token, or why there is none: nothing has been sent then."""
        async with self._asking:
            if self._token is None or time.monotonic() > self._until:
                problem = await self._ask()
                if problem is not None:
                    return problem
            assert self._token is not None
            return self._token

    async def _ask(self) -> Result | None:
        answer = await outbound.post(
            self._account.token_uri,
            headers={"content-type": "application/x-www-form-urlencoded"},
            content=urlencode({"grant_type": _GRANT, "assertion": self._assertion()}).encode(),
            seconds=self._seconds,
            may_go=_always,
            allow=self._allow,
        )
        assert answer is not None
        if answer.outcome != DeliveryOutcome.SENT:
            return Result(DeliveryOutcome.INTERRUPTED, f"no token from Google: {answer.words}", answer.status)
        try:
            granted = orjson.loads(answer.body)
            token, seconds = str(granted["access_token"]), float(granted["expires_in"])
        except (ValueError, KeyError, TypeError):
            return Result(DeliveryOutcome.INTERRUPTED, "Google's answer holds no token", answer.status)
        self._token, self._until = token, time.monotonic() + seconds - _RENEWED_BEFORE_SECONDS
        return None

    def _assertion(self) -> str:
        now, account = int(time.time()), self._account
        claims = {
            "iss": account.client_email, "scope": _SCOPE, "aud": account.token_uri, "iat": now,
            "exp": now + _SIGNED_FOR_SECONDS,
        }  # fmt: skip
        signed = ".".join(base64url.written(orjson.dumps(part)) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        return f"{signed}.{base64url.written(self._key.sign(signed.encode(), PKCS1v15(), hashes.SHA256()))}"


def message(outgoing: Outgoing, telling: Telling) -> dict[str, Any]:
    """What an app shows; a later one of the same lead and kind takes its place."""
    assert outgoing.endpoint is not None
    notice, replaces, is_urgent = outgoing.notice, outgoing.topic, outgoing.reminds
    data = {"id": f"delivery_{outgoing.claim.id}", "kind": notice.kind.value if notice else DIGEST, "url": telling.link}
    if notice:
        data["notificationId"] = f"notification_{notice.id}"
    if notice and notice.lead_id:
        data["leadId"] = f"lead_{notice.lead_id}"
    thread = (notice.lead_id or notice.id) if notice else outgoing.claim.digest_id
    return {
        "token": sealed.unseal(outgoing.endpoint.address),
        "notification": {"title": telling.title, "body": "\n".join([telling.sentence, *telling.lines])[:LONGEST_BODY]},
        "data": data,
        "android": {
            "collapse_key": replaces,
            "priority": "HIGH" if is_urgent else "NORMAL",
            "ttl": f"{KEPT_SECONDS}s",
            "notification": {"tag": replaces},
        },
        "apns": {
            "headers": {
                "apns-collapse-id": replaces,
                "apns-priority": "10" if is_urgent else "5",
                "apns-expiration": str(int(time.time()) + KEPT_SECONDS),
            },
            "payload": {"aps": {"sound": "default", "thread-id": str(thread)}},
        },
    }


def _judged(answer: outbound.Answer) -> Result:
    if "UNREGISTERED" in _error_codes(answer.body):
        return replace(answer, outcome=DeliveryOutcome.GONE)
    return outbound.judged(answer, never=_NEVER)


def _error_codes(body: bytes) -> set[str]:
    try:
        details = orjson.loads(body)["error"]["details"]
        return {str(each["errorCode"]) for each in details if "errorCode" in each}
    except (ValueError, LookupError, TypeError):
        return set()


async def _always() -> bool:
    return True
