"""Signing: how a receiver knows that a webhook is ours, to the letter of Standard Webhooks 1.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sales import sealed
from sales.endpoints import Endpoint

SECRET_PREFIX: Final = "whsec_"
BOTH_VALID_FOR: Final = timedelta(hours=24)
"""How long a former secret signs beside the new one."""
_BYTES = 32


def new_secret() -> str:
    """256 random bits, as receivers know them."""
    return SECRET_PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode()


def secrets_of(endpoint: Endpoint, *, now: datetime) -> list[str]:
    """What a webhook is signed with: its secret, and the one before for as long as that is valid. Raises CannotOpen."""
    found = [sealed.unseal(endpoint.secret)]
    if endpoint.former_until is not None and now < endpoint.former_until:
        # One that nobody can open any more is no reason to send nothing.
        with suppress(sealed.CannotOpen):
            found.append(sealed.unseal(endpoint.former_secret))
    return found


def signature(keys: Sequence[str], *, id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret; `timestamp` in seconds."""
    told = f"{id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signed(key, told)}" for key in keys)


def _signed(key: str, told: bytes) -> str:
    return b64encode(hmac.digest(b64decode(key.removeprefix(SECRET_PREFIX)), told, sha256)).decode()
