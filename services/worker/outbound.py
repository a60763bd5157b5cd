"""Outbound: how everything that leaves by HTTP leaves: to a checked address, without detours, within bounds.

A host that strangers chose is resolved once and the connection pinned to an address that was checked, so that nobody's
name server leads it into a network of ours meanwhile (`post`). To one that the operator chose connections are kept
(`post_by`). Nothing is followed, nothing of the environment counts.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from typing import Any, Final

import httpx

from sales.deliveries import DeliveryOutcome
from sales.endpoints.addresses import Network, may_reach
from services.worker import answers
from services.worker.answers import MOST_READ as MOST_READ
from services.worker.answers import Answer as Answer
from services.worker.ways import MayGo

MOST_ADDRESSES: Final = 4
MOST_LOOKUPS: Final = 64
_NOT_FOUND: Final = 404


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

    async def ask(sending: _Sending) -> answers.Said:
        parts = _checked(url)
        addresses = await _reachable(parts, allow)
        return await _first_to_answer(parts, addresses, headers, content, sending, seconds)

    return await _asked(ask, seconds=seconds, may_go=may_go)


async def post_by(
    client: httpx.AsyncClient,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes,
    seconds: float,
    may_go: MayGo,
    secret: str,
) -> Answer | None:
    """The same to a host that the operator chose, over a connection that a `client()` may have kept.

    One that was closed there is noticed, and another one made. If it is closed just now, while `may_go` is asked, what
    leaves over it may have been taken for all we know: AMBIGUOUS. Of its words none repeats the `secret`.
    """

    async def ask(sending: _Sending) -> answers.Said:
        return await answers.said_by(client, _request(client, url, headers, content, sending))

    return await _asked(ask, seconds=seconds, may_go=may_go, secret=secret)


def client(*, timeout: httpx.Timeout | None = None) -> httpx.AsyncClient:
    """It asks nobody but whom it is told to. `timeout` is for parts of a request; the whole is bounded by who asks."""
    return httpx.AsyncClient(verify=tls(), trust_env=False, follow_redirects=False, timeout=timeout)


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


async def _asked(
    ask: Callable[[_Sending], Awaitable[answers.Said]], *, seconds: float, may_go: MayGo, secret: str | None = None
) -> Answer | None:
    sending = _Sending(may_go)
    try:
        async with asyncio.timeout(seconds):
            said = await ask(sending)
        return answers.judged(said, secret=secret)
    except _CalledOff:
        return None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
        if sending.problem is not None:
            raise sending.problem from None
        outcome = DeliveryOutcome.AMBIGUOUS if sending.has_begun else DeliveryOutcome.REFUSED
        return Answer(outcome, answers.without(secret, _in_words(problem, seconds)))


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


async def _first_to_answer(
    parts: httpx.URL,
    addresses: list[str],
    headers: Mapping[str, str],
    content: bytes,
    sending: _Sending,
    seconds: float,
) -> answers.Said:
    """What the first address says that takes a connection."""
    *others, last = addresses
    async with client(timeout=httpx.Timeout(seconds, connect=seconds / len(addresses))) as once:
        for address in others:
            try:
                return await answers.said_by(once, _pinned(once, parts, address, headers, content, sending))
            except httpx.TransportError:
                if sending.has_begun:
                    raise
        return await answers.said_by(once, _pinned(once, parts, last, headers, content, sending))


def _pinned(
    once: httpx.AsyncClient,
    parts: httpx.URL,
    address: str,
    headers: Mapping[str, str],
    content: bytes,
    sending: _Sending,
) -> httpx.Request:
    """The request to this very address, for the host by its name; its certificate must be the name's."""
    host = parts.netloc.decode("ascii")
    name = parts.raw_host.decode("ascii")
    fixed = {"host": host, "connection": "close"}
    return _request(
        once, parts.copy_with(host=address), {**headers, **fixed}, content, sending, extensions={"sni_hostname": name}
    )


def _request(
    client: httpx.AsyncClient,
    url: httpx.URL | str,
    headers: Mapping[str, str],
    content: bytes,
    sending: _Sending,
    *,
    extensions: Mapping[str, str] | None = None,
) -> httpx.Request:
    return client.build_request(
        "POST",
        url,
        # What is compressed could be a thousand times as long.
        headers={**headers, "accept-encoding": "identity"},
        content=content,
        extensions={"trace": sending.trace, **(extensions or {})},
    )


def _default_port(parts: httpx.URL) -> int:
    return 443 if parts.scheme == "https" else 80


def _in_words(problem: Exception, seconds: float) -> str:
    if isinstance(problem, TimeoutError | httpx.TimeoutException):
        return f"no whole answer within {seconds:.0f} seconds"
    return f"{type(problem).__name__}: {problem}" if isinstance(problem, httpx.HTTPError | OSError) else str(problem)
