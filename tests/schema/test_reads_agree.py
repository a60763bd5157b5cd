"""Reads: a plan and the executor give the same bytes."""

from decimal import Decimal
from inspect import isawaitable
from typing import Any

import orjson
import pytest
from graphql import execute, get_operation_ast, parse

from sales.accounts import Privacy
from sales.leads import Status
from sales.leads.create import Standing
from sales.money import Money
from sales.reminders.decisions import set_reminder
from sales.viewers import Viewer
from schema import plans
from schema.context import Context
from schema.pages import sizing_variables
from schema.plans import Asked
from schema.schema import graphql_schema
from tests.factories import SOON, a_lead, a_user, an_account

CARD = """fragment Card on Lead {
  id number version title description isStarred createdAt status statusChangedAt stepEnteredAt closedAt
  probability ownProbability dueAt isOverdue daysLate allowedStatuses mayEdit expectedCloseOn
  amount { __typename amount currency } owner { id name email role timeZone locale } createdBy { name } reason { label }
  step { id name position probability expectedDwell guards pipeline { name steps { name } } } pipeline { id isDefault }
  reminders { id activity note dueAt localDate localTime timeZone isLate user { name } createdBy { name } }
  nextReminder { dueAt wakes state }
}"""

OPERATIONS: list[tuple[str, dict[str, Any]]] = [
    ("{ leads { nodes { ...Card } edges { cursor node { title } } totalCount pageInfo { hasNextPage endCursor } } }"
     + CARD, {}),
    ("query ($n: Int) { lead(number: $n) { ...Card again: title @include(if: true) title @skip(if: true) } }"
     + CARD, {"n": 1}),
    ("{ lead(number: 1) { history(last: 2) { nodes { id kind at happenedAt position isByKey actor { name } "
     "lead { number } } edges { cursor } totalCount "
     "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }", {}),
    ("{ none: lead(number: 4711) { id } pipelines { name steps(includeArchived: true) { name } } pipeline { id } "
     "users(first: 1) { nodes { ... on Node { id __typename } ... on User { name } } } }", {}),
    *[
        ("query ($by: [LeadOrder!]) { leads(orderBy: $by, first: 3) { nodes { number } edges { cursor } pageInfo { "
         "hasNextPage hasPreviousPage startCursor endCursor } } }",
         {"by": [{"field": field, "direction": direction, "nulls": nulls}]})
        for field in ("NUMBER", "CREATED_AT", "TITLE", "AMOUNT", "STATUS_CHANGED_AT", "EXPECTED_CLOSE_ON", "RANK")
        for direction, nulls in (("ASC", "LAST"), ("DESC", "FIRST"))
    ],
]  # fmt: skip


@pytest.fixture(params=[Privacy.SHARED, Privacy.PRIVATE])
async def people(request: pytest.FixtureRequest) -> list[Viewer]:
    """An administrator and a user of an account in which a good deal has happened."""
    ada = await an_account(privacy=request.param)
    ben = await a_user(ada)
    for n in range(8):
        lead = await a_lead(
            ben if n == 2 else ada,
            title=f'Été "{n}" \\ \n\t',
            owner=[ada, ben, None][n % 3],
            money=Money(Decimal(n * 10), "EUR" if n % 2 else "JPY") if n % 3 else None,
            standing=Standing(status=Status.STANDBY, until=SOON) if n % 4 == 1 else Standing(),
        )
        await set_reminder(lead.id, by=ada, at=SOON, activity="Call")
    return [ada, ben]


@pytest.mark.parametrize(("text", "variables"), OPERATIONS)
async def test_both_ways_give_the_same_bytes(people: list[Viewer], text: str, variables: dict[str, Any]) -> None:
    for viewer in people:
        planned = await ask_plan(text, variables, viewer)

        assert planned is not None
        assert planned == await ask_executor(text, variables, viewer)


async def test_pages_are_walked_the_same_both_ways(people: list[Viewer]) -> None:
    text = """query ($a: Cursor, $b: Cursor, $f: Int, $l: Int) {
      leads(after: $a, before: $b, first: $f, last: $l, orderBy: [{field: AMOUNT}, {field: TITLE, direction: DESC}]) {
        nodes { number } edges { cursor } pageInfo { hasNextPage hasPreviousPage } } }"""
    whole = await ask_executor(text, {}, people[0])
    cursors = [edge["cursor"] for edge in orjson.loads(whole)["leads"]["edges"]]

    for n, cursor in enumerate(cursors):
        for page in (
            {"a": cursor, "f": 2},
            {"b": cursor, "l": 2},
            {"a": cursor, "b": cursors[-1]},
            {"b": cursor, "f": n + 1},
        ):
            assert await ask_plan(text, page, people[0]) == await ask_executor(text, page, people[0])


async def test_what_a_value_refuses_is_left_to_the_executor(people: list[Viewer]) -> None:
    for text in (
        "{ leads(first: 101) { totalCount } }",
        '{ leads(after: "x") { totalCount } }',
        '{ step(id: "x") { id } }',
    ):
        assert await ask_plan(text, {}, people[0]) is None


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
