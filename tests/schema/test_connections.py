"""Lists: any order, forwards and backwards, page by page."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sales.leads.edit import edit
from sales.money import Money
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in
from tests.factories import a_lead, a_user, an_account

LEADS = 23

PAGE = """
query ($orderBy: [LeadOrder!], $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
  leads(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id } }
    nodes { id }
  }
}
"""


@pytest.fixture(scope="module")
async def many(pool: None) -> AsyncIterator[Client]:
    """An account whose leads share titles, amounts and dates, or lack them."""
    ada = await an_account()
    for n in range(LEADS):
        await a_lead(
            ada,
            title=f"Lead {n % 5}",
            money=Money(Decimal(n % 4), "EUR") if n % 3 else None,
            expected_close_on=date(2027, 1, 1 + n % 6) if n % 4 else None,
        )
    async with await signed_in(ada) as client:
        yield client


orders = st.lists(
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(
                ["NUMBER", "CREATED_AT", "TITLE", "AMOUNT", "STATUS_CHANGED_AT", "EXPECTED_CLOSE_ON", "RANK"]
            ),
            "direction": st.sampled_from(["ASC", "DESC"]),
            "nulls": st.sampled_from(["FIRST", "LAST"]),
        }
    ),
    max_size=3,
)
small = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@small
@given(order=orders, size=st.integers(1, 9))
async def test_backwards_is_the_exact_mirror_of_forwards(many: Client, order: list[Any], size: int) -> None:
    forwards = await walked(many, order, size, forward=True)
    backwards = await walked(many, order, size, forward=False)

    assert len(forwards) == len(set(forwards)) == LEADS
    assert backwards == forwards


@small
@given(order=orders, place=st.integers(0, LEADS - 1), size=st.integers(1, 9))
async def test_what_lies_around_a_page_is_told_exactly(many: Client, order: list[Any], place: int, size: int) -> None:
    everything = (await many.ask(PAGE, orderBy=order, first=100))["edges"]

    page = await many.ask(PAGE, orderBy=order, first=size, after=everything[place]["cursor"])

    rest = everything[place + 1 :]
    assert page["edges"] == rest[:size]
    assert page["pageInfo"]["hasNextPage"] is (len(rest) > size)
    assert page["pageInfo"]["hasPreviousPage"] is True
    assert page["totalCount"] == LEADS


@small
@given(order=orders, ends=st.tuples(st.integers(0, LEADS - 1), st.integers(0, LEADS - 1)), forward=st.booleans())
async def test_between_two_cursors_lies_what_is_between(
    many: Client, order: list[Any], ends: tuple[int, int], forward: bool
) -> None:
    everything = (await many.ask(PAGE, orderBy=order, first=100))["edges"]
    start, end = sorted(ends)
    between = everything[start + 1 : end]

    cursors = {"after": everything[start]["cursor"], "before": everything[end]["cursor"]}
    page = await many.ask(PAGE, orderBy=order, **cursors, **{"first" if forward else "last": 3})

    assert page["edges"] == (between[:3] if forward else between[-3:])
    assert page["pageInfo"]["hasNextPage"] is True
    assert page["pageInfo"]["hasPreviousPage"] is True


async def test_a_cursor_stays_a_position_when_its_row_is_changed(many: Client) -> None:
    order = [{"field": "TITLE", "direction": "ASC", "nulls": "LAST"}]
    before = await many.ask(PAGE, orderBy=order, first=5)

    moved = before["nodes"][-1]["id"]
    await many.do("leadEdit", {"id": moved, "title": "Zebra"})
    after = await many.ask(PAGE, orderBy=order, first=100, after=before["pageInfo"]["endCursor"])

    assert len(after["nodes"]) == LEADS - 4
    assert after["nodes"][-1]["id"] == moved


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 0},
        {"first": 101},
        {"first": -1},
        {"last": 0},
        {"last": 101},
        {"first": 1, "last": 1},
        {"after": ""},
        {"after": "abc"},
        {"after": "MVtd"},
        {"after": "MVsxLDIsM10"},
        {"after": "ÿ"},
        {"before": "e30"},
    ],
)
async def test_an_odd_page_is_refused(many: Client, arguments: dict[str, Any]) -> None:
    assert await many.code(PAGE, **arguments) == "BAD_USER_INPUT"


async def test_a_cursor_of_another_order_is_refused(many: Client) -> None:
    page = await many.ask(PAGE, orderBy=[{"field": "TITLE"}], first=1)

    code = await many.code(PAGE, orderBy=[{"field": "RANK"}], after=page["pageInfo"]["endCursor"])

    assert code == "BAD_USER_INPUT"


async def test_a_history_pages_both_ways(many: Client) -> None:
    ada = await an_account()
    client, lead = await signed_in(ada), await a_lead(ada)
    for n in range(6):
        await edit(lead.id, by=ada, fields={"title": f"Title {n}"})
    query = """
    query ($id: ID!, $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
      lead(id: $id) { history(first: $first, after: $after, last: $last, before: $before) {
        totalCount pageInfo { hasNextPage hasPreviousPage } edges { cursor node { kind changes { to } } } } }
    }
    """
    everything = (await client.ask(query, id=id_of(lead)))["history"]
    cursors = [edge["cursor"] for edge in everything["edges"]]

    middle = (await client.ask(query, id=id_of(lead), first=2, after=cursors[1]))["history"]
    latest = (await client.ask(query, id=id_of(lead), last=2))["history"]
    between = (await client.ask(query, id=id_of(lead), last=5, after=cursors[0], before=cursors[3]))["history"]

    assert everything["totalCount"] == 7
    assert everything["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": False}
    assert middle["edges"] == everything["edges"][2:4]
    assert middle["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": True}
    assert latest["edges"] == everything["edges"][-2:]
    assert latest["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True}
    assert between["edges"] == everything["edges"][1:3]
    assert between["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": True}


async def walked(client: Client, order: list[Any], size: int, *, forward: bool) -> list[str]:
    """The ids of the whole list, page by page from one end, in the list's order."""
    found: list[str] = []
    cursor = None
    while True:
        arguments = {"first": size, "after": cursor} if forward else {"last": size, "before": cursor}
        page = await client.ask(PAGE, orderBy=order, **arguments)
        ids = [node["id"] for node in page["nodes"]]
        found = [*found, *ids] if forward else [*ids, *found]
        info = page["pageInfo"]
        assert info["hasPreviousPage" if forward else "hasNextPage"] is (cursor is not None)
        if not info["hasNextPage" if forward else "hasPreviousPage"]:
            return found
        cursor = info["endCursor" if forward else "startCursor"]


async def test_people_are_sorted_as_people_do_whatever_case_and_accents(ada: Viewer, client: Client) -> None:
    for name in ("zoé", "Élodie", "eva", "Émile"):
        await a_user(ada, name=name)

    found = await client.ask("{ users(first: 2) { nodes { name } pageInfo { endCursor } } }")
    rest = await client.ask(
        "query ($a: Cursor) { users(after: $a) { nodes { name } } }", a=found["pageInfo"]["endCursor"]
    )

    names = [node["name"] for node in [*found["nodes"], *rest["nodes"]]]
    assert [name for name in names if name != ada.user.name] == ["Élodie", "Émile", "eva", "zoé"]


async def test_the_cursor_of_another_list_of_names_is_refused(ada: Viewer, client: Client) -> None:
    [edge] = (await client.ask("{ users { edges { cursor } } }"))["edges"]

    assert (
        await client.code("query ($a: Cursor) { teams(after: $a) { totalCount } }", a=edge["cursor"])
        == "BAD_USER_INPUT"
    )
