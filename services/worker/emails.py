"""The e-mail that a notice becomes: text and HTML, in its reader's language."""

from binascii import b2a_qp
from collections.abc import Sequence
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sales.notices import Notice
from sales.notifications import NotificationKind
from sales.sentences import say
from sales.unsubscribing import token_for

MOST_IN_DIGEST = 50
"""Notices in one e-mail; of the rest it says how many there are."""

_made = SMTP.header_factory
# Made once: to parse a header takes longer than to write a page. The boundary can't occur in quoted-printable.
_ALTERNATIVE = _made("Content-Type", 'multipart/alternative; boundary="=_relance"')
_TEXTS = {subtype: _made("Content-Type", f'text/{subtype}; charset="utf-8"') for subtype in ("plain", "html")}
_PRINTABLE = _made("Content-Transfer-Encoding", "quoted-printable")
_MIME = _made("MIME-Version", "1.0")

_AS_IT_IS = SMTP.clone(max_line_length=998, refold_source="none")
"""Headers are folded where they are made. Folded again they would lose spaces, and a link become an encoded word."""

_FOLDER = Path(__file__).parent / "emails"


def compose(notice: Notice, *, delivery_id: UUID, public_url: str, mail_from: str) -> EmailMessage:
    """The message; the delivery's id is its Message-ID, so that a mail store knows a repeat. Raises ValueError.

    What concerns one lead hangs together in a mail program: all of it refers to one message, which nobody ever sent.
    """
    message = _to(notice, notice.subject, delivery_id=delivery_id, public_url=public_url, mail_from=mail_from)
    if notice.lead_id is not None:
        for header in ("References", "In-Reply-To"):
            message.set_raw(header, f"<lead_{notice.lead_id}@{urlsplit(public_url).hostname}>")
    return _written(message, "notice", _words(notice, public_url))


def compose_digest(notices: Sequence[Notice], *, delivery_id: UUID, public_url: str, mail_from: str) -> EmailMessage:
    """The message of several notices for one person. Raises ValueError."""
    first, left = notices[0], len(notices) - MOST_IN_DIGEST
    subject = say(first.locale, "digest-subject", notices=len(notices))
    link, opens = f"{public_url}/leads", say(first.locale, "email-open-leads")
    message = _to(first, subject, delivery_id=delivery_id, public_url=public_url, mail_from=mail_from)
    words = (
        _words(first, public_url)
        | _unsubscribing(first, None, public_url)
        | {
            "subject": subject,
            "notices": [_words(notice, public_url) for notice in notices[:MOST_IN_DIGEST]],
            "more": say(first.locale, "digest-more", notices=left) if left > 0 else "",
            "link": link,
            "open": opens,
            "open_line": say(first.locale, "email-detail", label=opens, value=link),
        }
    )
    return _written(message, "digest", words)


def _to(notice: Notice, subject: str, *, delivery_id: UUID, public_url: str, mail_from: str) -> EmailMessage:
    """A message without a body for the reader of a notice."""
    message = EmailMessage(policy=_AS_IT_IS)
    message["From"] = _sender(mail_from)
    message["To"] = _address(notice.reader, notice.email)
    # Folded by the older class: EmailMessage loses spaces between encoded words in Python 3.11.
    message.set_raw("Subject", Header(_one_line(subject), "utf-8", header_name="Subject").encode(linesep="\r\n"))
    message.set_raw("Date", format_datetime(datetime.now(UTC)))
    message.set_raw("Message-ID", f"<dlv_{delivery_id}@{urlsplit(public_url).hostname}>")
    message.set_raw("Auto-Submitted", "auto-generated")
    return message


def _written(message: EmailMessage, template: str, words: dict[str, Any]) -> EmailMessage:
    if words["unsubscribe"]:
        message.set_raw("List-Unsubscribe", f"<{words['unsubscribe']}>")
        message.set_raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")  # RFC 8058
    message["MIME-Version"], message["Content-Type"] = _MIME, _ALTERNATIVE
    for kind, subtype in (("txt", "plain"), ("html", "html")):
        message.attach(_part(_templates().get_template(f"{template}.{kind}.jinja").render(words), subtype))
    return message


def _part(body: str, subtype: str) -> EmailMessage:
    """As `set_content` makes it, in a fraction of the time: that one parses each header which it has just written."""
    part = EmailMessage(policy=SMTP)
    part["Content-Type"], part["Content-Transfer-Encoding"] = _TEXTS[subtype], _PRINTABLE
    lines = "\n".join(body.splitlines()) + "\n"
    part.set_payload(b2a_qp(lines.encode(), istext=True).decode("ascii"))
    return part


def _words(notice: Notice, public_url: str) -> dict[str, Any]:
    details, is_of_lead = notice.details, notice.number is not None
    link = f"{public_url}/leads/{notice.number}" if is_of_lead else f"{public_url}/leads"
    opens = say(notice.locale, "email-open" if is_of_lead else "email-open-leads")
    return _unsubscribing(notice, notice.kind, public_url) | {
        "locale": notice.locale,
        "subject": _one_line(notice.subject),
        "sentence": notice.sentence,
        "title": notice.title,
        "number": notice.number,
        "details": details,
        "lines": [say(notice.locale, "email-detail", label=label, value=value) for label, value in details],
        "open_line": say(notice.locale, "email-detail", label=opens, value=link),
        "link": link,
        "open": opens,
        "why": say(notice.locale, "email-why"),
    }


def _unsubscribing(notice: Notice, kind: NotificationKind | None, public_url: str) -> dict[str, Any]:
    """How the reader gets no more e-mails of a kind, or none at all (None), as it is after a digest of many kinds."""
    token = token_for(notice.reader_id, kind)
    link = f"{public_url}/unsubscribe/{token}" if token else None
    less = say(notice.locale, "email-unsubscribe" if kind else "email-unsubscribe-all")
    return {
        "unsubscribe": link,
        "less": less,
        "less_line": say(notice.locale, "email-detail", label=less, value=link or ""),
    }


@cache
def _sender(mail_from: str) -> Any:
    return _made("From", str(_address(*parseaddr(mail_from))))


def _address(name: str, address: str) -> Address:
    return Address(display_name=_one_line(name), addr_spec=address)


def _one_line(text: str) -> str:
    """Without line ends and other characters that could begin a header of their own."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
