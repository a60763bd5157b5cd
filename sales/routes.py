"""Routes: by which ways a person is told of something, and when: the rules alone, without a database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sales.deliveries import MAIL_LANE, Channel
from sales.endpoints import CHANNELS, EndpointKind
from sales.notifications import NotificationKind


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
    unsubscribed: frozenset[str] = frozenset()
    """Kinds that are not to come by e-mail."""


@dataclass(frozen=True)
class Route:
    """One way to a person: the channel, the endpoint (None: their e-mail address), and from when on."""

    channel: Channel
    endpoint_id: UUID | None
    at: datetime | None

    def row(self) -> dict[str, Any]:
        """The part of a delivery that says where it goes, for the dispatch's statement."""
        return {
            "channel": self.channel,
            "endpoint_id": self.endpoint_id,
            "lane": self.endpoint_id or MAIL_LANE,
            "at": self.at,
        }


def routes(reader: Reader, kind: NotificationKind, *, at: datetime | None) -> list[Route]:
    """The ways by which this person is told of this outside the application; `at`: not before, None: at once."""
    found = [Route(Channel.EMAIL, None, at)] if reader.by_email and kind not in reader.unsubscribed else []
    return found + [Route(device.channel, device.id, at) for device in reader.devices]
