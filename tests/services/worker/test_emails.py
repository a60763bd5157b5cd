"""The e-mails: in the reader's language, with what changed, by whom, and a link; safe headers."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest

from sales import database, notices
from sales.deliveries import Delivery
from sales.ids import new_id
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign
from sales.money import Money
from sales.notices import Notice
from sales.reminders import LONGEST_NOTE
from sales.statuses import close
from sales.steps.delete import delete_step
from sales.unsubscribing import token_for
from sales.viewers import Viewer
from services.worker.emails import compose, compose_digest
from services.worker.letters import Letter, message_of
from tests.factories import a_lead, a_user, an_account, steps_of
from tests.turning import dispatch_all


@pytest.fixture
async def notice(delivery: UUID) -> Notice:
    """A reminder that came due."""
    return await notice_of(delivery)


@pytest.fixture
async def ben(ada: Viewer) -> Viewer:
    """Somebody who owns leads that others change."""
    return await a_user(ada, name="Ben")


async def test_a_reminder_says_what_is_to_be_done_when_and_where(notice: Notice) -> None:
    message = composed(notice)

    assert message["Subject"] == "Call: New roof"
    assert message["To"].addresses[0].display_name == "Ada Admin"
    for body in both(message):
        assert "“New roof” is waiting for you" in body
        assert "Call" in body
        assert "Ask for Jo" in body
        assert "https://crm.example.com/leads/1" in body


async def test_its_moment_is_the_one_on_the_readers_clock(notice: Notice) -> None:
    noon = notice.due_at.replace(month=7, day=1, hour=10, minute=0) if notice.due_at else None

    in_paris, in_tokyo = replace(notice, due_at=noon), replace(notice, due_at=noon, time_zone="Asia/Tokyo")

    assert "12:00\u202fPM" in dict(in_paris.details)["Due"]
    assert "7:00\u202fPM" in dict(in_tokyo.details)["Due"]
    assert dict(replace(notice, local_date=date(2026, 12, 24)).details)["Due"] == "Thursday, December 24, 2026"


async def test_the_headers_name_the_delivery_and_keep_answering_machines_quiet(notice: Notice) -> None:
    id = new_id()

    message = composed(notice, id)

    assert message["Message-ID"] == f"<dlv_{id}@crm.example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "Relance <crm@example.com>"
    assert message["Date"].datetime.utcoffset() == timedelta(0)


async def test_what_concerns_one_lead_hangs_together(notice: Notice) -> None:
    first, second = composed(notice), composed(notice)

    assert first["References"] == first["In-Reply-To"] == f"<lead_{notice.lead_id}@crm.example.com>"
    assert second["References"] == first["References"]
    assert second["Message-ID"] != first["Message-ID"]
    assert composed(replace(notice, lead_id=None, number=None, event="step.deleted"))["References"] is None


@pytest.mark.usefixtures("sealing")
async def test_one_click_is_enough_to_unsubscribe_from_its_kind(notice: Notice) -> None:
    message = composed(notice)

    link = f"https://crm.example.com/unsubscribe/{token_for(notice.reader_id, notice.kind)}"
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = both(message)
    assert f"No more e-mails of this kind: {link}" in text
    assert f'href="{link}"' in html
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in message.as_bytes()  # RFC 8058 knows no encoded words


@pytest.mark.usefixtures("sealing")
async def test_a_digest_is_unsubscribed_with_all_e_mail_since_it_tells_of_many_kinds(notice: Notice) -> None:
    letter = compose_digest(
        [notice, notice], delivery_id=UUID(int=7), public_url="https://crm.example.com", mail_from="crm@example.com"
    )

    message = message_of(letter)
    link = f"https://crm.example.com/unsubscribe/{token_for(notice.reader_id, None)}"
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = both(message)
    assert f"No more e-mails: {link}" in text
    assert f'href="{link}"' in html


async def test_without_a_key_nothing_is_promised(notice: Notice) -> None:

    message = composed(notice)

    assert message["List-Unsubscribe"] is None
    assert all("unsubscribe" not in body for body in both(message))


async def test_the_longest_note_is_told_whole(notice: Notice) -> None:
    note = "x" * LONGEST_NOTE

    text, html = both(composed(replace(notice, note=note)))

    assert note in text
    assert note in html


async def test_no_header_can_be_smuggled_in(notice: Notice) -> None:
    evil = replace(notice, activity="Call\r\nBcc: eve@example.com", reader="Ada\nBcc: eve@example.com")

    message = composed(evil)

    assert message["Bcc"] is None
    assert message["Subject"] == "Call Bcc: eve@example.com: New roof"
    assert b"\nBcc" not in message.as_bytes().partition(b"\r\n\r\n")[0]


async def test_a_long_subject_in_another_script_comes_through_whole(notice: Notice) -> None:
    title = 'l’opportunité «\u00a0<b>x</b> & "q"\u00a0» du café à côté de l’église Saint-Étienne, été après été'

    sent = composed(replace(notice, title=title, activity="Téléphoner")).as_bytes()

    received = message_from_bytes(sent, policy=policy.default)
    assert received["Subject"] == f"Téléphoner: {title}".replace("\u00a0", " ")
    lines = sent.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line for line in lines if len(line) > 78 and b"/unsubscribe/" not in line] == []


async def test_what_people_write_is_text_and_no_markup(notice: Notice) -> None:
    _, html = both(composed(replace(notice, note="<script>alert(1)</script>", title="A & B")))

    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "A &amp; B" in html


@pytest.mark.parametrize(
    ("what", "sentence", "detail"),
    [
        ("status", "Ada Admin set your lead “New roof” to “Lost”.", ("Status", "To do → Lost")),
        ("step", "Ada Admin moved your lead “New roof” to the step “Met”.", ("Step", "To qualify → Met")),
        ("amount", "Ada Admin set the amount of your lead “New roof” to €900.00.", ("Amount", "€900.00")),
        ("owner", "Ada Admin gave your lead “New roof” to Ada Admin.", ("By", "Ada Admin")),
        ("nobody", "Ada Admin took the lead “New roof” from you; nobody owns it now.", ("By", "Ada Admin")),
    ],
)
async def test_a_change_says_what_changed_and_by_whom(
    ada: Viewer, ben: Viewer, what: str, sentence: str, detail: tuple[str, str]
) -> None:
    lead = await a_lead(ben)

    match what:
        case "status":
            await close(lead.id, by=ada, status="LOST")  # type: ignore[arg-type]
        case "step":
            await move(lead.id, by=ada, step_id=(await steps_of(ada))[2].id)
        case "amount":
            await edit(lead.id, by=ada, fields=LeadFields(money=Money(Decimal(900), "EUR")))
        case "owner":
            await assign(lead.id, by=ada, owner_id=ada.user.id)
        case "nobody":
            await assign(lead.id, by=ada, owner_id=None)
    notice = await only_notice(ada)

    assert notice.sentence == notice.subject == sentence
    assert detail in notice.details
    assert ("By", "Ada Admin") in notice.details


async def test_a_bulk_change_is_one_sentence_with_its_number(ada: Viewer, ben: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    for _ in range(2):
        await a_lead(ben, step=second)

    await delete_step(second.id, by=ada, target_step_id=first.id)
    notice = await only_notice(ada)

    assert notice.sentence == "Ada Admin deleted the step “Contacted”; 2 leads of yours are in “To qualify” now."
    assert "https://crm.example.com/leads\r\n" in composed(notice).as_bytes().decode().replace("=\r\n", "")


async def test_everybody_reads_their_own_language() -> None:
    ada = await an_account(locale="fr")
    ben = await a_user(ada, name="Ben", locale="fr")
    lead = await a_lead(ben, title="Toiture")

    await edit(lead.id, by=ada, fields=LeadFields(money=Money(Decimal(1500), "EUR")))
    notice = await only_notice(ada)

    assert notice.sentence == (
        "Ada Admin a fixé le montant de votre opportunité «\xa0Toiture\xa0» à 1\u202f500,00\xa0€."
    )
    text, html = both(composed(notice))
    assert "Ouvrir l’opportunité" in text
    assert '<html lang="fr">' in html


def composed(notice: Notice, id: UUID | None = None) -> EmailMessage:
    return message_of(letter_of(notice, id))


def letter_of(notice: Notice, id: UUID | None = None) -> Letter:
    return compose(
        notice,
        delivery_id=id or new_id(),
        public_url="https://crm.example.com",
        mail_from="Relance <crm@example.com>",
    )


def both(message: EmailMessage) -> tuple[str, str]:
    """The text and the HTML of a message."""
    bodies = [message.get_body((kind,)) for kind in ("plain", "html")]
    text, html = (body.get_content() for body in bodies if body is not None)
    return text, html


async def notice_of(delivery: UUID) -> Notice:
    notification_id = (await Delivery.get(id=delivery)).notification_id
    return (await notices.load([notification_id]))[notification_id]


async def only_notice(by: Viewer) -> Notice:
    await dispatch_all()
    [row] = await database.fetch("select id from notifications where account_id = $1", by.account.id)
    return (await notices.load([row["id"]]))[row["id"]]
