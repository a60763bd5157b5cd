"""Unsubscribing: what a person doesn't want by e-mail, said by a link that needs no sign-in and never ends."""

from base64 import urlsafe_b64encode
from hmac import compare_digest
from typing import Final
from uuid import UUID

from sales import sealed
from sales.accounts import Account
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.notifications import NotificationKind
from sales.users import User
from sales.verbs import verb
from sales.viewers import Viewer, viewer_of

ALL: Final = "ALL"
_SIGNATURE_BYTES: Final = 24


def token_for(user_id: UUID, kind: NotificationKind | None) -> str | None:
    """What lets whoever holds it unsubscribe this person from this kind, or from all (None); None without a key."""
    if not sealed.is_ready():
        return None
    about = f"{user_id.hex}.{kind or ALL}"
    return f"{about}.{_written(sealed.signatures(f'unsubscribe.{about}')[0])}"


async def asked_by(token: str) -> tuple[User, NotificationKind | None] | None:
    """Whom a token is of, and the kind (None: all); None where it is no token of ours."""
    about, _, signature = token.rpartition(".")
    wanted = [_written(each) for each in sealed.signatures(f"unsubscribe.{about}")] if token.isascii() else []
    if not any(compare_digest(signature, each) for each in wanted):
        return None
    id, _, kind = about.partition(".")
    user = await User.get_or_none(id=UUID(id))
    return (user, None if kind == ALL else NotificationKind(kind)) if user else None


async def unsubscribe(user: User, kind: NotificationKind | None) -> None:
    """Tell this person of this kind, or of anything (None), by e-mail no more. Safe to call twice."""
    account = await Account.get(id=user.account_id)
    await _unsubscribe(by=await viewer_of(account, user), kind=kind)


@verb
async def _unsubscribe(*, by: Viewer, kind: NotificationKind | None) -> Draft:
    user = await User.filter(account_id=by.account.id, id=by.user.id).select_for_update(no_key=True).get()
    draft = Draft(Kind.USER_UNSUBSCRIBED, user, by=by)
    if kind is None:
        draft.change(user, notify_by_email=False)
    elif kind not in user.unsubscribed_kinds:
        draft.change(user, unsubscribed_kinds=sorted([*user.unsubscribed_kinds, str(kind)]))
    return draft


def _written(signature: bytes) -> str:
    return urlsafe_b64encode(signature[:_SIGNATURE_BYTES]).decode()
