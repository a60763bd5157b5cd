"""The smallest questions, and the code of a refusal."""

import httpx

NAMELESS = "{ __typename }"
TWO = "query A { a: __typename } query B { b: __typename }"


def code_of(answer: httpx.Response) -> str:
    [error] = answer.json()["errors"]
    assert set(error["extensions"]) == {"code", "retryable", "requestId"}
    assert error["message"]
    return str(error["extensions"]["code"])
