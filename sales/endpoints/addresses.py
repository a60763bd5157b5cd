"""Addresses: where this deployment sends to, and where never, so that nobody has it knock on doors of its own network.

The operator opens networks of their own (`ALLOWED_NETWORKS`); names are judged by what they resolve to when something
is sent (`services/worker/outbound.py`).
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from sales.errors import InvalidValue

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

LONGEST_URL: Final = 2_000

_CLOSED: Final = tuple(
    ip_network(each)
    for each in (
        # Beyond what `is_global` knows in every Python: IANA's special-purpose registries (RFC 6890).
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "168.63.129.16/32",  # a cloud's own agent, on a public address
        # What carries an IPv4 address inside: mapped, compatible, NAT64, Teredo, 6to4.
        "::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16",
        "fec0::/10", "3fff::/20", "5f00::/16", "100::/64",
    )
)  # fmt: skip
_LOCAL_NAMES: Final = {"localhost": "127.0.0.1"}

_allowed: list[Network] = []


def allow(networks: Sequence[Network]) -> None:
    """Let endpoints lie in these networks too, as far as they are checked when they are saved."""
    _allowed[:] = networks


def may_reach(address: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether something may be sent to this address: a public one, or one of a network that is allowed."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(ip in network for network in allowed):
        return True
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _CLOSED)


def checked(url: str, *, path: str = "url") -> str:
    """The URL of an endpoint, as it may be kept. Raises InvalidValue under `path`.

    Plain http, and a literal address that isn't public, are for networks that are allowed.
    """
    parts = _split(url, path)
    host = parts.hostname or ""
    literal = _literal(host)
    if literal is not None and not may_reach(literal, _allowed):
        raise InvalidValue(path, "url_not_reachable", host=host)
    is_ours = literal is not None and any(ip_address(literal) in network for network in _allowed)
    if parts.scheme != "https" and not is_ours:
        raise InvalidValue(path, "url_not_https")
    return url


def shown(url: str) -> str:
    """As much of a URL as may be seen: who knows the rest can post there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"[:300]


def _split(url: str, path: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # computed when asked for, and refused only then
    except ValueError:
        raise InvalidValue(path, "url_malformed") from None
    is_clean = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not is_clean or parts.scheme not in ("https", "http") or not parts.hostname or len(url) > LONGEST_URL:
        raise InvalidValue(path, "url_malformed")
    if "@" in parts.netloc:
        raise InvalidValue(path, "url_with_password")
    if parts.fragment:
        raise InvalidValue(path, "url_malformed")
    return parts


def _literal(host: str) -> str | None:
    """The address that a host is, where no name server is asked for it."""
    host = _LOCAL_NAMES.get(host.rstrip(".").lower(), host)
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return None
