"""What an operation costs stands in its answer, and a client can have it explained."""

from typing import Any

import httpx

from tests.api import GRAPHQL, Client

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
