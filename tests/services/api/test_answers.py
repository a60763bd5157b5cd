"""What the API answers over HTTP: its type, its status, its headers, and that every refusal has GraphQL's shape."""

import logging

import pytest

from services.api import answers
from tests.api import GRAPHQL, JSON, Client
from tests.services.api.codes import NAMELESS, TWO, code_of


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, JSON),
        ("*/*", JSON),
        (JSON, JSON),
        ("application/*", JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL}, {JSON}", JSON),
        ("APPLICATION/GRAPHQL-RESPONSE+JSON", GRAPHQL),
        ("text/html, application/json;q=0.1", JSON),
    ],
)
async def test_the_answer_has_the_type_that_is_liked_best(
    nobody: Client, accept: str | None, content_type: str
) -> None:
    nobody.headers.pop("accept")

    answer = await nobody.send_query(NAMELESS, headers={"accept": accept} if accept else None)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{content_type}; charset=utf-8"
    assert answer.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("accept", ["text/html", "image/png", f"{JSON};q=0", "application/jsonx"])
async def test_who_takes_neither_type_is_told_so(nobody: Client, accept: str) -> None:
    answer = await nobody.send_query(NAMELESS, headers={"accept": accept})

    assert (answer.status_code, code_of(answer)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F } fragment F on Query { ...F }", "COST_LIMIT_EXCEEDED"),
        ("query ($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"),
        (TWO, "OPERATION_RESOLUTION_FAILURE"),
        ("fragment F on Query { __typename }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_document_that_cannot_run_is_400_in_the_new_type_and_200_in_the_old(
    nobody: Client, query: str, code: str
) -> None:
    new = await nobody.send_query(query, headers={"accept": GRAPHQL})
    old = await nobody.send_query(query, headers={"accept": JSON})

    assert (new.status_code, old.status_code) == (400, 200)
    assert code_of(new) == code_of(old) == code
    assert "data" not in new.json()
    assert "data" not in old.json()


async def test_nobody_gets_401_and_no_data(nobody: Client) -> None:
    for query in ("{ viewer { isAdministrator } }", '{ lead(number: 1) { id } node(id: "x") { id } }'):
        for accept in (JSON, GRAPHQL):
            answer = await nobody.send_query(query, headers={"accept": accept})
            assert answer.status_code == 401
            assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"UNAUTHENTICATED"}
            assert "data" not in answer.json()


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer x", "Basic eDp5", "Bearer " + "x" * 10_000, "bearer rls_\x7f", "x"],
)
async def test_an_odd_token_is_no_token(nobody: Client, authorization: str) -> None:
    answer = await nobody.send_query("{ viewer { isAdministrator } }", headers={"authorization": authorization})

    assert answer.status_code == 401


async def test_every_answer_names_the_request(nobody: Client) -> None:
    own = await nobody.send_query("{ x }", headers={"x-request-id": "my-request.1"})
    made = await nobody.send_query("{ x }", headers={"x-request-id": "no\tgood " + "x" * 100})

    assert own.headers["x-request-id"] == own.json()["errors"][0]["extensions"]["requestId"] == "my-request.1"
    assert made.headers["x-request-id"] == made.json()["errors"][0]["extensions"]["requestId"]
    assert len(made.headers["x-request-id"]) == 32


async def test_no_answer_is_kept_or_guessed_at(nobody: Client) -> None:
    answer = await nobody.send_query(NAMELESS)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


async def test_a_fault_of_ours_is_masked_and_logged(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("secret-connection-string")

    monkeypatch.setattr("schema.plans.answer", broken)

    with caplog.at_level(logging.ERROR):
        answer = await client.send_query("{ todo { totalCount } }", headers={"x-request-id": "r1"})

    assert code_of(answer) == "INTERNAL_SERVER_ERROR"
    assert "secret" not in answer.text
    assert "request r1 failed" in caplog.text
    assert "secret-connection-string" in caplog.text


async def test_a_database_that_is_away_is_503_and_worth_another_try(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("services.api.who.caller", away)

    answer = await client.send_query("{ viewer { isAdministrator } }")

    assert (answer.status_code, code_of(answer)) == (503, "SERVICE_UNAVAILABLE")
    assert answer.json()["errors"][0]["extensions"]["retryable"] is True


def test_every_code_has_a_status() -> None:
    assert set(answers.STATUSES) == set(answers.Code)
