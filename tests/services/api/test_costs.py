"""What an operation costs stands in its answer, and a client can have it explained."""

from typing import Any

import httpx
import pytest

from services.settings import Settings
from tests.api import GRAPHQL, Client, an_app

BOARD = "query Board($n: Int = 50) { leads(first: $n) { nodes { history(first: 10) { nodes { id } } } } }"


def cost_of(answer: httpx.Response) -> Any:
    return answer.json()["extensions"]["cost"]


async def test_an_answer_says_what_its_operation_costs(client: Client) -> None:
    answer = await client.send_query(BOARD)
    of_two = {"query": BOARD + " query Other { __typename }", "operationName": "Other"}

    assert "errors" not in answer.json()
    assert cost_of(answer) == {"requested": 50 + 50 * 10, "limit": 20_000}
    assert cost_of(await client.send_query(BOARD, n=2)) == {"requested": 22, "limit": 20_000}
    assert cost_of(await client.post("/graphql", json=of_two)) == {"requested": 0, "limit": 20_000}


async def test_errors_of_fields_and_invalid_documents_have_a_cost_too(nobody: Client) -> None:
    stranger = await nobody.send_query(BOARD)
    invalid = await nobody.send_query("{ leads(first: 3) { nothing } }")
    unknown = await nobody.send_query("{ ")

    assert stranger.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert cost_of(stranger)["requested"] == 550
    assert cost_of(invalid)["requested"] == 3
    assert "extensions" not in unknown.json()


async def test_a_refusal_says_what_was_asked_for_and_which_part_costs_what(nobody: Client) -> None:
    answer = await nobody.send_query(BOARD, headers={"accept": GRAPHQL}, n=100_000)

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "COST_LIMIT_EXCEEDED")
    assert "The costliest: leads(first: 100000) x history(first: 10) = 1,000,000; " in error["message"]
    assert cost_of(answer) == {"requested": 1_100_000, "limit": 20_000}


async def explained(client: Client, query: str, **variables: Any) -> httpx.Response:
    body = {"query": query, "variables": variables, "extensions": {"explainCost": True}}
    return await client.post("/graphql", json=body)


async def test_an_operation_can_be_explained_instead_of_run(client: Client) -> None:
    answer = await explained(client, BOARD)

    history = {"field": "history", "rows": 10, "cost": 500, "parts": []}
    leads = {"field": "leads", "rows": 50, "cost": 550, "parts": [history]}
    assert answer.status_code == 200
    assert answer.json() == {
        "data": None,
        "extensions": {"cost": {"requested": 550, "limit": 20_000, "tree": [leads]}},
    }


PAST = 'boardAsOf(at: "2026-05-01T00:00:00Z") { columns { leadCount } }'
DIFF = 'boardDiff(from: "2026-05-01T00:00:00Z", to: "2026-05-01T00:00:00Z") { columns { atEnd { count } } }'


async def test_a_board_of_the_past_weighs_what_it_reads_so_that_few_fit_into_a_document(client: Client) -> None:
    three = await client.send_query("{ pipeline { " + f"a: {PAST} b: {PAST} {DIFF}" + " } }")
    four = "{ pipeline { " + f"a: {PAST} b: {PAST} c: {PAST} {DIFF}" + " } }"

    assert "errors" not in three.json()
    assert cost_of(three)["requested"] == 3 * (5_000 + 25)
    assert await client.code(four) == "COST_LIMIT_EXCEEDED"
    assert cost_of(await explained(client, "{ pipeline { " + PAST + " } }"))["tree"] == [
        {"field": "boardAsOf", "rows": 5_000, "cost": 5_025, "parts": [
            {"field": "columns", "rows": 25, "cost": 25, "parts": []},
        ]},
    ]  # fmt: skip


async def test_a_mutation_that_is_explained_does_nothing(client: Client) -> None:
    answer = await explained(client, 'mutation { leadCreate(input: { title: "x" }) { position } }')

    assert cost_of(answer)["tree"] == []
    assert await client.ask("{ leads { totalCount } }") == {"totalCount": 0}


async def test_what_costs_too_much_can_be_explained_and_what_is_too_deep_cannot(client: Client) -> None:
    costly = await explained(client, BOARD, n=100_000)
    deep = await explained(client, "{ a " * 16 + "}" * 16)

    assert cost_of(costly)["requested"] == cost_of(costly)["tree"][0]["cost"] == 1_100_000
    assert deep.json()["errors"][0]["extensions"]["code"] == "COST_LIMIT_EXCEEDED"


async def test_an_explanation_comes_by_get_too(client: Client) -> None:
    asked = {"query": BOARD, "extensions": '{"explainCost": true}'}

    assert len(cost_of(await client.get("/graphql", params=asked))["tree"]) == 1


async def test_nobody_is_explained_anything_before_signing_in(nobody: Client) -> None:
    answer = await explained(nobody, BOARD)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_to_explain_is_yes_or_no(nobody: Client) -> None:
    answer = await nobody.post("/graphql", json={"query": "{ __typename }", "extensions": {"explainCost": "yes"}})

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("depth", "{ viewer { user { name } } }"),
        ("fields", "{ a: __typename b: __typename __typename }"),
        ("aliases", "{ a: __typename b: __typename c: __typename }"),
        ("cost", "{ leads(first: 3) { totalCount } }"),
    ],
)
async def test_an_operator_chooses_the_limits(pool: None, name: str, query: str) -> None:
    async with Client(an_app(Settings(limits={name: 2}))) as client:
        assert await client.code(query) == "COST_LIMIT_EXCEEDED"

    async with Client(an_app(Settings(limits={name: 3}))) as client:
        assert cost_of(await client.send_query(query))["limit"] == (3 if name == "cost" else 20_000)


async def test_an_operator_chooses_how_many_tokens_a_document_has(pool: None) -> None:
    async with Client(an_app(Settings(limits={"tokens": 3}))) as client:
        assert await client.code("{ a: __typename }") == "COST_LIMIT_EXCEEDED"
        assert await client.ask("{ __typename }") == "Query"


async def test_a_board_with_large_columns_is_told_as_so_many_pages_of_them(client: Client) -> None:
    answer = await client.send_query("{ pipelines { board(first: 100) { columns { leads { nodes { title } } } } } }")

    [error] = answer.json()["errors"]
    assert "pipelines(25) x board(pages of 25: 4) x columns(25) x leads(25) = 62,500" in error["message"]
