"""Sealed: secrets that have to be read again, such as what webhooks are signed with, encrypted by the deployment's key.

The key comes from the environment (`SECRET_KEY`); several of them, separated by commas, for a change of key: the
first one seals, each of them opens.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_keys: list[MultiFernet] = []
_signing: list[bytes] = []


class CannotOpen(ValueError):
    """What was sealed by a key that this deployment doesn't have."""


def use(keys: str | None) -> None:
    """Seal and open with these keys, separated by commas, for as long as this process lives; None: not at all."""
    each = [key.strip() for key in keys.split(",")] if keys else []
    _keys[:] = [MultiFernet([_fernet(key) for key in each])] if each else []
    _signing[:] = [sha256(f"sign:{key}".encode()).digest() for key in each]


def is_ready() -> bool:
    """Whether this process has a key."""
    return bool(_keys)


def seal(text: str) -> str:
    return _keys[0].encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed. Raises CannotOpen."""
    if not _keys:
        raise CannotOpen("this deployment has no SECRET_KEY")
    try:
        return _keys[0].decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotOpen("sealed by a key that is not in SECRET_KEY any more") from None


def holds(sealed: str, text: str) -> bool:
    """Whether this text is what was sealed; sealed by a key that is gone, nobody knows."""
    try:
        return unseal(sealed) == text
    except CannotOpen:
        return False


def signatures(text: str) -> list[bytes]:
    """What shows that a text is ours (HMAC-SHA256), by the key that signs and by each that may have before it."""
    return [hmac.digest(key, text.encode(), "sha256") for key in _signing]


def _fernet(key: str) -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(key.encode()).digest()))
