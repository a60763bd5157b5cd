"""Routes: by which ways a person is told of something, and when: the rules alone, without a database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sales.deliveries import MAIL_LANE, Channel
from sales.endpoints import CHANNELS, EndpointKind
from sales.notifications import NotificationKind

MORNING: Final = "MORNING"
"""Held back until the day of its reader starts."""


@dataclass(frozen=True)
class Device:
    """An endpoint of somebody's own: a browser, a telephone, a chat."""

    id: UUID
    kind: EndpointKind

    @property
    def channel(self) -> Channel:
        return CHANNELS[self.kind]


@dataclass(frozen=True)
class Reader:
    """A person who may be told, with what they decided about it."""

    id: UUID
    is_administrator: bool
    in_app: bool
    by_email: bool
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True)
class Route:
    """One way to a person: the channel, the endpoint (None: their e-mail address), from when on, and why not before.

    `because` is a word that `trail-held` has a sentence for (`sales/locales`); another one is told without a reason.
    """

    channel: Channel
    endpoint_id: UUID | None
    at: datetime | None
    because: str | None = None

    def row(self) -> dict[str, Any]:
        """The part of a delivery that says where it goes, for the dispatch's statement."""
        return {
            "channel": self.channel,
            "endpoint_id": self.endpoint_id,
            "lane": self.endpoint_id or MAIL_LANE,
            "at": self.at,
            "because": self.because,
        }


def routes(reader: Reader, kind: NotificationKind, *, at: datetime | None) -> list[Route]:
    """The ways by which this person is told of this outside the application; `at`: not before, None: at once."""
    # What is not told of at once is a reminder of a day without a time.
    because = MORNING if at else None
    found = [Route(Channel.EMAIL, None, at, because)] if reader.by_email else []
    return found + [Route(device.channel, device.id, at, because) for device in reader.devices]
