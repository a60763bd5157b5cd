"""Chats: where a person is told, or an account's events are written for all who read along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sales import database, sealed
from sales.accounts import Account
from sales.deliveries import rates
from sales.endpoints import LONGEST_NAME, Endpoint, EndpointKind, addresses
from sales.endpoints.hearing import untold
from sales.endpoints.offered import offer
from sales.endpoints.switching import switch_on
from sales.errors import InvalidValue, NotFound, Refusal
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean
from sales.tokens import Secret, hash_of
from sales.verbs import Checks, Outcome, verb
from sales.viewers import Viewer

KINDS: Final = (EndpointKind.SLACK, EndpointKind.TEAMS, EndpointKind.APPRISE)
USUAL_RATES: Final[Mapping[EndpointKind, int]] = {
    # One a second: https://docs.slack.dev/apis/web-api/rate-limits (incoming webhooks).
    EndpointKind.SLACK: 60,
    # Four in a second and sixty in thirty, which fewer than 120 keep to, a second's worth on top:
    # https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
    EndpointKind.TEAMS: 100,
}
"""Messages a minute that a chat takes where nobody says otherwise; without one as many as there are."""
MOST_CHATS: Final = 20


@dataclass(frozen=True)
class NewChat:
    """A chat to add: the viewer's own, or the account's, which hears of these events (none: of all)."""

    kind: EndpointKind
    name: str
    url: str
    is_of_account: bool = False
    events: Sequence[str] = ()
    rate_per_minute: int | None = None
    """So many messages at most; None: as many as there are."""


async def add(*, by: Viewer, chat: NewChat) -> Outcome:
    """Tell the viewer in this chat, too, or the account's events. Raises all that is wrong at once.

    One that was switched off is switched on again.
    """
    by.require_session()
    if chat.is_of_account:
        by.require_administrator()
    name, checks = "", Checks()
    with checks:
        name = clean(chat.name, path="name", longest=LONGEST_NAME)
    checks.refusals += _problems(chat)
    checks.done()
    return await _add(by=by, chat=chat, name=name, address=Secret(chat.url))


@verb
async def remove(endpoint_id: UUID, *, by: Viewer) -> Draft:
    """Send nothing to a chat of one's own any more; as administrator, to one of the account's."""
    chats = Endpoint.filter(account_id=by.account.id, id=endpoint_id, kind__in=KINDS, deleted_at=None)
    chat = await chats.select_for_update(no_key=True).first()
    is_seen = chat is not None and (chat.user_id == by.user.id or (chat.user_id is None and by.is_administrator))
    if chat is None or not is_seen:
        raise NotFound("endpoint")
    draft = Draft(Kind.ENDPOINT_DELETED, chat, by=by)
    draft.change(chat, deleted_at=await database.now())
    return draft


@verb
async def _add(*, by: Viewer, chat: NewChat, name: str, address: Secret) -> Draft:
    user_id = None if chat.is_of_account else by.user.id
    # The account is locked, so that two requests at once can't both take the last place.
    await Account.filter(id=by.account.id).select_for_update(no_key=True).get()
    beside = Endpoint.filter(account_id=by.account.id, user_id=user_id, kind__in=KINDS, deleted_at=None)
    hash = hash_of(f"{user_id}:{address.value}")
    known = await beside.filter(address_hash=hash).select_for_update(no_key=True).first()
    if known is not None and known.disabled_at is None:
        raise InvalidValue("url", "chat_known")
    decided = {"name": name, "events": list(chat.events), "rate_per_minute": chat.rate_per_minute}
    if known is not None:
        draft = Draft(Kind.ENDPOINT_ENABLED, known, by=by)
        draft.change(known, **decided)
        switch_on(known, draft=draft, address=address.value)
        return draft
    if await beside.count() >= MOST_CHATS:
        raise InvalidValue("name", "too_many_chats", most=MOST_CHATS)
    new = Endpoint(
        account_id=by.account.id, user_id=user_id, kind=chat.kind, address=sealed.seal(address.value),
        address_hash=hash, shown=_shown(chat), created_at=await database.now(), **decided,
    )  # fmt: skip
    draft = Draft(Kind.ENDPOINT_CREATED, new, by=by)
    draft.add(new)
    return draft


def _problems(chat: NewChat) -> list[Refusal]:
    if not sealed.is_ready():
        return [InvalidValue("url", "cannot_seal")]
    checks = Checks()
    if chat.events and not chat.is_of_account:
        checks.refusals.append(InvalidValue("events", "only_for_account"))
    checks.refusals += untold(chat.events)
    with checks:
        rates.checked(chat.rate_per_minute)
    with checks:
        if chat.kind == EndpointKind.APPRISE:
            _require_offered(chat.url)
        else:
            addresses.checked(chat.url)
    return checks.refusals


def _require_offered(url: str) -> None:
    scheme, _, rest = url.partition("://")
    if not rest or scheme not in offer().apprise_schemes or not url.isprintable() or len(url) > addresses.LONGEST_URL:
        raise InvalidValue("url", "scheme_not_offered", offered=_offered())


def _shown(chat: NewChat) -> str:
    """As much of the address as gives nothing away; of what apprise reads, secrets may be anywhere."""
    return f"{chat.url.partition('://')[0]}://…" if chat.kind == EndpointKind.APPRISE else addresses.shown(chat.url)


def _offered() -> str:
    return ", ".join(f"{scheme}://" for scheme in sorted(offer().apprise_schemes)) or "–"
