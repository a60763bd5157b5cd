"""Who stands behind a bearer token: a device on which somebody is signed in, or a script with a key."""

from datetime import timedelta

from sales import database
from sales.accounts import Account
from sales.tokens import KEY_PREFIX, hash_of
from sales.users import User
from sales.viewers import Viewer, viewer_of

LAST_USE_EVERY = timedelta(minutes=1)
"""How exact `last_used_at` is: a write per minute and device instead of one per request."""

_SESSION = """
select s.id, s.user_id, s.account_id, s.last_used_at < now() - $2::interval as is_stale
from sessions s join users u on u.id = s.user_id
where s.token_hash = $1 and s.revoked_at is null and s.expires_at > now() and u.deactivated_at is null
"""

_KEY = """
select k.id, k.user_id, k.account_id, coalesce(k.last_used_at < now() - $2::interval, true) as is_stale
from api_keys k join users u on u.id = k.user_id
where k.token_hash = $1 and k.revoked_at is null and u.deactivated_at is null
"""


async def caller(token: str, *, request_id: str | None = None) -> Viewer | None:
    """The viewer that this bearer token stands for; None when it is unknown, expired or revoked."""
    is_key = token.startswith(KEY_PREFIX)
    rows = await database.fetch(_KEY if is_key else _SESSION, hash_of(token), LAST_USE_EVERY)
    if not rows:
        return None
    [row] = rows
    if row["is_stale"]:
        table = "api_keys" if is_key else "sessions"
        await database.fetch(f"update {table} set last_used_at = now() where id = $1 returning id", row["id"])
    return await viewer_of(
        await Account.get(id=row["account_id"]),
        await User.get(id=row["user_id"]),
        request_id=request_id,
        **{"key_id" if is_key else "session_id": row["id"]},
    )


async def renewed(viewer: Viewer) -> Viewer:
    """The same caller, with account, person and teams as they are now."""
    return await viewer_of(
        await Account.get(id=viewer.account.id),
        await User.get(id=viewer.user.id),
        request_id=viewer.request_id,
        session_id=viewer.session_id,
        key_id=viewer.key_id,
    )
