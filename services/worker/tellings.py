"""What a chat or a device is told, in words: of a person's notice or digest, or of an event for all who read along."""

from dataclasses import dataclass
from typing import Any

from sales import journal
from sales.accounts import Account
from sales.journal import Event
from sales.leads import Lead
from sales.notices import Notice
from sales.sentences import say
from sales.viewers import itself
from services.worker import api_types
from services.worker.ways import Outgoing

LONGEST_TITLE = 300
_COLUMNS = ("kind", "actor_id", "subject_id", "lead_id", "changes", "private", "data")


@dataclass(frozen=True)
class Telling:
    """`title` is the lead's, or what this is; `sentence` says what happened; `lines` are what else there is to say.

    Of a digest the title is how many things it tells of, and each line is one of them.
    """

    title: str
    sentence: str
    lines: list[str]
    link: str
    opens: str


async def told(outgoing: Outgoing, *, public_url: str) -> Telling:
    """The words of a delivery. Raises LookupError for what isn't there any more."""
    if outgoing.notice is not None:
        return _of_notice(outgoing.notice, public_url)
    if outgoing.notices:
        return _of_digest(outgoing, public_url)
    return await _of_event(outgoing, public_url)


def _of_notice(notice: Notice, public_url: str) -> Telling:
    link, opens = _link(notice.locale, notice.number, public_url)
    details = [say(notice.locale, "email-detail", label=label, value=value) for label, value in notice.details]
    return Telling(_short(notice.subject), notice.sentence, details, link, opens)


def _of_digest(outgoing: Outgoing, public_url: str) -> Telling:
    link, opens = _link(outgoing.notices[0].locale, None, public_url)
    first, *rest = outgoing.lines
    return Telling(outgoing.subject, first, rest, link, opens)


async def _of_event(outgoing: Outgoing, public_url: str) -> Telling:
    claim = outgoing.claim
    account = await Account.get(id=claim.account_id)
    event = await Event.get(account_id=claim.account_id, position=claim.position)
    lead = await Lead.get_or_none(account_id=claim.account_id, id=event.lead_id) if event.lead_id else None
    link, opens = _link(account.locale, lead.number if lead else None, public_url)
    sentence = await _sentence(event, account)
    return Telling(_short(lead.title if lead else account.name), sentence, [], link, opens)


async def _sentence(event: Event, account: Account) -> str:
    if event.lead_id is None:  # steps and pipelines
        return say(account.locale, "event-set-up")
    await api_types.load()
    from reads import Run
    from schema import telling

    columns: dict[str, Any] = {name: journal.plain(getattr(event, name)) for name in _COLUMNS}
    [sentence] = await telling.sentences(Run((), itself(account)), [columns])
    return str(sentence)


def _link(locale: str, number: int | None, public_url: str) -> tuple[str, str]:
    if number is None:
        return f"{public_url}/leads", say(locale, "email-open-leads")
    return f"{public_url}/leads/{number}", say(locale, "email-open")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1]}…"
