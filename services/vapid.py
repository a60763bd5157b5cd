"""The key by which push services know this deployment (VAPID, RFC 8292)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_BYTES: Final = 32


def new_private_key() -> str:
    """A private key as settings have it: its 32 bytes in base64url."""
    return _written(ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(_BYTES, "big"))


def read(private_key: str) -> ec.EllipticCurvePrivateKey:
    """The key that settings name. Raises ValueError."""
    raw = urlsafe_b64decode(private_key.rstrip("=") + "=" * (-len(private_key.rstrip("=")) % 4))
    if len(raw) != _BYTES:
        raise ValueError(f"a key has {_BYTES} bytes and this has {len(raw)}")
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def public_key_of(private_key: str) -> str:
    """What browsers need (`applicationServerKey`), in base64url without padding."""
    return _written(read(private_key).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
