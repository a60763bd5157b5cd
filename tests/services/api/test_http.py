"""GraphQL over HTTP: what may be sent, what comes back, and that every refusal has GraphQL's shape."""

import asyncio
import json
import logging
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from services.api import answers, questions
from tests.api import GRAPHQL, JSON, Client, an_app

NAMELESS = "{ __typename }"
TWO = "query A { a: __typename } query B { b: __typename }"


def code_of(answer: httpx.Response) -> str:
    [error] = answer.json()["errors"]
    assert set(error["extensions"]) == {"code", "retryable", "requestId"}
    assert error["message"]
    return str(error["extensions"]["code"])


async def post(client: Client, body: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/graphql", content=body, headers={"content-type": JSON} | named)


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


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"1", b'"x"', b"true", b"[]", b"[{}]", b"{", b"{}", b'{"query":null}', b'{"query":1}',
        b'{"query":{}}', b'{"query":[]}', b'{"query":""}', b'{"query":" "}', b'{"query":"{__typename}","variables":[]}',
        b'{"query":"{__typename}","variables":"{}"}', b'{"query":"{__typename}","variables":1}',
        b'{"query":"{__typename}","extensions":[]}', b'{"query":"{__typename}","operationName":{}}',
        b'{"query":"{__typename}","variables":{"a":NaN}}', b'{"query":"{__typename}","variables":{"a":1e999}}',
        b'{"query":"\xff"}', b'{"query":"\\ud800"}', b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe{\x00}\x00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_what_is_no_request_is_400_and_says_why(nobody: Client, body: bytes, accept: str) -> None:
    answer = await post(nobody, body, accept=accept)

    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")
    assert answer.headers["content-type"].startswith(accept)


async def test_unknown_keys_and_empty_ones_are_no_mistake(nobody: Client) -> None:
    body = b'{"query":"{__typename}","variables":null,"operationName":null,"extensions":null,"more":[1]}'

    assert (await post(nobody, body)).json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON", 200),
        ("application/json; charset=utf-8", 200),
        ('application/json;charset="UTF-8"', 200),
        ("application/json; charset=latin-1", 415),
        ("application/jsonx", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ],
)
async def test_only_json_is_taken(nobody: Client, content_type: str, status: int) -> None:
    answer = await nobody.post("/graphql", content=b'{"query":"{__typename}"}', headers={"content-type": content_type})

    assert answer.status_code == status
    if status == 415:
        assert code_of(answer) == "UNSUPPORTED_MEDIA_TYPE"


async def test_a_body_of_more_than_a_megabyte_is_refused_before_it_is_read_to_its_end(nobody: Client) -> None:
    read = []

    async def endless() -> Any:
        while True:
            read.append(1)
            yield b" " * 100_000

    answer = await nobody.post("/graphql", content=endless(), headers={"content-type": JSON})

    assert (answer.status_code, code_of(answer)) == (413, "PAYLOAD_TOO_LARGE")
    assert len(read) <= questions.MOST_BYTES // 100_000 + 2


async def test_a_document_of_more_than_64_kb_is_refused(nobody: Client) -> None:
    answer = await nobody.send_query("{ __typename }" + " " * 64_000)

    assert (answer.status_code, code_of(answer)) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused_with_those_that_are_not(nobody: Client, method: str) -> None:
    answer = await nobody.request(method, "/graphql")

    assert (answer.status_code, code_of(answer)) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, POST"


async def test_a_query_may_come_by_get(nobody: Client) -> None:
    asked = {"query": "query ($a: Boolean!) { __typename @include(if: $a) }", "variables": '{"a": true}'}

    answer = await nobody.get("/graphql", params=asked | {"extensions": "{}", "operationName": ""})

    assert answer.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("parameters", [{}, {"query": ""}, {"query": NAMELESS, "variables": "{"}])
async def test_an_odd_get_is_refused(nobody: Client, parameters: dict[str, str]) -> None:
    answer = await nobody.get("/graphql", params=parameters)

    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")


async def test_empty_variables_in_a_get_are_none(nobody: Client) -> None:
    answer = await nobody.get("/graphql", params={"query": NAMELESS, "variables": ""})

    assert answer.status_code == 200


async def test_a_mutation_by_get_is_refused(client: Client) -> None:
    answer = await client.get("/graphql", params={"query": "mutation { sessionRevoke(input: {}) { position } }"})

    assert (answer.status_code, code_of(answer)) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "POST"
    assert await client.ask("{ viewer { user { name } } }")


@pytest.mark.parametrize(
    ("site", "mode", "status"),
    [
        ("cross-site", "no-cors", 403),
        ("cross-site", "navigate", 403),
        ("cross-site", "cors", 200),
        ("same-origin", "cors", 200),
        ("none", "navigate", 200),
    ],
)
async def test_another_sites_page_may_not_have_a_browser_ask(nobody: Client, site: str, mode: str, status: int) -> None:
    headers = {"sec-fetch-site": site, "sec-fetch-mode": mode}

    answer = await nobody.get("/graphql", params={"query": NAMELESS}, headers=headers)

    assert answer.status_code == status


async def test_of_two_operations_the_named_one_runs(nobody: Client) -> None:
    async def run(name: str) -> httpx.Response:
        return await nobody.post("/graphql", json={"query": TWO, "operationName": name})

    assert (await run("B")).json()["data"] == {"b": "Query"}
    assert code_of(await run("C")) == "OPERATION_RESOLUTION_FAILURE"


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


async def test_what_takes_too_long_is_ended(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleepy(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("schema.plans.answer", sleepy)
    monkeypatch.setattr("services.api.waiting.SECONDS", 0.05)

    answer = await client.send_query("{ todo { totalCount } }")

    assert (answer.status_code, code_of(answer)) == (504, "TIMEOUT")


def test_every_code_has_a_status() -> None:
    assert set(answers.STATUSES) == set(answers.Code)


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a b", "a\tb"])
async def test_an_idempotency_key_is_visible_ascii(client: Client, key: str) -> None:
    answer = await client.send_query(NAMELESS, headers={"idempotency-key": key})

    assert code_of(answer) == "BAD_USER_INPUT"


async def test_graphiql_may_ask_for_the_whole_schema(nobody: Client) -> None:
    query = get_introspection_query(
        descriptions=True, specified_by_url=True, directive_is_repeatable=True, schema_description=True,
        input_value_deprecation=True, one_of=True,
    )  # fmt: skip

    data = await nobody.ask(query)

    assert {kind["name"] for kind in data["types"]} >= {"Lead", "LeadFilter", "MomentInput"}


async def test_a_question_ends_when_nobody_waits_for_the_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless(*_: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr("schema.plans.answer", endless)
    await asked_and_hung_up(client, "{ todo { totalCount } }", once=begun)

    async with asyncio.timeout(5):
        await ended.wait()


async def test_a_mutation_goes_to_its_end_even_if_nobody_waits(client: Client) -> None:
    gone = asyncio.Event()
    gone.set()

    await asked_and_hung_up(client, 'mutation { leadCreate(input: { title: "x" }) { position } }', once=gone)

    assert await client.ask("{ leads { totalCount } }") == {"totalCount": 1}


async def asked_and_hung_up(client: Client, query: str, *, once: asyncio.Event) -> None:
    """Send a request, and be gone once something has happened."""
    body = [{"type": "http.request", "body": json.dumps({"query": query}).encode(), "more_body": False}]
    headers = {"content-type": JSON, "authorization": client.headers["authorization"]}
    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        if body:
            return body.pop()
        await once.wait()
        return {"type": "http.disconnect"}

    async def send(_: object) -> None:
        """Nobody is there."""

    await an_app()(scope, receive, send)


async def test_variables_of_very_many_values_are_refused_before_anything_is_done_with_them(nobody: Client) -> None:
    query = "query ($f: LeadFilter) { leads(filter: $f) { totalCount } }"
    many = {"and": [{} for _ in range(questions.MOST_VALUES)]}

    answer = await nobody.send_query(query, f=many)

    assert code_of(answer) == "BAD_USER_INPUT"
    assert answer.json()["errors"][0]["message"] == "Variables hold at most 3,000 values. Divide the request."
