"""A person's calendar as iCalendar (RFC 5545), for programs that know its secret address."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import Final

from icalendar import Alarm, Event, vDuration
from icalendar import Calendar as Written
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sales import feeds
from sales.feeds import Calendar, Entry
from sales.memory import Memory
from sales.sentences import say

LASTS: Final = timedelta(minutes=15)
"""A reminder is a moment; programs show an event without a length badly, or not at all."""
ASKED_EVERY: Final = timedelta(minutes=15)
_WRITTEN_AS = "1"
"""Changes with how an entry is written, so that what programs hold is replaced."""

_texts: Memory[str, bytes] = Memory(16_000_000)
"""Calendars as they were last written, by what is in them: 2,000 entries take a second."""

_HEADERS: Final = {
    # Asked for again each time, and then mostly answered with 304.
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


async def calendar(request: Request) -> Response:
    """The calendar under this address; 404 where there is none (any more)."""
    found = await feeds.calendar_of(request.path_params["token"])
    if found is None:
        return Response("There is no calendar here.\n", 404, _HEADERS, media_type="text/plain")
    public_url: str = request.app.state.public_url
    tag = f'"{sha256(repr((_WRITTEN_AS, public_url, found)).encode()).hexdigest()[:32]}"'
    headers = _HEADERS | {"ETag": tag, "Content-Disposition": 'inline; filename="relance.ics"'}
    if _is_known(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if tag not in _texts:
        text = await asyncio.to_thread(written, found, public_url=public_url)
        _texts.keep(tag, text, size=len(text))
        return Response(text, headers=headers, media_type="text/calendar")
    return Response(_texts[tag], headers=headers, media_type="text/calendar")


def written(calendar: Calendar, *, public_url: str) -> bytes:
    """The calendar as text: lines end in CRLF and are folded after 75 bytes."""
    whole = Written()
    name = say(calendar.locale, "calendar-name")
    for key, value in (
        ("prodid", "-//Relance//Reminders//EN"), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", "PUBLISH"),
        ("name", name), ("x-wr-calname", name), ("x-published-ttl", vDuration(ASKED_EVERY)),
    ):  # fmt: skip
        whole.add(key, value)
    whole.add("refresh-interval", vDuration(ASKED_EVERY), parameters={"VALUE": "DURATION"})
    for entry in calendar.entries:
        whole.add_component(_event(entry, calendar, public_url))
    text: bytes = whole.to_ical()
    return text


def _event(entry: Entry, calendar: Calendar, public_url: str) -> Event:
    what = entry.activity or say(calendar.locale, "notice-reminder")
    summary = _shown(say(calendar.locale, "notice-subject", activity=what, lead=entry.title))
    link = f"{public_url}/leads/{entry.number}"
    event = Event()
    event.add("uid", f"reminder_{entry.id}")
    event.add("sequence", entry.moves)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("created", entry.created_at.astimezone(UTC))
    for key, value in _when(entry):
        event.add(key, value)
    event.add("summary", summary)
    event.add("description", _shown("\n\n".join(part for part in (entry.note, link) if part)))
    event.add("url", link)
    event.add("transp", "TRANSPARENT")
    if entry.is_pending:
        event.add_component(_alarm(entry, summary, calendar.day_starts_at))
    return event


def _when(entry: Entry) -> Iterator[tuple[str, object]]:
    """A date alone fills its day, wherever one is; any other moment is an instant."""
    if entry.on is not None:
        yield "dtstart", entry.on
        yield "dtend", entry.on + timedelta(days=1)
    else:
        yield "dtstart", entry.due_at.astimezone(UTC)
        yield "duration", LASTS


def _alarm(entry: Entry, summary: str, day_starts_at: time) -> Alarm:
    """At the moment; on a day alone when its person's day starts."""
    at = datetime.combine(datetime.min, day_starts_at) - datetime.min if entry.on else timedelta(0)
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", at)
    return alarm


def _shown(text: str) -> str:
    """Without the control characters that iCalendar's text has no room for."""
    return "".join(c for c in text if c in "\n\t" or c.isprintable() or ord(c) > 0x9F)


def _is_known(tag: str, known: str) -> bool:
    return known.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in known.split(","))


ROUTES: Final = [Route("/calendar/{token:str}.ics", calendar)]
