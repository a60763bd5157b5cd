"""Sign-in by e-mail and password: one session, one bearer token, per device."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from sales import database, passwords
from sales.accounts import Account
from sales.errors import NotFound, TooManyAttempts, WrongCredentials
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean
from sales.tokens import SESSION_PREFIX, Secret, hash_of, new_token
from sales.users import User
from sales.verbs import verb
from sales.viewers import Viewer, viewer_of

LIFETIME = timedelta(days=30)
WINDOW = timedelta(minutes=15)
MOST_PER_EMAIL = 10
MOST_PER_CLIENT = 100
LONGEST_DEVICE = 120


class Session(Model):
    """A device on which somebody is signed in; the token itself is never stored."""

    PRIVATE = frozenset({"device", "address"})
    SECRET = frozenset({"token_hash"})

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    user_id = fields.UUIDField()
    token_hash = fields.CharField(max_length=64, description="SHA-256 of the bearer token, in hexadecimal")
    device = fields.CharField(max_length=120)
    address = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sessions"


class SignInAttempt(Model):
    """A sign-in that failed or is still being checked, counted per e-mail address and per client address."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    email_hash = fields.CharField(max_length=64)
    client = fields.CharField(max_length=64)
    at = fields.DatetimeField()

    class Meta:
        table = "sign_in_attempts"


@dataclass(frozen=True)
class SignedIn:
    """A fresh session: `token` is shown this once."""

    token: str
    session: Session
    viewer: Viewer


async def sign_in(*, email: str, password: str, device: str, address: str, request_id: str | None = None) -> SignedIn:
    """Open a session. Raises WrongCredentials, in the same time whether or not the address exists, or TooManyAttempts.

    Attempts are counted before the password is looked at, so that guessing in parallel gains nothing.
    """
    device = clean(device or "?", path="device", longest=LONGEST_DEVICE)
    attempt = await _counted_attempt(email, address)
    user = await _active_user(email)
    if not await passwords.matches(password, user.password_hash if user else None) or user is None:
        raise WrongCredentials
    await SignInAttempt.filter(id=attempt).delete()
    viewer = await viewer_of(await Account.get(id=user.account_id), user, request_id=request_id)
    token = new_token(SESSION_PREFIX)
    outcome = await _open(Secret(token), by=viewer, device=device, address=address)
    return SignedIn(token, await Session.get(id=outcome.id), viewer)


@verb
async def revoke(session_id: UUID, *, by: Viewer) -> Draft:
    """End one of one's own sessions; its token is refused from now on. Raises NotAllowed for a script."""
    by.require_session()
    session = (
        await Session.filter(account_id=by.account.id, user_id=by.user.id, id=session_id)
        .select_for_update(no_key=True)
        .first()
    )
    if session is None:
        raise NotFound("session")
    draft = Draft(Kind.SESSION_REVOKED, session, by=by)
    draft.change(session, revoked_at=session.revoked_at or await database.now())
    return draft


async def forget_attempts() -> int:
    """Delete attempts that no longer count; returns how many."""
    rows = await database.fetch("delete from sign_in_attempts where at < now() - $1::interval returning 1", WINDOW)
    return len(rows)


@verb
async def _open(token: Secret, *, by: Viewer, device: str, address: str) -> Draft:
    now = await database.now()
    session = Session(
        account_id=by.account.id, user_id=by.user.id, token_hash=hash_of(token.value), device=device,
        address=address[:64], created_at=now, last_used_at=now, expires_at=now + LIFETIME,
    )  # fmt: skip
    draft = Draft(Kind.SESSION_OPENED, session, by=by)
    draft.add(session)
    return draft


async def _counted_attempt(email: str, address: str) -> UUID:
    """Note this attempt; refuse it when there were too many of this address or of this client lately."""
    attempt, email_hash, client = new_id(), sha256(_same(email).encode()).hexdigest(), address[:64]
    await database.fetch(
        "insert into sign_in_attempts (id, email_hash, client, at) values ($1, $2, $3, now()) returning id",
        attempt, email_hash, client,
    )  # fmt: skip
    [counted] = await database.fetch(
        """select greatest(
             case when count(*) filter (where email_hash = $1) > $4 then min(at) filter (where email_hash = $1) end,
             case when count(*) filter (where client = $2) > $5 then min(at) filter (where client = $2) end
           ) + $3::interval - now() as wait
           from sign_in_attempts where (email_hash = $1 or client = $2) and at > now() - $3::interval""",
        email_hash, client, WINDOW, MOST_PER_EMAIL, MOST_PER_CLIENT,
    )  # fmt: skip
    if counted["wait"] is not None:
        await SignInAttempt.filter(id=attempt).delete()
        raise TooManyAttempts(counted["wait"])
    return attempt


async def _active_user(email: str) -> User | None:
    rows = await database.fetch("select id from users where lower(email) = $1 and deactivated_at is null", _same(email))
    return await User.get(id=rows[0]["id"]) if rows else None


def _same(email: str) -> str:
    """An address as it is compared; what no address can contain is dropped, so that the database takes any text."""
    return email.strip().lower()[:254].encode("utf-8", "ignore").decode().replace("\0", "")
