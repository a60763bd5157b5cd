"""Signing in: one token per device, limits on guessing, keys for scripts."""

import asyncio
from datetime import timedelta

import pytest

from sales import callers, database, keys, passwords, sessions
from sales.errors import InvalidValue, NotAllowed, NotFound, TooManyAttempts, WrongCredentials
from sales.keys import ApiKey
from sales.sessions import Session, SignedIn, SignInAttempt, sign_in
from sales.users import User
from sales.users.people import NewPerson, add, prefer
from sales.viewers import Viewer
from tests.factories import PASSWORD, a_user, an_account, last_event


async def signed_in(by: Viewer, *, password: str = PASSWORD, address: str = "192.0.2.1", email: str = "") -> SignedIn:
    return await sign_in(email=email or by.user.email, password=password, device="Phone", address=address)


async def test_a_token_stands_for_the_person_and_is_not_stored(ada: Viewer) -> None:
    done = await signed_in(ada, email=f"  {ada.user.email.upper()} ")

    viewer = await callers.caller(done.token)
    session = await Session.get(id=done.session.id)
    assert viewer is not None
    assert (viewer.user.id, viewer.session_id, viewer.key_id) == (ada.user.id, session.id, None)
    assert done.token not in str(dict(session))
    assert session.expires_at - session.created_at == timedelta(days=30)
    event = await last_event(ada)
    assert event.kind == "session.opened"
    assert "token_hash" not in str(event.changes) + str(event.private)


async def test_a_wrong_password_and_an_unknown_address_are_told_alike(
    ada: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    verify = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda password, hash: asked.append(hash) or verify(password, hash))

    for email, password in [(ada.user.email, "wrong"), ("nobody@example.com", PASSWORD), ("\0\ud800", "x")]:
        with pytest.raises(WrongCredentials) as refused:
            await signed_in(ada, email=email, password=password)
        assert refused.value.message("fr") == WrongCredentials().message("fr")
    # The same work is done for each: one argon2id verification.
    assert [hash.split("$")[1] for hash in asked] == ["argon2id"] * 3


async def test_who_no_longer_works_here_is_out(ada: Viewer) -> None:
    ben = await a_user(ada)
    token = (await signed_in(ben)).token
    await User.filter(id=ben.user.id).update(deactivated_at=ben.user.created_at)

    assert await callers.caller(token) is None
    with pytest.raises(WrongCredentials):
        await signed_in(ben)


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
async def test_a_token_that_has_ended_is_refused(ada: Viewer, column: str) -> None:
    done = await signed_in(ada)

    await database.fetch(f"update sessions set {column} = now() where id = $1 returning id", done.session.id)

    assert await callers.caller(done.token) is None


async def test_a_session_is_revoked_by_its_person_only(ada: Viewer) -> None:
    ben = await a_user(ada)
    done = await signed_in(ada)

    with pytest.raises(NotFound):
        await sessions.revoke(done.session.id, by=ben)
    await sessions.revoke(done.session.id, by=ada)

    assert await callers.caller(done.token) is None


async def test_guessing_one_address_ends_after_ten_also_in_parallel(ada: Viewer) -> None:
    async def guess(n: int) -> bool:
        """Was the password looked at?"""
        with pytest.raises((WrongCredentials, TooManyAttempts)) as refused:
            await signed_in(ada, password="wrong", address=f"198.51.100.{n}")
        return isinstance(refused.value, WrongCredentials)

    at_once = await asyncio.gather(*(guess(n) for n in range(30)))
    in_turn = [await guess(n) for n in range(30, 60)]

    assert sum(at_once) + sum(in_turn) == sessions.MOST_PER_EMAIL
    with pytest.raises(TooManyAttempts) as refused:
        await signed_in(ada)
    assert timedelta(0) < refused.value.retry_after <= sessions.WINDOW
    await database.fetch("update sign_in_attempts set at = at - interval '1 hour' returning id")
    assert (await signed_in(ada)).token


async def test_guessing_from_one_client_ends_after_a_hundred(ada: Viewer) -> None:
    [row] = await database.fetch(
        """with made as (insert into sign_in_attempts (id, email_hash, client, at)
             select uuidv7(), 'h' || n, '203.0.113.9', now() from generate_series(1, $1::int) n returning id)
           select count(*) as made from made""",
        sessions.MOST_PER_CLIENT,
    )
    assert row["made"] == sessions.MOST_PER_CLIENT

    with pytest.raises(TooManyAttempts):
        await signed_in(ada, address="203.0.113.9")
    assert (await signed_in(ada, address="203.0.113.10")).token


async def test_signing_in_well_leaves_nothing_to_count(ada: Viewer) -> None:
    for _ in range(sessions.MOST_PER_EMAIL + 5):
        await signed_in(ada, address="192.0.2.77")

    assert await SignInAttempt.filter(client="192.0.2.77").count() == 0


async def test_a_key_acts_for_its_person_and_is_shown_once(ada: Viewer) -> None:
    made = await keys.create(by=ada.once("k"), name="Import")
    repeated = await keys.create(by=ada.once("k"), name="Import")
    assert made.secret is not None

    viewer = await callers.caller(made.secret)
    key = await ApiKey.get(id=made.outcome.id)
    assert viewer is not None
    assert (viewer.user.id, viewer.key_id) == (ada.user.id, key.id)
    assert made.secret.startswith(key.prefix)
    assert (repeated.outcome, repeated.secret) == (made.outcome, None)
    await keys.revoke(key.id, by=ada)
    assert await callers.caller(made.secret) is None


async def test_a_key_is_revoked_by_its_person_or_an_administrator(ada: Viewer) -> None:
    ben, cleo = await a_user(ada), await a_user(ada, name="Cleo")
    key = (await keys.create(by=ben, name="Script")).outcome.id

    for other in (cleo, await an_account()):
        with pytest.raises(NotFound):
            await keys.revoke(key, by=other)
    await keys.revoke(key, by=ada)


@pytest.mark.parametrize("token", ["", "x", "rls_", "rlk_", "rls_" + "é" * 9_000, "\0", "rls_\ud800"])
async def test_a_token_that_was_never_given_stands_for_nobody(token: str) -> None:
    assert await callers.caller(token) is None


async def test_a_person_is_added_with_all_that_is_wrong_told_at_once(ada: Viewer) -> None:
    await a_user(ada, name="Dora")
    taken = (await User.get(account_id=ada.account.id, name="Dora")).email

    with pytest.raises(InvalidValue, match="email_taken"):
        await sales_add(ada, email=taken.upper())
    with pytest.raises(InvalidValue, match="password_length"):
        await sales_add(ada, email="new@example.com", password="short")
    with pytest.raises(InvalidValue, match="email_malformed"):
        await sales_add(ada, email="a\r\nBcc: b@example.com")


async def sales_add(by: Viewer, *, email: str, password: str = PASSWORD) -> None:
    await add(by=by, person=NewPerson(name="Eve", email=email, password=password))


async def test_the_wait_is_that_of_the_limit_that_was_hit(ada: Viewer) -> None:
    client = "203.0.113.77"
    await database.fetch(
        """insert into sign_in_attempts (id, email_hash, client, at)
           select uuidv7(), 'older', $1, now() - interval '14 minutes' from generate_series(1, 5) returning id""",
        client,
    )
    for _ in range(sessions.MOST_PER_EMAIL):
        with pytest.raises(WrongCredentials):
            await signed_in(ada, password="wrong", address=client)

    with pytest.raises(TooManyAttempts) as refused:
        await signed_in(ada, address=client)

    assert refused.value.retry_after > timedelta(minutes=14)


async def test_a_key_lets_nobody_in_and_decides_nothing_for_its_person(ada: Viewer) -> None:
    made = await keys.create(by=ada, name="Import")
    session = await signed_in(ada)
    assert made.secret is not None
    script = await callers.caller(made.secret)
    assert script is not None

    for refused_call in (
        keys.create(by=script, name="Child"),
        sessions.revoke(session.session.id, by=script),
        prefer(by=script, preferences={"name": "Hacked"}),
    ):
        with pytest.raises(NotAllowed) as refused:
            await refused_call
        assert refused.value.needs == "session"
    await keys.revoke(made.outcome.id, by=script)
    assert await callers.caller(made.secret) is None
