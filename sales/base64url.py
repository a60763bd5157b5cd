"""base64url without padding (RFC 4648, section 5), as browsers, push services and links write bytes."""

from base64 import urlsafe_b64decode, urlsafe_b64encode


def written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def read(text: str) -> bytes:
    """The bytes that a text means, with padding or without. Raises ValueError."""
    bare = text.rstrip("=")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
