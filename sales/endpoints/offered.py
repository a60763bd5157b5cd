"""What this deployment is set up to send to, besides e-mail: said once, when a process starts."""

from collections.abc import Set
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Offer:
    """The key that browsers encrypt for (None: no web push), whether telephones are reached, what else apprise may."""

    vapid_public_key: str | None = None
    reaches_telephones: bool = False
    apprise_schemes: Set[str] = field(default_factory=frozenset)


_offers = [Offer()]


def use(offer: Offer) -> None:
    """Offer this for as long as the process lives."""
    _offers[:] = [offer]


def offer() -> Offer:
    return _offers[0]
