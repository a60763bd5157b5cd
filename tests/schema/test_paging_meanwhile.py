"""Pages while others write: what stays as it is comes once, in order, whatever comes and goes around it.

No lead is ever deleted: a list loses it to its filter.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sales.leads import Status
from sales.leads.edit import LeadFields, edit
from sales.money import Money
from sales.statuses import close
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in
from tests.factories import a_lead, an_account

LEADS = 17
MOST_WORK = 80
"""Of a list that grows faster than it is read nobody comes to the end."""

PAGE = """query ($by: [LeadOrder!], $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
  leads(filter: { status: { eq: TODO } }, orderBy: $by, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { id } edges { cursor } } }"""

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
few = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@few
@given(order=orders, size=st.integers(1, 6), forward=st.booleans(), seed=st.integers(0, 2**32))
async def test_what_stays_comes_once_and_in_order_while_all_else_changes(
    order: list[Any], size: int, forward: bool, seed: int
) -> None:
    ada = await an_account()
    async with await signed_in(ada) as client:
        staying = {id_of(await a_lead(ada, **_fields(n))) for n in range(LEADS)}
        expected = [id for id in await walked(client, order, 100, forward=True) if id in staying]

        async with busy(ada, seed):
            found = await walked(client, order, size, forward=forward)

    assert [id for id in found if id in staying] == expected


@few
@given(order=orders, size=st.integers(1, 6), ups=st.integers(0, LEADS))
async def test_where_nothing_changes_both_directions_mirror_each_other(order: list[Any], size: int, ups: int) -> None:
    ada = await an_account()
    async with await signed_in(ada) as client:
        for n in range(ups):
            await a_lead(ada, **_fields(n))

        forwards = await walked(client, order, size, forward=True, total=ups)
        backwards = await walked(client, order, size, forward=False, total=ups)

    assert len(set(forwards)) == ups
    assert backwards == forwards


async def walked(client: Client, order: list[Any], size: int, *, forward: bool, total: int | None = None) -> list[str]:
    """The ids of the list, page by page from one end, in the list's order; `total` says that nothing changes."""
    found: list[str] = []
    cursor = None
    while True:
        arguments = {"first": size, "after": cursor} if forward else {"last": size, "before": cursor}
        page = await client.ask(PAGE, by=order, **arguments)
        ids, info = [node["id"] for node in page["nodes"]], page["pageInfo"]
        found = [*found, *ids] if forward else [*ids, *found]
        cursors = [edge["cursor"] for edge in page["edges"]]
        assert (info["startCursor"], info["endCursor"]) == ((cursors[0], cursors[-1]) if cursors else (None, None))
        there_is_more = info["hasNextPage" if forward else "hasPreviousPage"]
        if total is not None:
            assert page["totalCount"] == total
            assert there_is_more is (len(found) < total)
            assert info["hasPreviousPage" if forward else "hasNextPage"] is (cursor is not None)
        if not there_is_more or not ids:
            return found
        cursor = info["endCursor" if forward else "startCursor"]


@asynccontextmanager
async def busy(by: Viewer, seed: int) -> AsyncIterator[None]:
    """Somebody creates, changes and closes leads of his own, as fast as it goes."""
    working = asyncio.create_task(_work(by, random.Random(seed)))
    try:
        yield
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def _work(by: Viewer, chance: random.Random) -> None:
    own = []
    for _ in range(MOST_WORK):
        match chance.randrange(4):
            case 0 | 1:
                own.append((await a_lead(by, **_fields(chance.randrange(LEADS)))).id)
            case 2 if own:
                await edit(chance.choice(own), by=by, fields=LeadFields(**_fields(chance.randrange(LEADS))))
            case 3 if own:
                gone = own.pop(chance.randrange(len(own)))
                await close(gone, by=by, status=Status.LOST)
        await asyncio.sleep(0)


def _fields(n: int) -> dict[str, Any]:
    """Titles, amounts and dates that several leads share, or lack."""
    return {
        "title": f"Lead {n % 4}",
        "money": Money(Decimal(n % 3), "EUR") if n % 4 else None,
        "expected_close_on": date(2027, 1, 1 + n % 3) if n % 5 else None,
    }
