"""Two ways to one answer: over HTTP, where a query is one statement; and field by field, by the executor."""

import json
from collections.abc import Mapping
from inspect import isawaitable
from typing import Any

import orjson
from graphql import DocumentNode, execute, get_operation_ast, parse, print_ast

from reads import FinishedJson
from sales.viewers import Viewer
from schema.asked import Asked
from schema.context import Context
from schema.pages import sizing_variables
from services.api import answers
from services.api.documents import Cost
from tests.api import GRAPHQL
from tests.schema.field_by_field import FIELD_BY_FIELD
from tests.schema.operations import Operation
from tests.schema.worlds import Person


async def asked(operation: Operation, person: Person) -> tuple[bytes, Any]:
    """The body of the answer that a client gets, and what it says."""
    body = {"query": operation.text, "variables": operation.variables, "operationName": operation.name}
    answer = await person.client.post("/graphql", content=json.dumps(body), headers=_JSON)
    return answer.content, orjson.loads(answer.content)


async def other_way(
    document: DocumentNode, variables: Mapping[str, Any], viewer: Viewer, name: str | None = None
) -> Any:
    """The answer's `data` and `errors`, field by field: the executor asks for each by a statement of its own."""
    operation = get_operation_ast(document, name)
    assert operation is not None
    text = f"# field by field\n{print_ast(document)}"  # plans are remembered by it: apart from those of the other way
    asked = Asked(FIELD_BY_FIELD, text, document, operation, dict(variables), sizing_variables(document))
    result: Any = execute(
        FIELD_BY_FIELD,
        document,
        root_value={},
        context_value=Context(asked, viewer, "test"),
        variable_values=asked.variables,
        operation_name=name,
        executor_class=FinishedJson,
    )
    response = answers.answered(
        await result if isawaitable(result) else result, cost=Cost(0, 0), media_type=GRAPHQL, request_id="test"
    )
    return orjson.loads(response.body)


async def require_both_alike(operation: Operation, person: Person) -> Any:
    """The data byte for byte, and where it lacks what for which reason; gives the answer.

    What is beyond the limits is refused before either way begins.
    """
    body, answer = await asked(operation, person)
    if {"COST_LIMIT_EXCEEDED"} == {code for _, code in failures(answer)}:
        return answer
    other = await other_way(parse(operation.text), operation.variables, person.viewer, operation.name)
    if answer.get("data") != other.get("data"):  # a second that is told may have passed in between
        body, answer = await asked(operation, person)

    assert failures(answer) == failures(other)
    assert answer.get("data") == other.get("data")
    if answer.get("data") is not None:
        assert b'"data":' + orjson.dumps(other["data"]) in body
    return answer


def failures(answer: Any) -> set[tuple[tuple[Any, ...], str]]:
    """Where null stands for what failed, and how it did.

    Of several fields that fail below one null, either way may name another one first.
    """
    return {
        (_nulled(answer.get("data"), error.get("path") or []), error["extensions"]["code"])
        for error in answer.get("errors") or ()
    }


def _nulled(data: Any, path: list[Any]) -> tuple[Any, ...]:
    for length, key in enumerate(path):
        if data is None:
            return tuple(path[:length])
        data = data[key]
    return tuple(path)


_JSON = {"content-type": "application/json", "accept": GRAPHQL}
