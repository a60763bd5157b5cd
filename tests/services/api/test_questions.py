"""What may be sent to the API over HTTP, and that all else is refused before anything is done with it."""

from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from services.api import questions
from tests.api import GRAPHQL, JSON, Client
from tests.services.api.codes import NAMELESS, TWO, code_of


async def post(client: Client, body: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/graphql", content=body, headers={"content-type": JSON} | named)


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


async def test_variables_of_very_many_values_are_refused_before_anything_is_done_with_them(nobody: Client) -> None:
    query = "query ($f: LeadFilter) { leads(filter: $f) { totalCount } }"
    many = {"and": [{} for _ in range(questions.MOST_VALUES)]}

    answer = await nobody.send_query(query, f=many)

    assert code_of(answer) == "BAD_USER_INPUT"
    assert answer.json()["errors"][0]["message"] == "Variables hold at most 3,000 values. Divide the request."
