"""Knowing: a receiver that keeps a delivery's key knows a repeat by it, for as long as it keeps the key.

What may have arrived there goes again within that time, as often as anything else; after it never by itself.
"""

from datetime import timedelta
from typing import Final

from sales import database
from sales.deliveries.claiming import Claim

MARGIN: Final = timedelta(hours=1)
"""So much before a receiver forgets a key nothing goes again: what is claimed in time may still take a while."""

_KEPT = """
update deliveries set known_until =
  case when ambiguous = 0 or known_until is null then now() + $3::interval else known_until end
where id = $1 and lease = $2 returning ambiguous > 0 and old.known_until is not null as is_repeat
"""

_FORGOTTEN = (
    "update deliveries set known_until = null where id = $1 and lease = $2 and known_until is not null returning 1"
)


def key_of(claim: Claim) -> str:
    """The delivery's own id, the same for all its attempts; who has it sent again means a message of its own."""
    return f"dlv_{claim.id}.{claim.earlier}" if claim.earlier else f"dlv_{claim.id}"


async def kept(claim: Claim, *, for_: timedelta) -> bool:
    """Note, before anything leaves, that its receiver keeps its key for so long; whether it may know the key already.

    The time counts from the first attempt that may have arrived, since that is the one which it would know.
    """
    rows = await database.fetch(_KEPT, claim.id, claim.lease, for_ - MARGIN)
    return any(row["is_repeat"] for row in rows)


async def forgotten(claim: Claim) -> None:
    """Note that it goes to somebody else now, who keeps no keys."""
    if claim.attempt > 1:
        await database.fetch(_FORGOTTEN, claim.id, claim.lease)
