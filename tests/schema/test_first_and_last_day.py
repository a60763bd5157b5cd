"""The first and the last day that there are, which are days like all others."""

from datetime import date

import pytest

from sales.viewers import Viewer
from tests.api import Client
from tests.factories import a_lead
from tests.schema.known_leads import found

PAGE = """query ($after: Cursor) {
  leads(orderBy: {field: EXPECTED_CLOSE_ON}, first: 1, after: $after) {
    nodes { title } pageInfo { hasNextPage endCursor } } }"""
DAYS = [date.min, date.max]


@pytest.mark.parametrize("day", DAYS)
async def test_a_lead_of_that_day_is_found_by_it(ada: Viewer, client: Client, day: date) -> None:
    await a_lead(ada, title="a", expected_close_on=day)

    assert await found(client, {"expectedCloseOn": {"eq": {"on": day.isoformat()}}}) == ["a"]


@pytest.mark.parametrize("day", DAYS)
async def test_it_is_neither_before_nor_after_itself(ada: Viewer, client: Client, day: date) -> None:
    await a_lead(ada, title="a", expected_close_on=day)

    for comparison in ("lt", "gt"):
        assert await found(client, {"expectedCloseOn": {comparison: {"on": day.isoformat()}}}) == []


@pytest.mark.parametrize("day", DAYS)
async def test_leads_of_that_day_come_once_page_by_page(ada: Viewer, client: Client, day: date) -> None:
    for title in "abc":
        await a_lead(ada, title=title, expected_close_on=day)
    titles, after = [], None

    for _ in range(5):
        page = await client.ask(PAGE, after=after)
        titles += [node["title"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert titles == ["a", "b", "c"]
