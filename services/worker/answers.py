"""Answers: what somebody says by HTTP, read within bounds, and what it means for what was sent."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from sales.deliveries import DeliveryOutcome
from services.worker.ways import Result

MOST_READ: Final = 65_536
"""Bytes of an answer that are read; the rest of it is cut."""
LONGEST_WORDS: Final = 200

_GONE: Final = 410


@dataclass(frozen=True)
class Answer(Result):
    """How it went, and what the receiver answered, as much of it as was read."""

    body: bytes = b""


Said = tuple[httpx.Response, bytes]
"""An answer, and as much of its body as was read."""


async def said_by(client: httpx.AsyncClient, request: httpx.Request) -> Said:
    """Ask, and read the answer. Raises httpx.HTTPError where not enough of it came to know what it says."""
    response = await client.send(request, stream=True)
    try:
        body = b""
        async for part in response.aiter_raw():
            body += part[: MOST_READ - len(body)]
            if len(body) >= MOST_READ:
                break
    except httpx.HTTPError:
        # The status alone is enough of an answer where it says no.
        if response.is_success:
            raise
    finally:
        await response.aclose()
    return response, body


def judged(said: Said, *, secret: str | None = None) -> Answer:
    """What it means by its status; its words are without the `secret`."""
    response, body = said
    status = response.status_code
    if response.is_success:
        return Answer(DeliveryOutcome.SENT, status=status, body=body)
    whole = without(secret, " ".join(_printable(body.decode("utf-8", "replace")).split()))
    beginning = whole[:LONGEST_WORDS]  # cut only now, or the beginning of the secret could be left
    reason = without(secret, response.reason_phrase)
    outcome = DeliveryOutcome.GONE if status == _GONE else DeliveryOutcome.REFUSED
    words = f"{status} {reason}: {beginning}" if beginning else f"{status} {reason}"
    return Answer(outcome, _printable(words), status, _wished(response.headers.get("retry-after")), body)


def without(secret: str | None, text: str) -> str:
    return text.replace(secret, "…") if secret else text


def _printable(text: str) -> str:
    """Without what would move a reader's terminal about."""
    return "".join(character if character.isprintable() else " " for character in text)


def _wished(retry_after: str | None) -> timedelta | None:
    """How long the receiver wants to be left, by seconds or by a date (RFC 9110, section 10.2.3)."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - datetime.now(UTC), timedelta(0))
