"""Devices: the browsers and telephones on which a person is told by push messages."""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from sales import base64url, database, sealed
from sales.accounts import Account
from sales.endpoints import LONGEST_NAME, Endpoint, EndpointKind, addresses
from sales.endpoints.offered import offer
from sales.endpoints.switching import switch_on
from sales.errors import InvalidValue, NotFound, Refusal
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean
from sales.tokens import Secret, hash_of
from sales.verbs import Checks, Outcome, verb
from sales.viewers import Viewer

KINDS: Final = (EndpointKind.WEB_PUSH, EndpointKind.FCM)
MOST_DEVICES: Final = 20
_AUTH_BYTES: Final = 16
_TOKEN: Final = re.compile(r"[!-~]{1,4000}")


@dataclass(frozen=True)
class Subscription:
    """What a browser's `PushSubscription.toJSON()` says; the keys are base64url."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True)
class Telephone:
    """The registration token that Firebase gave to an app."""

    token: str


async def add(*, by: Viewer, name: str, device: Subscription | Telephone) -> Outcome:
    """Tell the viewer on this device, too. Safe to call at each start of an app: a device is known by its address.

    Raises InvalidValue, all that is wrong at once, and NotAllowed for a script.
    """
    by.require_session()
    cleaned, checks = "", Checks()
    with checks:
        cleaned = clean(name, path="name", longest=LONGEST_NAME)
    checks.refusals += _problems(device)
    checks.done()
    kind, address = _address(device)
    return await _add(by=by, name=cleaned, kind=kind, address=Secret(address), shown=_shown(device))


@verb
async def remove(endpoint_id: UUID, *, by: Viewer) -> Draft:
    """Send nothing to one of one's devices any more."""
    device = await Endpoint.filter(
        account_id=by.account.id, user_id=by.user.id, id=endpoint_id, kind__in=KINDS, deleted_at=None
    ).select_for_update(no_key=True).first()  # fmt: skip
    if device is None:
        raise NotFound("endpoint")
    draft = Draft(Kind.ENDPOINT_DELETED, device, by=by)
    draft.change(device, deleted_at=await database.now())
    return draft


@verb
async def _add(*, by: Viewer, name: str, kind: EndpointKind, address: Secret, shown: str) -> Draft:
    # The account is locked, so that what is added twice at once is one device, whoever adds it.
    await Account.filter(id=by.account.id).select_for_update(no_key=True).get()
    hash, now = _hash(kind, address.value), await database.now()
    known = Endpoint.filter(account_id=by.account.id, address_hash=hash, deleted_at=None)
    device = await known.select_for_update(no_key=True).first()
    if device is not None and device.user_id == by.user.id:
        return _again(device, by=by, name=name, address=address.value)
    if await Endpoint.filter(user_id=by.user.id, kind__in=KINDS, deleted_at=None).count() >= MOST_DEVICES:
        raise InvalidValue("name", "too_many_devices", most=MOST_DEVICES)
    new = Endpoint(
        account_id=by.account.id, user_id=by.user.id, kind=kind, name=name, address=sealed.seal(address.value),
        address_hash=hash, shown=shown, created_at=now,
    )  # fmt: skip
    draft = Draft(Kind.ENDPOINT_CREATED, new, by=by)
    if device is not None:  # somebody else signs in on it now: it is known by one row at a time
        await database.fetch("update endpoints set address_hash = null where id = $1 returning 1", device.id)
        draft.change(device, deleted_at=now)
    draft.add(new)
    return draft


def _again(device: Endpoint, *, by: Viewer, name: str, address: str) -> Draft:
    """A device that is known: its keys and name may be others by now, and it has shown that it is there."""
    draft = Draft(Kind.ENDPOINT_ENABLED if device.disabled_at else Kind.ENDPOINT_EDITED, device, by=by)
    draft.change(device, name=name)
    switch_on(device, draft=draft, address=address)
    return draft


def _problems(device: Subscription | Telephone) -> list[Refusal]:
    if not sealed.is_ready():
        return [InvalidValue("device", "cannot_seal")]
    if isinstance(device, Telephone):
        if not offer().reaches_telephones:
            return [InvalidValue("device.fcm", "no_native_push")]
        return [] if _TOKEN.fullmatch(device.token) else [InvalidValue("device.fcm.token", "token_malformed")]
    if offer().vapid_public_key is None:
        return [InvalidValue("device.webPush", "no_web_push")]
    checks = Checks()
    with checks:
        addresses.checked(device.endpoint, path="device.webPush.endpoint")
    if not _is_point(_bytes(device.p256dh)):
        checks.refusals.append(InvalidValue("device.webPush.p256dh", "push_key_malformed"))
    if len(_bytes(device.auth)) != _AUTH_BYTES:
        checks.refusals.append(InvalidValue("device.webPush.auth", "push_key_malformed"))
    return checks.refusals


def _is_point(key: bytes) -> bool:
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), key)
    except ValueError:
        return False
    return len(key) == 65


def _bytes(text: str) -> bytes:
    """What base64url says, with or without padding; nothing where it is none."""
    try:
        return base64url.read(text)
    except ValueError:
        return b""


def _address(device: Subscription | Telephone) -> tuple[EndpointKind, str]:
    if isinstance(device, Telephone):
        return EndpointKind.FCM, device.token
    keys = {"p256dh": device.p256dh, "auth": device.auth}
    return EndpointKind.WEB_PUSH, orjson.dumps({"endpoint": device.endpoint, "keys": keys}).decode()


def _shown(device: Subscription | Telephone) -> str:
    return f"…{device.token[-6:]}" if isinstance(device, Telephone) else addresses.shown(device.endpoint)


def _hash(kind: EndpointKind, address: str) -> str:
    """What stays of a device when its keys change."""
    known_by = orjson.loads(address)["endpoint"] if kind == EndpointKind.WEB_PUSH else address
    return hash_of(f"{kind}:{known_by}")
