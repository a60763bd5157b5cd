"""Routes: by which ways a person is told of something, and when: the rules alone, without a database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sales.calendars import opens_at
from sales.deliveries import MAIL_LANE, Channel
from sales.digests import after, still_open
from sales.endpoints import CHANNELS, EndpointKind
from sales.notifications import NotificationKind
from sales.preferences import Decided, NotificationChannel, Pace


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
    decided: Decided
    devices: tuple[Device, ...] = ()
    own_actions: bool = False

    def reads(self, kind: NotificationKind) -> bool:
        """Whether this goes into their inbox, where nothing is held back."""
        return self.in_app and self.decided.hears(kind, NotificationChannel.IN_APP)


@dataclass(frozen=True)
class Route:
    """One way to a person: the channel, the endpoint (None: their e-mail address), and from when on.

    `window` is when the digest closes that it goes in (None: by itself), `then` when the one after that does.
    """

    channel: Channel
    endpoint_id: UUID | None
    at: datetime
    window: datetime | None = None
    then: datetime | None = None

    def row(self) -> dict[str, Any]:
        """The part of a delivery that says where it goes, for the dispatch's statement."""
        return {
            "channel": self.channel,
            "endpoint_id": self.endpoint_id,
            "lane": self.endpoint_id or MAIL_LANE,
            "at": self.at,
            "closes_at": self.window,
            "then": self.then,
            "digest_id": None,
        }


def routes(
    reader: Reader, kind: NotificationKind, *, at: datetime | None, now: datetime, urgent: bool = False
) -> list[Route]:
    """The ways by which this person is told of this outside the application; `at`: not before, None: at once.

    What is urgent waits for nothing.
    """
    return [
        _route(reader, channel, endpoint_id, at=at or now, now=now, urgent=urgent)
        for channel, endpoint_id in _ways(reader)
        if reader.decided.hears(kind, channel)
    ]


def _ways(reader: Reader) -> Iterator[tuple[Channel, UUID | None]]:
    if reader.by_email:
        yield Channel.EMAIL, None
    yield from ((device.channel, device.id) for device in reader.devices)


def _route(
    reader: Reader, channel: Channel, endpoint_id: UUID | None, *, at: datetime, now: datetime, urgent: bool
) -> Route:
    calendar, pace = reader.decided.calendar, reader.decided.pace(channel)
    if urgent:
        return Route(channel, endpoint_id, max(at, now))
    if pace == Pace.AT_ONCE:
        return Route(channel, endpoint_id, opens_at(max(at, now), calendar))
    window = still_open(at, pace, calendar, now=now)
    return Route(channel, endpoint_id, window, window, after(window, pace, calendar))
