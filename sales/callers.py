"""Who stands behind a bearer token: a device on which somebody is signed in, or a script with a key."""

from datetime import timedelta

from sales import database
from sales.accounts import Account
from sales.tokens import KEY_PREFIX, hash_of
from sales.users import User
from sales.viewers import Viewer, mates, viewer_of

LAST_USE_EVERY = timedelta(minutes=1)
"""How exact `last_used_at` is: a write per minute and device instead of one per request."""

_CALLER = f"""
select t.id as token_id, {{is_stale}} as is_stale, {database.selected("u", User)}, {database.selected("a", Account)},
  m.seen, m.managed
from {{table}} t join users u on u.id = t.user_id join accounts a on a.id = u.account_id
cross join lateral (
  select coalesce(array_agg(mate.user_id), '{{{{}}}}') as seen,
    coalesce(array_agg(mate.user_id) filter (where mate.is_managed), '{{{{}}}}') as managed
  from ({mates("u.account_id", "u.id")}) mate) m
where t.token_hash = $1 and t.revoked_at is null and u.deactivated_at is null and {{holds}}
"""

_SESSION = _CALLER.format(
    table="sessions", is_stale="t.last_used_at < now() - $2::interval", holds="t.expires_at > now()"
)
_KEY = _CALLER.format(table="api_keys", is_stale="coalesce(t.last_used_at < now() - $2::interval, true)", holds="true")


async def caller(token: str, *, request_id: str | None = None) -> Viewer | None:
    """The viewer that this bearer token stands for; None when it is unknown, expired or revoked."""
    is_key = token.startswith(KEY_PREFIX)
    rows = await database.fetch(_KEY if is_key else _SESSION, hash_of(token), LAST_USE_EVERY)
    if not rows:
        return None
    [row] = rows
    if row["is_stale"]:
        table = "api_keys" if is_key else "sessions"
        await database.fetch(f"update {table} set last_used_at = now() where id = $1 returning id", row["token_id"])
    return Viewer(
        account=database.row_of(Account, "a", row),
        user=database.row_of(User, "u", row),
        seen=frozenset(row["seen"]),
        managed=frozenset(row["managed"]),
        session_id=None if is_key else row["token_id"],
        key_id=row["token_id"] if is_key else None,
        request_id=request_id,
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
