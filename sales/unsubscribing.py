"""Unsubscribing: what a person doesn't want by e-mail, said by a link that needs no sign-in and never ends."""

from hmac import compare_digest
from typing import Final
from uuid import UUID

from sales import base64url, sealed
from sales.accounts import Account
from sales.notifications import NotificationKind
from sales.preferences import NotificationChannel
from sales.preferences.choosing import Choice, choose
from sales.users import User
from sales.users.people import prefer
from sales.viewers import viewer_of

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
    by = await viewer_of(await Account.get(id=user.account_id), user)
    if kind is None:
        await prefer(by=by, preferences={"notify_by_email": False})
    else:
        await choose(by=by, wishes={"choices": [Choice(kind, NotificationChannel.EMAIL, is_on=False)]})


def _written(signature: bytes) -> str:
    return base64url.written(signature[:_SIGNATURE_BYTES])
