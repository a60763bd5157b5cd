"""Passwords: argon2id with the costs that OWASP recommends, off the event loop, in the same time whoever asks."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sales.errors import InvalidValue

SHORTEST, LONGEST = 10, 200

# OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

# A hash takes some 20 ms of a core and 19 MiB: no more at once than leaves the other requests alive.
_AT_ONCE = asyncio.Semaphore(2)


def require_long_enough(password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidValue("password", "password_length", shortest=SHORTEST, longest=LONGEST)


async def hashed(password: str) -> str:
    """The hash to store, in the PHC string format."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHER.hash, password)


async def matches(password: str, hash: str | None) -> bool:
    """Does the password belong to this hash? With None (no such person) it takes as long, and is False."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_verify, password[:LONGEST], hash or _nobody()) and hash is not None


def _verify(password: str, hash: str) -> bool:
    try:
        return _HASHER.verify(hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _HASHER.hash("the password of nobody")
