"""Orders of leads: by every value that a lead shows, both ways, page by page, with what is empty where one says."""

from collections.abc import Callable
from typing import Any

import pytest

from sales.leads import Status
from schema.leads.orders import LeadOrderField
from tests.api import Client, signed_in
from tests.schema.known_leads import Known, World, a_world
from tests.schema.modelled import plain

PAGE = """query ($by: [LeadOrder!], $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
  leads(orderBy: $by, first: $first, after: $after, last: $last, before: $before) {
    nodes { number } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
  }
}"""

VALUES: dict[str, Callable[[Known], Any]] = {
    "NUMBER": lambda known: known.lead.number,
    "CREATED_AT": lambda known: known.lead.created_at,
    "TITLE": lambda known: known.lead.title,
    "AMOUNT": lambda known: known.lead.amount,
    "STATUS_CHANGED_AT": lambda known: known.lead.status_changed_at,
    "EXPECTED_CLOSE_ON": lambda known: known.lead.expected_close_on,
    "RANK": lambda known: known.lead.rank,
    "STATUS": lambda known: list(Status).index(known.lead.status),
    "STEP": lambda known: known.step.position,
    "STEP_ENTERED_AT": lambda known: known.lead.step_entered_at,
    "PIPELINE": lambda known: known.pipeline.position,
    "OWNER": lambda known: known.owner and plain(known.owner.name),
    "CREATED_BY": lambda known: plain(known.creator.name),
    "REASON": lambda known: known.reason and plain(known.reason.label),
    "PROBABILITY": lambda known: known.probability,
    "WEIGHTED_AMOUNT": lambda known: known.weighted,
    "IS_STARRED": lambda known: known.lead.is_starred,
    "NEXT_REMINDER": lambda known: known.next_reminder_at,
    "DUE_AT": lambda known: known.due_at,
    "CLOSED_AT": lambda known: known.lead.closed_at,
}


@pytest.fixture(scope="module")
async def world(pool: None) -> World:
    return await a_world()


@pytest.fixture(scope="module")
async def asking(world: World) -> Client:
    return await signed_in(world.ada)


def test_there_is_one_for_each_value() -> None:
    assert set(VALUES) == set(LeadOrderField.__members__)


def expected(world: World, *orders: dict[str, str]) -> list[int]:
    """The numbers in this order; what is equal stands by its id."""
    found = sorted(world.leads, key=lambda known: known.lead.id)
    for order in reversed(orders):
        value = VALUES[order["field"]]
        filled = [known for known in found if value(known) is not None]
        empty = [known for known in found if value(known) is None]
        # A sort that keeps what is equal as it was also does so in reverse.
        filled.sort(key=value, reverse=order["direction"] == "DESC")
        found = empty + filled if order["nulls"] == "FIRST" else filled + empty
    return [known.lead.number for known in found]


@pytest.mark.parametrize("nulls", ["FIRST", "LAST"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", VALUES)
async def test_by_each_value_both_ways(world: World, asking: Client, field: str, direction: str, nulls: str) -> None:
    order = {"field": field, "direction": direction, "nulls": nulls}

    assert await walked(asking, [order], forward=True) == expected(world, order)
    assert await walked(asking, [order], forward=False) == expected(world, order)


@pytest.mark.parametrize(
    "fields",
    [
        ("PIPELINE", "STEP", "RANK"),
        ("OWNER", "STATUS", "WEIGHTED_AMOUNT"),
        ("REASON", "CREATED_BY"),
        ("IS_STARRED", "DUE_AT", "NEXT_REMINDER"),
        ("PROBABILITY", "AMOUNT", "CLOSED_AT"),
    ],
    ids="-".join,
)
async def test_by_several_at_once(world: World, asking: Client, fields: tuple[str, ...]) -> None:
    orders = [
        {"field": field, "direction": ["ASC", "DESC"][n % 2], "nulls": ["LAST", "FIRST"][n % 2]}
        for n, field in enumerate(fields)
    ]

    assert await walked(asking, orders, forward=True) == expected(world, *orders)
    assert await walked(asking, orders, forward=False) == expected(world, *orders)


async def test_a_page_between_two_cursors_knows_what_lies_around_it(world: World, asking: Client) -> None:
    by = [{"field": "OWNER", "direction": "DESC", "nulls": "FIRST"}]
    start = await asking.ask(PAGE, by=by, first=5)
    end = await asking.ask(PAGE, by=by, last=5)
    cursors = {"after": start["pageInfo"]["endCursor"], "before": end["pageInfo"]["startCursor"]}

    page = await asking.ask(PAGE, by=by, first=100, **cursors)

    assert [node["number"] for node in page["nodes"]] == expected(world, *by)[5:-5]
    assert page["totalCount"] == len(world.leads)
    assert (page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]) == (True, True)


async def walked(client: Client, by: list[dict[str, str]], *, forward: bool) -> list[int]:
    """The numbers of all leads, page by page."""
    size, place = ("first", "after") if forward else ("last", "before")
    more, cursor = ("hasNextPage", "endCursor") if forward else ("hasPreviousPage", "startCursor")
    numbers: list[int] = []
    arguments: dict[str, Any] = {size: 10}
    while True:
        page = await client.ask(PAGE, by=by, **arguments)
        found = [node["number"] for node in page["nodes"]]
        numbers = numbers + found if forward else found + numbers
        if not page["pageInfo"][more]:
            return numbers
        arguments[place] = page["pageInfo"][cursor]
