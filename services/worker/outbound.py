"""Outbound: how everything that leaves by HTTP leaves: to a checked address, without detours, within bounds.

A host is resolved once and the connection pinned to an address that was checked, so that nobody's name server leads it
into a network of ours meanwhile. Nothing is followed, nothing of the environment counts.
"""

import asyncio
import socket
import ssl
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, partial
from typing import Any, Final

import httpx

from sales.deliveries import DeliveryOutcome
from sales.endpoints.addresses import Network, may_reach
from services.worker.ways import MayGo, Result

MOST_READ: Final = 65_536
"""Bytes of an answer that are read; the rest of it is cut."""
MOST_ADDRESSES: Final = 4
MOST_LOOKUPS: Final = 64
LONGEST_WORDS: Final = 200

_NOT_FOUND, _GONE = 404, 410


@dataclass(frozen=True)
class Answer(Result):
    """How it went, and what the receiver answered, as much of it as was read."""

    body: bytes = b""


class _CalledOff(Exception):
    """It must not go any more; nothing of it has left."""


async def post(
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes,
    seconds: float,
    may_go: MayGo,
    allow: Sequence[Network] = (),
) -> Answer | None:
    """POST it within so many seconds in all; None where `may_go` said no, right before the first byte would leave.

    Whatever is wrong with the receiver is an Answer: REFUSED where nothing can have been taken, AMBIGUOUS where that is
    not known. What `may_go` raises is raised.
    """
    sending = _Sending(may_go)
    try:
        async with asyncio.timeout(seconds):
            parts = _checked(url)
            addresses = await _reachable(parts, allow)
            return await _first_answer(parts, addresses, headers, content, sending, seconds)
    except _CalledOff:
        return None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
        if sending.problem is not None:
            raise sending.problem from None
        outcome = DeliveryOutcome.AMBIGUOUS if sending.has_begun else DeliveryOutcome.REFUSED
        return Answer(outcome, _in_words(problem, seconds))


def judged(answer: Answer, *, never: Collection[int]) -> Answer:
    """What an answer means of a device or a chat: one that isn't found is gone, what got `never` is given up."""
    if answer.status == _NOT_FOUND:
        return replace(answer, outcome=DeliveryOutcome.GONE)
    if answer.status in never:
        return replace(answer, outcome=DeliveryOutcome.REJECTED)
    return answer


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, in the order in which to try them. Raises OSError."""
    lookup = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_lookups(), lookup)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@cache
def _lookups() -> ThreadPoolExecutor:
    """Threads of our own: the loop's are few, and a name server that never answers would hold up the mail server's."""
    return ThreadPoolExecutor(MOST_LOOKUPS, thread_name_prefix="lookup")


@cache
def tls() -> ssl.SSLContext:
    """Certificates are checked against the public authorities, whatever the environment says."""
    return httpx.create_ssl_context(trust_env=False)


class _Sending:
    """A request on its way out: asks `may_go` at the last moment, and knows whether it may have left."""

    def __init__(self, may_go: MayGo) -> None:
        self._may_go = may_go
        self.has_begun = False
        self.problem: Exception | None = None

    async def trace(self, event: str, _: Mapping[str, Any]) -> None:
        if not event.endswith("send_request_headers.started"):
            return
        try:
            may_go = await self._may_go()
        except Exception as problem:
            self.problem = problem
            raise
        if not may_go:
            raise _CalledOff
        self.has_begun = True


def _checked(url: str) -> httpx.URL:
    parts = httpx.URL(url)
    if parts.scheme not in ("http", "https") or not parts.host:
        raise ValueError("this is not the address of a server")
    if parts.userinfo:
        raise ValueError("an address with a user or a password is not sent to")
    return parts


async def _reachable(parts: httpx.URL, allow: Sequence[Network]) -> list[str]:
    """The host's addresses, once it is known that all of them may be sent to."""
    host = parts.raw_host.decode("ascii")
    addresses = await resolve(host, parts.port or _default_port(parts))
    closed = [address for address in addresses if not may_reach(address, allow)]
    if closed or not addresses:
        where = f"is at {closed[0]}, where this deployment does not send to" if closed else "has no address"
        raise ValueError(f"{host} {where}")
    return addresses[:MOST_ADDRESSES]


async def _first_answer(
    parts: httpx.URL,
    addresses: list[str],
    headers: Mapping[str, str],
    content: bytes,
    sending: _Sending,
    seconds: float,
) -> Answer:
    """The answer of the first address that takes a connection."""
    *others, last = addresses
    timeout = httpx.Timeout(seconds, connect=seconds / len(addresses))
    async with httpx.AsyncClient(verify=tls(), trust_env=False, follow_redirects=False, timeout=timeout) as client:
        for address in others:
            try:
                return await _answer(client, _pinned(client, parts, address, headers, content, sending))
            except httpx.TransportError:
                if sending.has_begun:
                    raise
        return await _answer(client, _pinned(client, parts, last, headers, content, sending))


def _pinned(
    client: httpx.AsyncClient,
    parts: httpx.URL,
    address: str,
    headers: Mapping[str, str],
    content: bytes,
    sending: _Sending,
) -> httpx.Request:
    """The request to this very address, for the host by its name; its certificate must be the name's."""
    host = parts.netloc.decode("ascii")
    extensions = {"trace": sending.trace, "sni_hostname": parts.raw_host.decode("ascii")}
    # What is compressed could be a thousand times as long.
    fixed = {"host": host, "accept-encoding": "identity", "connection": "close"}
    return client.build_request(
        "POST", parts.copy_with(host=address), headers={**headers, **fixed}, content=content, extensions=extensions
    )


async def _answer(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
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
    return _judged(response, body)


def _judged(response: httpx.Response, body: bytes) -> Answer:
    status = response.status_code
    if response.is_success:
        return Answer(DeliveryOutcome.SENT, status=status, body=body)
    said = " ".join(_printable(body.decode("utf-8", "replace")).split())[:LONGEST_WORDS]
    outcome = DeliveryOutcome.GONE if status == _GONE else DeliveryOutcome.REFUSED
    words = f"{status} {response.reason_phrase}: {said}" if said else f"{status} {response.reason_phrase}"
    return Answer(outcome, _printable(words), status, _wished(response.headers.get("retry-after")), body)


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


def _default_port(parts: httpx.URL) -> int:
    return 443 if parts.scheme == "https" else 80


def _in_words(problem: Exception, seconds: float) -> str:
    if isinstance(problem, TimeoutError | httpx.TimeoutException):
        return f"no whole answer within {seconds:.0f} seconds"
    return f"{type(problem).__name__}: {problem}" if isinstance(problem, httpx.HTTPError | OSError) else str(problem)
