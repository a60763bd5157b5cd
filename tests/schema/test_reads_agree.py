"""Reads: a page is the same by its plan and by the executor over such a plan's rows, wherever its cursors stand."""

from decimal import Decimal
from inspect import isawaitable
from typing import Any

import orjson
import pytest
from graphql import execute, get_operation_ast, parse

from sales.money import Money
from sales.viewers import Viewer
from schema import plans
from schema.asked import Asked
from schema.context import Context
from schema.pages import sizing_variables
from schema.schema import graphql_schema
from tests.factories import a_lead


@pytest.fixture
async def eight_leads(ada: Viewer) -> Viewer:
    """Who sees leads of equal amounts and titles, and some without any amount."""
    for n in range(8):
        money = Money(Decimal(n // 3 * 10), "EUR" if n % 2 else "JPY") if n % 3 else None
        await a_lead(ada, title=f"Été {n % 2}", money=money)
    return ada


async def test_pages_are_walked_the_same_both_ways(eight_leads: Viewer) -> None:
    text = """query ($a: Cursor, $b: Cursor, $f: Int, $l: Int) {
      leads(after: $a, before: $b, first: $f, last: $l, orderBy: [{field: AMOUNT}, {field: TITLE, direction: DESC}]) {
        nodes { number } edges { cursor } pageInfo { hasNextPage hasPreviousPage } } }"""
    whole = await ask_executor(text, {}, eight_leads)
    cursors = [edge["cursor"] for edge in orjson.loads(whole)["leads"]["edges"]]

    for n, cursor in enumerate(cursors):
        for page in (
            {"a": cursor, "f": 2},
            {"b": cursor, "l": 2},
            {"a": cursor, "b": cursors[-1]},
            {"b": cursor, "f": n + 1},
        ):
            assert await ask_plan(text, page, eight_leads) == await ask_executor(text, page, eight_leads)


async def test_what_a_value_refuses_is_left_to_the_executor(eight_leads: Viewer) -> None:
    for text in (
        "{ leads(first: 101) { totalCount } }",
        '{ leads(after: "x") { totalCount } }',
        '{ step(id: "x") { id } }',
    ):
        assert await ask_plan(text, {}, eight_leads) is None


def asked(text: str, variables: dict[str, Any]) -> Asked:
    document = parse(text)
    operation = get_operation_ast(document)
    assert operation is not None
    return Asked(graphql_schema, text, document, operation, variables, sizing_variables(document))


async def ask_plan(text: str, variables: dict[str, Any], viewer: Viewer) -> str | None:
    found = await plans.answer(asked(text, variables), viewer)
    return None if found is None else found.decode()


async def ask_executor(text: str, variables: dict[str, Any], viewer: Viewer) -> str:
    context = Context(asked(text, variables), viewer, "test")
    result: Any = execute(
        graphql_schema,
        parse(text),
        root_value=await plans.rows(context),
        context_value=context,
        variable_values=variables,
    )
    result = await result if isawaitable(result) else result
    assert not result.errors
    return orjson.dumps(result.data).decode()
