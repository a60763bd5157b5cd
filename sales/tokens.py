"""Bearer tokens of devices and scripts: random, shown once, stored as a hash, found by it."""

import secrets
from hashlib import sha256

SESSION_PREFIX = "rls_"
KEY_PREFIX = "rlk_"
CALENDAR_PREFIX = "rlc_"


def new_token(prefix: str) -> str:
    """256 random bits behind a prefix that tells what it is (and lets scanners find a leaked one)."""
    return prefix + secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """SHA-256 in hexadecimal: enough for a secret that is random already."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Secret:
    """A secret among the arguments of a verb: never printed, and no part of what makes two requests the same."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<secret>"
