"""Ways out: each takes one delivery and says how it went. What comes back from outside is an outcome to store."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final, Protocol

from sales.audiences import OF_REMINDERS
from sales.deliveries import DeliveryOutcome
from sales.deliveries.claiming import Claim
from sales.endpoints import Endpoint, EndpointKind
from sales.notices import Notice
from sales.sentences import say

MayGo = Callable[[], Awaitable[bool]]

_TOPIC_LENGTH: Final = 32

FIRST_LINES = 5
"""As much of a digest as a push message or a chat shows."""


@dataclass(frozen=True)
class Result:
    """How an attempt ended, and in which words; `status` is HTTP's, `wished` how long the receiver wants to be left."""

    outcome: DeliveryOutcome
    words: str = ""
    status: int | None = None
    wished: timedelta | None = None


@dataclass(frozen=True)
class Outgoing:
    """A delivery with what it is made of: what a person is told, the endpoint that it goes to.

    `notice` is the one notice, `notices` are those of a digest with several: exactly one of the two is there for what
    goes to a person.
    """

    claim: Claim
    notice: Notice | None = None
    endpoint: Endpoint | None = None
    notices: Sequence[Notice] = ()

    @property
    def subject(self) -> str:
        """What it is about, in one line: the notice's own, or how many there are."""
        if self.notice is not None:
            return self.notice.subject
        return say(self.notices[0].locale, "digest-subject", notices=len(self.notices))

    @property
    def lines(self) -> list[str]:
        """What happened, a sentence each: of a digest the first few, and how many more there are."""
        if self.notice is not None:
            return [self.notice.sentence]
        first, left = self.notices[:FIRST_LINES], len(self.notices) - FIRST_LINES
        more = [say(first[0].locale, "digest-more", notices=left)] if left > 0 else []
        return [notice.sentence for notice in first] + more

    @property
    def reminds(self) -> bool:
        """Whether it tells of a reminder, for which a device is woken."""
        kinds = [self.notice.kind] if self.notice else [notice.kind for notice in self.notices]
        return not OF_REMINDERS.isdisjoint(kinds)

    @property
    def topic(self) -> str:
        """What a later message replaces on a device that is off, in 32 characters: the same said of the same lead.

        Not all that is said of the lead: a reminder must not give way to a change of its amount. A digest replaces
        none but itself.
        """
        notice = self.notice
        about = f"{notice.lead_id or notice.id}:{notice.kind}" if notice else str(self.claim.digest_id)
        return sha256(about.encode()).hexdigest()[:_TOPIC_LENGTH]

    @property
    def words(self) -> str:
        """What this is, for the log."""
        several = f"{len(self.notices)} notices" if self.notices else f"event {self.claim.position}"
        what = self.notice.kind.value if self.notice else several
        return f"delivery {self.claim.id} ({self.claim.channel.value}) of {what} of account {self.claim.account_id}"


class Way(Protocol):
    """Sends after `may_go` has said yes, at the last moment before the bytes leave; None when it said no.

    Raises nothing of the receiver's: that is a Result. ValueError, LookupError and TypeError mean that it can't be
    written, ever.
    """

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None: ...


Ways = Mapping[EndpointKind | None, Way]
"""By what stands at the other end; None: a person's e-mail address."""
