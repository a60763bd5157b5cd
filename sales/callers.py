"""Who stands behind a bearer token: a device on which somebody is signed in, or a script with a key.

Nobody is believed to be who they were a moment ago. But whom a token stood for last is a good guess: a statement made
for that viewer is asked together with who it is now (`confirmed`), which saves a round trip, and its rows are thrown
away where anything has changed: session, person, account or team.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from sales import database
from sales.accounts import Account
from sales.tokens import KEY_PREFIX, hash_of
from sales.users import User
from sales.viewers import Viewer, mates, viewer_of

LAST_USE_EVERY = timedelta(minutes=1)
"""How exact `last_used_at` is: a write per minute and device instead of one per request."""

REMEMBERED: Final = 1_000


@dataclass(frozen=True)
class _Guess:
    """Whom a token stood for when it was last looked at, and the row that said so, as one text."""

    who: str
    viewer: Viewer


_guesses: OrderedDict[str, _Guess] = OrderedDict()

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
    hash, is_key = hash_of(token), _is_key(token)
    sql = f"select who.*, who::text as who from ({_KEY if is_key else _SESSION}) who"
    rows = await database.fetch(sql, hash, LAST_USE_EVERY)
    if not rows:
        _guesses.pop(hash, None)
        return None
    [row] = rows
    if row["is_stale"]:
        table = "api_keys" if is_key else "sessions"
        await database.fetch(f"update {table} set last_used_at = now() where id = $1 returning id", row["token_id"])
    viewer = Viewer(
        account=database.row_of(Account, "a", row),
        user=database.row_of(User, "u", row),
        seen=frozenset(row["seen"]),
        managed=frozenset(row["managed"]),
        session_id=None if is_key else row["token_id"],
        key_id=row["token_id"] if is_key else None,
    )
    _guesses[hash] = _Guess(row["who"], viewer)
    if len(_guesses) > REMEMBERED:
        _guesses.popitem(last=False)
    return replace(viewer, request_id=request_id)


def guessed(token: str) -> Viewer | None:
    """Whom this token stood for last: to make a statement for, and to be confirmed."""
    guess = _guesses.get(hash_of(token))
    return guess.viewer if guess else None


async def confirmed(token: str, sql: str, *values: Any) -> bytes | None:
    """The `data` of a statement of one row made for the guessed viewer; None where that isn't who it is now."""
    hash = hash_of(token)
    guess = _guesses.get(hash)
    rows = await database.fetch(_together(sql, len(values), _is_key(token)), *values, hash, LAST_USE_EVERY)
    if guess is None or not rows or rows[0]["who"] != guess.who:
        return None
    data: bytes = rows[0]["data"]
    return data


@lru_cache(REMEMBERED)
def _together(sql: str, values: int, is_key: bool) -> str:
    """A statement beside the caller's, whose row comes as one text; `data` comes as the bytes that go out."""
    caller = re.sub(r"\$(\d)", lambda place: f"${int(place[1]) + values}", _KEY if is_key else _SESSION)
    return f"select who::text as who, textsend(what.data) as data from ({caller}) who cross join lateral ({sql}) what"


def _is_key(token: str) -> bool:
    return token.startswith(KEY_PREFIX)


async def renewed(viewer: Viewer) -> Viewer:
    """The same caller, with account, person and teams as they are now."""
    return await viewer_of(
        await Account.get(id=viewer.account.id),
        await User.get(id=viewer.user.id),
        request_id=viewer.request_id,
        session_id=viewer.session_id,
        key_id=viewer.key_id,
    )
