"""Signing in and out, API keys, and one's own preferences."""

from unittest.mock import AsyncMock

import pytest

from sales import passwords
from sales.leads import Lead
from sales.sessions import MOST_PER_EMAIL, SignInAttempt
from sales.users import User
from sales.viewers import Viewer
from tests.api import Client, an_app, id_of, signed_in
from tests.factories import PASSWORD, a_user

SIGNED_IN = "token session { id device isCurrent } viewer { user { name } isAdministrator unreadCount }"


@pytest.fixture
def nobody() -> Client:
    return Client(an_app())


async def test_who_signs_in_gets_a_token_that_works(ada: Viewer, nobody: Client) -> None:
    payload = await nobody.do("signIn", credentials(ada) | {"device": "My phone"}, SIGNED_IN)

    assert payload["errors"] == []
    assert payload["viewer"] == {"user": {"name": "Ada Admin"}, "isAdministrator": True, "unreadCount": 0}
    nobody.headers["Authorization"] = f"Bearer {payload['token']}"
    [session] = (await nobody.ask("{ viewer { sessions { id device isCurrent address } } }"))["sessions"]
    assert session == payload["session"] | {"isCurrent": True, "address": "127.0.0.1"}


async def test_wrong_credentials_look_alike_and_cost_alike(
    ada: Viewer, nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash is checked in both cases: time is not measured here, its cause is."""
    matches = AsyncMock(wraps=passwords.matches)
    monkeypatch.setattr(passwords, "matches", matches)

    known = await nobody.do("signIn", credentials(ada) | {"password": "wrong"}, SIGNED_IN)
    unknown = await nobody.do("signIn", {"email": "x@example.com", "password": "wrong"}, SIGNED_IN)

    assert known == unknown
    assert [error["code"] for error in known["errors"]] == ["WRONG_CREDENTIALS"]
    assert known["token"] is known["session"] is known["viewer"] is None
    assert matches.await_count == 2


async def test_too_many_attempts_say_how_long_to_wait(ada: Viewer, nobody: Client) -> None:
    await SignInAttempt.all().delete()
    for _ in range(MOST_PER_EMAIL):
        await nobody.do("signIn", credentials(ada) | {"password": "wrong"})

    payload = await nobody.do("signIn", credentials(ada), "errors { ... on TooManyAttempts { retryAfterMs } } token")

    [error] = payload["errors"]
    assert error["code"] == "TOO_MANY_ATTEMPTS"
    assert 0 < error["retryAfterMs"] <= 15 * 60 * 1000
    assert payload["token"] is None


@pytest.mark.parametrize("email", ["", "x", "x" * 300, "ADA", "a@b\x00", "é@ü.fr"])
async def test_an_odd_address_is_nobodys(nobody: Client, email: str) -> None:
    body = (await nobody.send_query(
        'mutation ($e: EmailAddress!) { signIn(input: { email: $e, password: "x" }) { errors { code } } }', e=email
    )).json()  # fmt: skip

    codes = [error["extensions"]["code"] for error in body.get("errors", [])] or [
        error["code"] for error in body["data"]["signIn"]["errors"]
    ]
    assert codes[0] in ("BAD_USER_INPUT", "WRONG_CREDENTIALS")


async def test_who_signs_out_is_nobody(ada: Viewer, client: Client) -> None:
    payload = await client.do("sessionRevoke", {}, "session { revokedAt isCurrent }")

    assert payload["session"]["revokedAt"] is not None
    assert await client.code("{ viewer { isAdministrator } }") == "UNAUTHENTICATED"


async def test_a_lost_device_is_signed_out_from_another_one(ada: Viewer, client: Client) -> None:
    lost = await signed_in(ada)
    sessions = (await client.ask("{ viewer { sessions { id isCurrent } } }"))["sessions"]
    [other] = [session["id"] for session in sessions if not session["isCurrent"]]

    await client.do("sessionRevoke", {"id": other})

    assert await lost.code("{ viewer { isAdministrator } }") == "UNAUTHENTICATED"
    assert len((await client.ask("{ viewer { sessions { id } } }"))["sessions"]) == 1


async def test_a_key_is_shown_once_and_acts_for_its_person(ada: Viewer, client: Client) -> None:
    fields = "apiKey { id name prefix revokedAt } secret"

    first = await client.do("apiKeyCreate", {"name": "Import"}, fields, idempotency_key="k1")
    again = await client.do("apiKeyCreate", {"name": "Import"}, fields, idempotency_key="k1")
    script = Client(an_app(), token=first["secret"])

    assert first["secret"].startswith(first["apiKey"]["prefix"])
    assert [advice["code"] for advice in first["warnings"]] == ["SECRET_SHOWN_ONCE"]
    assert again["apiKey"] == first["apiKey"]
    assert again["secret"] is None
    assert await script.ask("{ viewer { isApiKey user { id } } }") == {
        "isApiKey": True,
        "user": {"id": id_of(ada.user)},
    }
    made = await script.do("leadCreate", {"title": "x"}, "lead { history { nodes { isByKey actor { name } } } }")
    assert made["lead"]["history"]["nodes"] == [{"isByKey": True, "actor": {"name": "Ada Admin"}}]
    assert [error["code"] for error in (await script.do("sessionRevoke", {}))["errors"]] == ["NOT_FOUND"]

    await client.do("apiKeyRevoke", {"id": first["apiKey"]["id"]})

    assert await script.code("{ viewer { isAdministrator } }") == "UNAUTHENTICATED"


async def test_somebody_elses_key_is_for_administrators_to_end(ada: Viewer, client: Client) -> None:
    ben = await signed_in(await a_user(ada, name="Ben"))
    mine = await client.do("apiKeyCreate", {"name": "Ada's"}, "apiKey { id }")
    bens = await ben.do("apiKeyCreate", {"name": "Ben's"}, "apiKey { id }")

    refused = await ben.do("apiKeyRevoke", {"id": mine["apiKey"]["id"]})
    done = await client.do("apiKeyRevoke", {"id": bens["apiKey"]["id"]}, "apiKey { revokedAt }")

    assert [error["code"] for error in refused["errors"]] == ["NOT_FOUND"]
    assert done["apiKey"]["revokedAt"] is not None


async def test_preferences_count_from_the_next_word_on(ada: Viewer, client: Client) -> None:
    query = """mutation ($lead: ID!) {
      viewerSetPreferences(input: { locale: "fr", timeZone: "Asia/Tokyo", dayStartsAt: "07:30" }) {
        viewer { preferences { locale timeZone dayStartsAt notifyByEmail } }
      }
      leadStar(input: { id: $lead }) { errors { message } }
    }"""

    answer = await client.ask(query, lead="lead_01a20000-0000-7000-8000-000000000000")

    assert answer["viewerSetPreferences"]["viewer"]["preferences"] == {
        "locale": "fr", "timeZone": "Asia/Tokyo", "dayStartsAt": "07:30:00", "notifyByEmail": True,
    }  # fmt: skip
    assert "opportunité" in answer["leadStar"]["errors"][0]["message"]
    assert (await User.get(id=ada.user.id)).locale == "fr"


async def test_preferences_that_cannot_be_are_refused_all_at_once(client: Client) -> None:
    payload = await client.do("viewerSetPreferences", {"name": "", "locale": "tlh", "timeZone": "Mars/Olympus"})
    nulls = await client.do("viewerSetPreferences", {"notifyInApp": None, "locale": None})

    assert [error["path"] for error in payload["errors"]] == [["name"], ["locale"], ["timeZone"]]
    assert [error["path"] for error in nulls["errors"]] == [["locale"], ["notifyInApp"]]


def credentials(viewer: Viewer) -> dict[str, str]:
    return {"email": viewer.user.email, "password": PASSWORD}


async def test_whoever_signs_out_does_nothing_more_in_the_same_document(ada: Viewer, client: Client) -> None:
    text = """mutation { before: leadCreate(input: { title: "before" }) { lead { title } }
      end: sessionRevoke(input: {}) { position }
      after: leadCreate(input: { title: "after" }) { lead { title } } }"""

    answer = (await client.post("/graphql", json={"query": text})).json()

    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["after"], "UNAUTHENTICATED")
    ]
    assert [lead.title for lead in await Lead.filter(account_id=ada.account.id)] == ["before"]
