"""Who stands behind a bearer token: a device on which somebody is signed in, or a script with a key.

Nobody is believed to be who they were a moment ago. But whom a token stood for last is a good guess, and to confirm a
guess takes less than to find out: the token still holds, and person and account are the versions that were read (`xmin`
is the transaction that wrote a row; a change of teams renews the account's). What is read or written for that viewer
has all this as its condition, which saves a round trip; where anything has changed nothing is found or written.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from sales import database
from sales.accounts import Account
from sales.memory import Memory
from sales.tokens import KEY_PREFIX, hash_of
from sales.users import User
from sales.viewers import Viewer, mates, viewer_of

REMEMBERED: Final = 1_000
TEXTS: Final = 16_000_000  # characters of statements that were given the condition

_IS_RECENT = "coalesce(t.last_used_at >= now() - interval '1 minute', false)"
"""How exact `last_used_at` is: a write per minute and device instead of one per request."""


@dataclass(frozen=True)
class Guess:
    """Whom a token stood for when it was last looked at, and which versions of their rows said so."""

    hash: str
    is_key: bool
    viewer: Viewer
    user_xmin: int
    account_xmin: int

    def condition(self, before: int) -> tuple[str, tuple[Any, ...]]:
        """What holds as long as the guess does, for a statement that has `before` values of its own; and its values."""
        return _condition(before, self.is_key), (self.hash, self.user_xmin, self.account_xmin)

    def viewer_to_be_confirmed(self, **request: Any) -> Viewer:
        """The viewer for a verb that confirms what it takes for granted when it writes."""
        return replace(self.viewer, guess=self, **request)


_guesses: Memory[str, Guess] = Memory(REMEMBERED)
_texts: Memory[tuple[str | None, int, bool], str] = Memory(TEXTS, largest=TEXTS // 8)
"""Remembered, since the driver finds a long text faster that is the very same object."""

_FROM = "{table} t join users u on u.id = t.user_id join accounts a on a.id = u.account_id"
_HOLDS = "t.token_hash = {hash} and t.revoked_at is null and u.deactivated_at is null"
_TEAMS = f"""
  select coalesce(array_agg(mate.user_id order by mate.user_id), '{{}}') as seen,
    coalesce(array_agg(mate.user_id order by mate.user_id) filter (where mate.is_managed), '{{}}') as managed
  from ({mates("u.account_id", "u.id")}) mate"""


async def caller(token: str, *, request_id: str | None = None) -> Viewer | None:
    """The viewer that this bearer token stands for; None when it is unknown, expired or revoked."""
    guess = guessed(token)
    if guess is not None and await database.fetch(*_where_confirmed(guess, None, ())):
        return replace(guess.viewer, request_id=request_id)
    viewer = await _looked_up(token)
    return viewer and replace(viewer, request_id=request_id)


def guessed(token: str) -> Guess | None:
    """Whom this token stood for last: to make a statement for, and to be confirmed."""
    return _guesses.get(hash_of(token))


async def confirmed(guess: Guess, sql: str, *values: Any) -> bytes | None:
    """The `data` of a statement of one row made for the guessed viewer; None where that isn't who it is now."""
    rows = await database.fetch(*_where_confirmed(guess, sql, values))
    data: bytes | None = rows[0]["data"] if rows else None
    return data


async def _looked_up(token: str) -> Viewer | None:
    hash, is_key = hash_of(token), _is_key(token)
    rows = await database.fetch(_caller(is_key), hash)
    if not rows:
        _guesses.forget(hash)
        return None
    [row] = rows
    if not row["is_recent"]:
        table = _table(is_key)
        await database.fetch(f"update {table} set last_used_at = now() where id = $1 returning id", row["token_id"])
    viewer = Viewer(
        account=database.row_of(Account, "a", row),
        user=database.row_of(User, "u", row),
        seen=frozenset(row["seen"]),
        managed=frozenset(row["managed"]),
        session_id=None if is_key else row["token_id"],
        key_id=row["token_id"] if is_key else None,
    )
    guess = Guess(hash, is_key, viewer, row["user_xmin"], row["account_xmin"])
    _guesses.forget(hash)
    _guesses.keep(hash, guess, size=1)
    return viewer


@lru_cache(2)
def _caller(is_key: bool) -> str:
    return f"""
select t.id as token_id, {_IS_RECENT} as is_recent, u.xmin as user_xmin, a.xmin as account_xmin,
  {database.selected("u", User)}, {database.selected("a", Account)}, m.seen, m.managed
from {_FROM.format(table=_table(is_key))} cross join lateral ({_TEAMS}) m
where {_HOLDS.format(hash="$1")} and {_lasts(is_key)}
"""


def _where_confirmed(guess: Guess, sql: str | None, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The `data` of a statement, or nothing but a row, and the values: found only if the guess still holds."""
    condition, versions = guess.condition(len(values))
    key = sql, len(values), guess.is_key
    text = _texts.get(key) or f"{_data_of(sql)} where {condition}"
    _texts.keep(key, text, size=2 * len(text))
    return text, *values, *versions


def _data_of(sql: str | None) -> str:
    # What isn't ASCII goes out as it is, neither decoded nor encoded.
    return "select" if sql is None else f"select textsend(what.data) as data from ({sql}) what"


@lru_cache(100)
def _condition(before: int, is_key: bool) -> str:
    hash, user, account = (f"${before + n}" for n in range(1, 4))
    return f"""exists (select from {_FROM.format(table=_table(is_key))}
  where {_HOLDS.format(hash=hash)} and {_lasts(is_key)} and {_IS_RECENT} and u.xmin = {user} and a.xmin = {account})"""


def _table(is_key: bool) -> str:
    return "api_keys" if is_key else "sessions"


def _lasts(is_key: bool) -> str:
    return "true" if is_key else "t.expires_at > now()"


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
