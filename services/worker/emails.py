"""The e-mail that a notice becomes: text and HTML, in its reader's language."""

from collections.abc import Sequence
from email.headerregistry import Address
from email.utils import parseaddr
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
from services.worker.letters import Letter

MOST_IN_DIGEST = 50
"""Notices in one e-mail; of the rest it says how many there are."""

_FOLDER = Path(__file__).parent / "emails"


def compose(notice: Notice, *, delivery_id: UUID, public_url: str, mail_from: str) -> Letter:
    """The letter; the delivery's id is its Message-ID, so that a mail store knows a repeat. Raises ValueError.

    What concerns one lead hangs together in a mail program: all of it refers to one message, which nobody ever sent.
    """
    headers = _headers(delivery_id, public_url)
    if notice.lead_id is not None:
        lead = f"<lead_{notice.lead_id}@{urlsplit(public_url).hostname}>"
        headers |= {"References": lead, "In-Reply-To": lead}
    words = _words(notice, public_url)
    return _written("notice", words, to=notice, mail_from=mail_from, headers=headers)


def compose_digest(notices: Sequence[Notice], *, delivery_id: UUID, public_url: str, mail_from: str) -> Letter:
    """The letter of several notices for one person. Raises ValueError."""
    first, left = notices[0], len(notices) - MOST_IN_DIGEST
    link, opens = f"{public_url}/leads", say(first.locale, "email-open-leads")
    words = (
        _words(first, public_url)
        | _unsubscribing(first, None, public_url)
        | {
            "subject": _one_line(say(first.locale, "digest-subject", notices=len(notices))),
            "notices": [_words(notice, public_url) for notice in notices[:MOST_IN_DIGEST]],
            "more": say(first.locale, "digest-more", notices=left) if left > 0 else "",
            "link": link,
            "open": opens,
            "open_line": say(first.locale, "email-detail", label=opens, value=link),
        }
    )
    return _written("digest", words, to=first, mail_from=mail_from, headers=_headers(delivery_id, public_url))


def _headers(delivery_id: UUID, public_url: str) -> dict[str, str]:
    return {
        "Message-ID": f"<dlv_{delivery_id}@{urlsplit(public_url).hostname}>",
        "Auto-Submitted": "auto-generated",
    }


def _written(template: str, words: dict[str, Any], *, to: Notice, mail_from: str, headers: dict[str, str]) -> Letter:
    """The letter to the reader of a notice."""
    if words["unsubscribe"]:
        headers["List-Unsubscribe"] = f"<{words['unsubscribe']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    return Letter(
        sender=_sender(mail_from),
        recipient=_address(to.reader, to.email),
        subject=words["subject"],
        text=_page(f"{template}.txt.jinja", words),
        html=_page(f"{template}.html.jinja", words),
        headers=headers,
    )


def _page(template: str, words: dict[str, Any]) -> str:
    """A text of lines that every mail program knows as such."""
    return "\n".join(_templates().get_template(template).render(words).splitlines()) + "\n"


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
def _sender(mail_from: str) -> str:
    return str(_address(*parseaddr(mail_from)))


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
