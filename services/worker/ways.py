"""Ways out: each takes one delivery and says how it went. What comes back from outside is an outcome to store."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sales.deliveries import DeliveryOutcome
from sales.deliveries.claiming import Claim
from sales.endpoints import Endpoint, EndpointKind
from sales.notices import Notice

MayGo = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Result:
    """How an attempt ended, and in which words; `status` is HTTP's, `wished` how long the receiver wants to be left."""

    outcome: DeliveryOutcome
    words: str = ""
    status: int | None = None
    wished: timedelta | None = None


@dataclass(frozen=True)
class Outgoing:
    """A delivery with what it is made of: the notice for a person, the endpoint that it goes to."""

    claim: Claim
    notice: Notice | None = None
    endpoint: Endpoint | None = None

    @property
    def words(self) -> str:
        """What this is, for the log."""
        what = self.notice.kind.value if self.notice else f"event {self.claim.position}"
        return f"delivery {self.claim.id} ({self.claim.channel.value}) of {what}"


class Way(Protocol):
    """Sends after `may_go` has said yes, at the last moment before the bytes leave; None when it said no.

    Raises nothing of the receiver's: that is a Result. ValueError, LookupError and TypeError mean that it can't be
    written, ever.
    """

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None: ...


Ways = Mapping[EndpointKind | None, Way]
"""By what stands at the other end; None: a person's e-mail address."""
