"""Outbound: only to checked addresses, pinned, without detours, within bounds; and what each outcome is."""

import asyncio
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sales.deliveries import DeliveryOutcome
from sales.endpoints.addresses import may_reach
from services.worker import outbound
from services.worker.outbound import MOST_READ, Answer
from tests.services.worker.receivers import Received, Receiver, a_receiver, answer

LOOPBACK = [ip_network("127.0.0.0/8")]
CLOSED = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "192.0.2.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::1", "::", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
    "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
    "ff02::1", "2001:db8::1", "100::1", "fec0::1", "nonsense",
]  # fmt: skip
OPEN = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4007::5"]


async def yes() -> bool:
    return True


async def post(url: str, *, seconds: float = 5, allow: list = LOOPBACK) -> Answer:  # type: ignore[type-arg]
    found = await outbound.post(url, headers={"x-y": "z"}, content=b"{}", seconds=seconds, may_go=yes, allow=allow)
    assert found is not None
    return found


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name is at these addresses; gives the names that were asked for."""
    asked = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return list(addresses)

    monkeypatch.setattr(outbound, "resolve", resolve)
    return asked


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_not_public_is_closed(address: str) -> None:
    assert not may_reach(address)


@pytest.mark.parametrize("address", OPEN)
def test_what_is_public_is_open(address: str) -> None:
    assert may_reach(address)


def test_a_network_that_is_allowed_is_open_and_no_other() -> None:
    allowed = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]

    assert may_reach("10.1.2.3", allowed)
    assert may_reach("fd00:ec2::254", allowed)
    assert not may_reach("192.168.1.1", allowed)
    assert not may_reach("::ffff:10.1.2.3", allowed)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]"],
)
async def test_no_way_of_writing_it_leads_to_loopback(receiver: Receiver, host: str) -> None:
    port = receiver.url.rpartition(":")[2]

    found = await post(f"http://{host}:{port}", allow=[])

    assert found.outcome == DeliveryOutcome.REFUSED
    assert receiver.received == []


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], []])
async def test_a_name_that_leads_inside_with_one_of_its_addresses_is_not_sent_to(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolving(monkeypatch, *addresses)

    found = await post("https://hook.example.com/x", allow=[])

    assert found.outcome == DeliveryOutcome.REFUSED
    assert found.words.startswith("hook.example.com ")


async def test_a_name_is_asked_for_once_and_the_request_says_it(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolving(monkeypatch, "127.0.0.1")
    port = receiver.url.rpartition(":")[2].partition("/")[0]

    found = await post(f"http://hook.example.com:{port}/a/b?c=d%20e")

    [came] = receiver.received
    assert (found.outcome, found.status) == (DeliveryOutcome.SENT, 200)
    assert asked == ["hook.example.com"]
    assert (came.path, came.headers["host"], came.body) == ("/a/b?c=d%20e", f"hook.example.com:{port}", b"{}")
    assert (came.headers["x-y"], came.headers["accept-encoding"]) == ("z", "identity")


async def test_the_next_address_is_tried_where_the_first_takes_no_connection(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, "127.0.0.2", "127.0.0.1")

    assert (await post(receiver.url.replace("127.0.0.1", "hook.example.com"))).outcome == DeliveryOutcome.SENT


@pytest.mark.parametrize("url", ["ftp://8.8.8.8/", "file:///etc/passwd", "https://", "nonsense", "http://a:b@8.8.8.8/"])
async def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    assert (await post(url)).outcome == DeliveryOutcome.REFUSED


async def test_a_redirect_is_a_failure_and_not_followed(receiver: Receiver) -> None:
    receiver.answering = lambda _: answer(302, Location=receiver.url)

    found = await post(receiver.url)

    assert (found.outcome, found.status, len(receiver.received)) == (DeliveryOutcome.REFUSED, 302, 1)


async def test_the_environments_proxies_do_not_count(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert (await post(receiver.url)).outcome == DeliveryOutcome.SENT


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, DeliveryOutcome.SENT), (204, DeliveryOutcome.SENT), (299, DeliveryOutcome.SENT),
        (301, DeliveryOutcome.REFUSED), (400, DeliveryOutcome.REFUSED), (404, DeliveryOutcome.REFUSED),
        (410, DeliveryOutcome.GONE), (429, DeliveryOutcome.REFUSED), (503, DeliveryOutcome.REFUSED),
    ],
)  # fmt: skip
async def test_the_status_decides(receiver: Receiver, status: int, outcome: DeliveryOutcome) -> None:
    receiver.answering = lambda _: answer(status)

    found = await post(receiver.url)

    assert (found.outcome, found.status) == (outcome, status)


async def test_a_refusal_keeps_the_beginning_of_what_was_said(receiver: Receiver) -> None:
    receiver.answering = lambda _: answer(500, b"no\n  " + b"x" * 1_000)

    assert (await post(receiver.url)).words == "500 Whatever: no " + "x" * 197


async def test_the_receiver_may_wish_to_be_left_for_a_while(receiver: Receiver) -> None:
    receiver.answering = lambda _: answer(429, Retry_After="120")
    in_seconds = await post(receiver.url)
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    receiver.answering = lambda _: answer(503, Retry_After=date)
    until_a_date = await post(receiver.url)
    receiver.answering = lambda _: answer(503, Retry_After="soon")
    nonsense = await post(receiver.url)

    assert in_seconds.wished == timedelta(seconds=120)
    assert until_a_date.wished is not None
    assert timedelta(seconds=90) < until_a_date.wished <= timedelta(seconds=100)
    assert nonsense.wished is None


async def test_nobody_there_is_a_refusal() -> None:
    assert (await post("http://127.0.0.1:1/")).outcome == DeliveryOutcome.REFUSED


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"])
async def test_a_connection_that_breaks_before_the_whole_answer_leaves_it_open_whether_it_was_taken(
    receiver: Receiver, said: bytes
) -> None:
    receiver.answering = lambda _: said

    assert (await post(receiver.url)).outcome == DeliveryOutcome.AMBIGUOUS


async def test_half_a_refusal_is_a_refusal(receiver: Receiver) -> None:
    receiver.answering = lambda _: b"HTTP/1.1 503 No\r\ncontent-length: 5\r\n\r\nab"

    found = await post(receiver.url)

    assert (found.outcome, found.status) == (DeliveryOutcome.REFUSED, 503)


async def test_who_never_answers_is_not_waited_for(receiver: Receiver) -> None:
    async def never(_: Received) -> bytes:
        await asyncio.sleep(30)
        return b""

    receiver.answering = never
    begun = time.monotonic()

    found = await post(receiver.url, seconds=0.3)

    assert found.outcome == DeliveryOutcome.AMBIGUOUS
    assert time.monotonic() - begun < 2


async def test_a_big_answer_is_cut_and_counts(receiver: Receiver) -> None:
    receiver.answering = lambda _: answer(200, b"x" * 20_000_000)

    found = await post(receiver.url)

    assert (found.outcome, len(found.body)) == (DeliveryOutcome.SENT, MOST_READ)


async def test_what_must_not_go_any_more_does_not_go(receiver: Receiver) -> None:
    async def no() -> bool:
        assert receiver.received == []
        return False

    found = await outbound.post(receiver.url, headers={}, content=b"{}", seconds=5, may_go=no, allow=LOOPBACK)

    assert found is None
    assert receiver.received == []


async def test_what_the_last_look_raises_is_raised(receiver: Receiver) -> None:
    async def away() -> bool:
        raise ConnectionResetError("the database")

    with pytest.raises(ConnectionResetError, match="the database"):
        await outbound.post(receiver.url, headers={}, content=b"{}", seconds=5, may_go=away, allow=LOOPBACK)

    assert receiver.received == []


async def test_a_certificate_must_be_the_names_though_the_connection_goes_to_an_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority, ours = certificates(tmp_path, "hook.example.com")
    resolving(monkeypatch, "127.0.0.1")
    monkeypatch.setattr(outbound, "tls", lambda: ssl.create_default_context(cafile=str(authority)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours)
    async with a_receiver(context) as receiver:
        right = await post(receiver.url.replace("127.0.0.1", "hook.example.com"))
        wrong = await post(receiver.url.replace("127.0.0.1", "other.example.com"))

    assert (right.outcome, wrong.outcome) == (DeliveryOutcome.SENT, DeliveryOutcome.REFUSED)
    assert len(receiver.received) == 1


def certificates(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for this name that vouches for itself, as the authority, and with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    authority, ours = folder / "authority.pem", folder / "ours.pem"
    authority.write_bytes(public)
    ours.write_bytes(public + private)
    return authority, ours
