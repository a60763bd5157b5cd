"""Routes: by which ways a person is told of something, and when: the rules alone, without a database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sales.calendars import is_day_off, opens_at
from sales.deliveries import MAIL_LANE, Channel
from sales.digests import after, still_open
from sales.endpoints import CHANNELS, EndpointKind
from sales.notifications import NotificationKind
from sales.preferences import Decided, NotificationChannel, Pace


class Because(StrEnum):
    """Why something is held; each has a sentence of its own (`trail-held` in `sales/locales`)."""

    MORNING = "MORNING"
    UNDO = "UNDO"
    QUIET_HOURS = "QUIET_HOURS"
    DAY_OFF = "DAY_OFF"
    DIGEST = "DIGEST"


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
    """One way to a person: the channel, the endpoint (None: their e-mail address), from when on, and why not before.

    `window` is when the digest closes that it goes in (None: by itself), `then` when the one after that does.
    """

    channel: Channel
    endpoint_id: UUID | None
    at: datetime
    because: Because | None = None
    window: datetime | None = None
    then: datetime | None = None

    def row(self) -> dict[str, Any]:
        """The part of a delivery that says where it goes, for the dispatch's statement."""
        return {
            "channel": self.channel,
            "endpoint_id": self.endpoint_id,
            "lane": self.endpoint_id or MAIL_LANE,
            "at": self.at,
            "because": self.because,
            "closes_at": self.window,
            "then": self.then,
            "digest_id": None,
        }


def routes(
    reader: Reader,
    kind: NotificationKind,
    *,
    at: datetime | None,
    now: datetime,
    urgent: bool = False,
    because: Because | None = None,
) -> list[Route]:
    """The ways by which this person is told of this outside the application.

    `at`: not before, `because` of what; None: at once. What is urgent waits for nothing else.
    """
    start = max(at or now, now)
    return [
        _route(reader, channel, endpoint_id, at=start, now=now, urgent=urgent, because=because if start > now else None)
        for channel, endpoint_id in _ways(reader)
        if reader.decided.hears(kind, channel)
    ]


def _ways(reader: Reader) -> Iterator[tuple[Channel, UUID | None]]:
    if reader.by_email:
        yield Channel.EMAIL, None
    yield from ((device.channel, device.id) for device in reader.devices)


def _route(
    reader: Reader,
    channel: Channel,
    endpoint_id: UUID | None,
    *,
    at: datetime,
    now: datetime,
    urgent: bool,
    because: Because | None,
) -> Route:
    calendar, pace = reader.decided.calendar, reader.decided.pace(channel)
    if urgent:
        return Route(channel, endpoint_id, at, because)
    if pace == Pace.AT_ONCE:
        opening = opens_at(at, calendar)
        if opening > at:
            because = Because.DAY_OFF if is_day_off(at, calendar) else Because.QUIET_HOURS
        return Route(channel, endpoint_id, opening, because)
    window = still_open(at, pace, calendar, now=now)
    return Route(channel, endpoint_id, window, Because.DIGEST, window, after(window, pace, calendar))
