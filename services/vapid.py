"""The key by which push services know this deployment (VAPID, RFC 8292)."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sales import base64url

_BYTES: Final = 32


def new_private_key() -> str:
    """A private key as settings have it: its 32 bytes in base64url."""
    key = ec.generate_private_key(ec.SECP256R1())
    return base64url.written(key.private_numbers().private_value.to_bytes(_BYTES, "big"))


def read(private_key: str) -> ec.EllipticCurvePrivateKey:
    """The key that settings name. Raises ValueError."""
    raw = base64url.read(private_key)
    if len(raw) != _BYTES:
        raise ValueError(f"a key has {_BYTES} bytes and this has {len(raw)}")
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def public_key_of(private_key: str) -> str:
    """What browsers need (`applicationServerKey`), in base64url without padding."""
    return base64url.written(read(private_key).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
