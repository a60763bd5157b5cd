"""What a mail server can do to a message, and what each means."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from sales.deliveries import DeliveryOutcome
from services.settings import Smtp
from services.worker import smtp
from services.worker.mailers import OutboxMailer
from services.worker.smtp import SmtpMailer
from services.worker.ways import Result

A_MOMENT, A_WHILE = 0.3, 5.0


class Moody:
    """A mail server in some mood."""

    def __init__(self) -> None:
        self.at_recipient = "250 OK"
        self.at_data = "250 OK"
        self.leaves = False
        self.hangs: SMTP | None = None
        self.connections: list[SMTP] = []
        self.got: list[bytes] = []
        self.senders: list[str | None] = []

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if server is self.hangs:
            await asyncio.Event().wait()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_recipient.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.got.append(envelope.content)
        self.senders.append(envelope.mail_from)
        if self.leaves:
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        if self.at_data == "":
            await asyncio.sleep(A_MOMENT * 2)
        return self.at_data


@pytest.fixture
async def moody() -> AsyncIterator[tuple[Moody, SmtpMailer]]:
    mood = Moody()

    def connected() -> SMTP:
        mood.connections.append(SMTP(mood))
        return mood.connections[-1]

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield mood, SmtpMailer(Smtp("127.0.0.1", port), seconds=A_WHILE)


async def test_an_accepted_message_is_sent(moody: tuple[Moody, SmtpMailer]) -> None:
    server, mailer = moody

    assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.SENT

    assert b"Message-ID: <dlv_1@example.com>" in server.got[0]


@pytest.mark.parametrize(
    ("at_recipient", "at_data", "expected"),
    [
        ("550 no such user", "250 OK", DeliveryOutcome.REJECTED),
        ("451 come back later", "250 OK", DeliveryOutcome.REFUSED),
        ("530 log in first", "250 OK", DeliveryOutcome.REFUSED),
        ("250 OK", "554 not wanted", DeliveryOutcome.REJECTED),
        ("250 OK", "452 no room", DeliveryOutcome.REFUSED),
    ],
)
async def test_a_clear_no_is_final_or_it_is_not(
    moody: tuple[Moody, SmtpMailer], at_recipient: str, at_data: str, expected: DeliveryOutcome
) -> None:
    server, mailer = moody
    server.at_recipient, server.at_data = at_recipient, at_data

    result = await mailer.send(a_message(), may_go=yes)

    assert outcome(result) == expected
    assert result is not None
    assert result.words in (at_recipient, at_data)


async def test_a_server_that_leaves_after_the_bytes_keeps_it_open_whether_they_arrived(
    moody: tuple[Moody, SmtpMailer],
) -> None:
    server, mailer = moody
    server.leaves = True

    assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.AMBIGUOUS


async def test_so_does_one_that_never_answers(moody: tuple[Moody, SmtpMailer]) -> None:
    server, patient = moody
    server.at_data = ""
    mailer = SmtpMailer(patient._server, seconds=A_MOMENT)

    assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.AMBIGUOUS


async def test_a_server_that_is_not_there_got_nothing() -> None:
    mailer = SmtpMailer(Smtp("127.0.0.1", 1), seconds=A_MOMENT)

    assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.REFUSED


async def test_what_may_not_go_does_not(moody: tuple[Moody, SmtpMailer], tmp_path: Path) -> None:
    server, mailer = moody

    assert await mailer.send(a_message(), may_go=no) is None
    assert await OutboxMailer(tmp_path).send(a_message(), may_go=no) is None

    assert server.got == []
    assert list(tmp_path.iterdir()) == []


async def test_each_message_comes_back_to_an_address_of_its_own(moody: tuple[Moody, SmtpMailer]) -> None:
    server, plain = moody
    mailer = SmtpMailer(plain._server, seconds=A_WHILE, bounces="bounce@example.com")

    for each in (plain, mailer):
        assert outcome(await each.send(a_message(), may_go=yes)) == DeliveryOutcome.SENT

    assert server.senders == ["crm@example.com", "bounce+dlv_1@example.com"]


async def test_one_connection_serves_one_message_after_the_other(moody: tuple[Moody, SmtpMailer]) -> None:
    server, mailer = moody

    for _ in range(3):
        assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.SENT

    assert (len(server.got), len(server.connections)) == (3, 1)


async def test_messages_at_once_have_a_connection_each(moody: tuple[Moody, SmtpMailer]) -> None:
    server, mailer = moody

    for _ in range(2):
        sent = await asyncio.gather(*(mailer.send(a_message(), may_go=yes) for _ in range(3)))
        assert {outcome(each) for each in sent} == {DeliveryOutcome.SENT}

    assert (len(server.got), len(server.connections)) == (6, 3)


async def test_a_connection_that_the_server_has_ended_meanwhile_is_replaced(moody: tuple[Moody, SmtpMailer]) -> None:
    server, mailer = moody
    await mailer.send(a_message(), may_go=yes)
    [first] = server.connections
    assert first.transport is not None
    first.transport.abort()  # type: ignore[attr-defined]

    assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.SENT

    assert (len(server.got), len(server.connections)) == (2, 2)


async def test_a_connection_that_has_gone_silent_is_replaced(moody: tuple[Moody, SmtpMailer]) -> None:
    server, patient = moody
    mailer = SmtpMailer(patient._server, seconds=A_WHILE / 2)
    await mailer.send(a_message(), may_go=yes)
    [server.hangs] = server.connections

    assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.SENT

    assert (len(server.got), len(server.connections)) == (2, 2)


async def test_after_a_no_the_next_message_begins_on_a_new_connection(moody: tuple[Moody, SmtpMailer]) -> None:
    server, mailer = moody
    await mailer.send(a_message(), may_go=yes)
    server.at_recipient = "451 come back later"
    assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.REFUSED
    server.at_recipient = "250 OK"

    assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.SENT

    assert (len(server.got), len(server.connections)) == (2, 3)  # what a kept one refused was asked of a new one


async def test_a_connection_with_nothing_to_carry_is_ended(
    moody: tuple[Moody, SmtpMailer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, mailer = moody
    monkeypatch.setattr(smtp, "IDLE_SECONDS", 0.01)
    await mailer.send(a_message(), may_go=yes)
    [connection] = server.connections

    async with asyncio.timeout(5):
        while connection.transport is not None and not connection.transport.is_closing():
            await asyncio.sleep(0.005)

    assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.SENT
    assert len(server.connections) == 2


async def test_without_a_server_it_is_a_file_and_a_repeat_overwrites_it(tmp_path: Path) -> None:
    mailer = OutboxMailer(tmp_path / "outbox")

    for _ in range(2):
        assert outcome(await mailer.send(a_message(), may_go=yes)) == DeliveryOutcome.SENT

    [file] = (tmp_path / "outbox").iterdir()
    assert file.name == "dlv_1.eml"
    assert file.read_bytes() == a_message().as_bytes()


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file, where the folder should be")

    result = await OutboxMailer(tmp_path / "outbox").send(a_message(), may_go=yes)

    assert outcome(result) == DeliveryOutcome.REFUSED


def a_message() -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    message["From"] = "Relance <crm@example.com>"
    message["To"] = "Ada <ada@example.com>"
    message["Message-ID"] = "<dlv_1@example.com>"
    message.set_content("Hello")
    return message


def outcome(result: Result | None) -> DeliveryOutcome | None:
    return result.outcome if result else None


async def yes() -> bool:
    return True


async def no() -> bool:
    return False
