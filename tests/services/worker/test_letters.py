"""What a provider is given is what goes by SMTP: the same words, to the byte each time."""

from dataclasses import replace
from email.header import decode_header, make_header
from pathlib import Path
from uuid import UUID

import pytest

from sales import database
from sales.notices import Notice
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import choose
from sales.viewers import Viewer
from services.worker.letters import message_of
from tests.factories import a_lead, a_user, an_empty_outbox
from tests.sales.tellings import change, deliveries_of
from tests.services.worker.a_provider import Mood, a_provider
from tests.services.worker.test_emails import both, letter_of, notice_of
from tests.services.worker.test_sends import send_all
from tests.turning import dispatch_all


@pytest.fixture
async def notice(delivery: UUID) -> Notice:
    """A reminder that came due."""
    return await notice_of(delivery)


@pytest.mark.parametrize(
    "title",
    [
        "Toiture à Besançon : « l’été »",
        "=?utf-8?q?not_a_word?= of ours",
        "漢字 " * 40,
        "a  b é  c = _ ? , \"quoted\" <tag>",
        "x" * 120,
        "😀" * 60,
    ],
)  # fmt: skip
async def test_a_subject_is_the_same_as_a_mail_program_reads_it(notice: Notice, title: str) -> None:
    letter = letter_of(replace(notice, activity="Call", title=title))

    raw = dict(message_of(letter).raw_items())["Subject"]
    read = str(make_header(decode_header(raw)))
    assert letter.subject == read == f"Call: {' '.join(title.split())}"


async def test_text_and_html_are_the_same(notice: Notice) -> None:
    letter = letter_of(replace(notice, note="= é\n.\n" + "long " * 100))

    text, html = both(message_of(letter))

    assert (letter.text, letter.html) == (text, html)


async def test_what_an_instant_would_change_is_left_to_the_provider(notice: Notice) -> None:
    letters = [letter_of(notice, UUID(int=7)) for _ in range(2)]

    assert letters[0] == letters[1]
    assert not {"Date", "MIME-Version", "Content-Type"} & letters[0].headers.keys()


@pytest.mark.usefixtures("sealing")
async def test_a_message_is_the_letter_with_its_headers_in_order(notice: Notice) -> None:
    letter = letter_of(notice, UUID(int=7))

    message = message_of(letter)
    assert message.keys() == ["From", "To", "Subject", "Date", *letter.headers, "MIME-Version", "Content-Type"]
    assert {name: message[name] for name in letter.headers} == letter.headers
    assert str(message["From"]) == letter.sender
    assert str(message["To"]) == str(letter.recipient) == f"{notice.reader} <{notice.email}>"
    assert message.get_boundary() == "=_relance"


async def test_a_digest_is_one_e_mail_in_the_end(ada: Viewer, tmp_path: Path) -> None:
    await an_empty_outbox()
    ben = await a_user(ada, name="Ben")
    await choose(by=ben, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
    for title in ("Roof", "Cellar"):
        await change("step", (await a_lead(ben, title=title)).id, by=ada)
    await dispatch_all()

    async with a_provider() as provider:
        for mood in (Mood.DROPS, Mood.DROPS, Mood.WELL):
            provider.mood = mood
            await database.fetch(
                "update deliveries set next_at = now() where account_id = $1 and state = 'PENDING'", ada.account.id
            )
            await send_all(provider.settings(tmp_path))

    [mail] = provider.mails
    assert mail["subject"] == "2 things to know"
    assert "Roof" in mail["text"]
    assert "Cellar" in mail["html"]
    assert len(set(provider.keys)) == len({request.body for request in provider.asked}) == 1
    assert {row["state"] for row in await deliveries_of(ada)} == {"SENT"}
