"""Pages while others write: what stays as it is comes once, in order, whatever comes and goes around it.

No lead is ever deleted: a list loses it to its filter. WALKS=300 walks through as many lists, other ones each time.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sales.leads import Lead, Status
from sales.leads.edit import LeadFields, edit, star
from sales.moments import On
from sales.money import Money
from sales.reminders.decisions import set_reminder
from sales.statuses import close
from sales.viewers import Viewer
from schema.schema import graphql_schema
from tests.api import Client, id_of, signed_in
from tests.factories import a_lead, a_user, an_account, steps_of

USUALLY = 8
LEADS = 17
MOST_WORK = 80
"""Of a list that grows faster than it is read nobody comes to the end."""

SECONDS = 10
DAYS = (On(date(2030, 1, 1)), On(date(2030, 1, 2)))
WORKED_OUT = ("STATUS", "STEP", "OWNER", "CREATED_BY", "PROBABILITY", "WEIGHTED_AMOUNT", "DUE_AT", "NEXT_REMINDER")

PAGE = """query ($by: [LeadOrder!], $first: Int, $after: Cursor, $last: Int, $before: Cursor) {
  leads(filter: { status: { eq: TODO } }, orderBy: $by, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { id } edges { cursor } } }"""

orders = st.lists(
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(sorted(graphql_schema.type_map["LeadOrderField"].values)),  # type: ignore[attr-defined]
            "direction": st.sampled_from(["ASC", "DESC"]),
            "nulls": st.sampled_from(["FIRST", "LAST"]),
        }
    ),
    max_size=3,
)
few = settings(
    max_examples=int(os.environ.get("WALKS", USUALLY)),
    derandomize="WALKS" not in os.environ,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@few
@given(order=orders, size=st.integers(1, 6), forward=st.booleans(), seed=st.integers(0, 2**32))
async def test_what_stays_comes_once_and_in_order_while_all_else_changes(
    order: list[Any], size: int, forward: bool, seed: int
) -> None:
    people = await somebody()
    async with await signed_in(people[0]) as client:
        staying = {id_of(await a_lead_of(people, n)) for n in range(LEADS)}
        expected = [id for id in await walked(client, order, 100, forward=True) if id in staying]

        async with busy(people, seed) as work:
            found = await walked(client, order, size, forward=forward, between=work.has_gone_on)
            changes = work.changes

    assert [id for id in found if id in staying] == expected
    assert changes >= (LEADS - 1) // size


@pytest.mark.parametrize("field", WORKED_OUT)
async def test_what_sql_works_out_orders_what_stays_too(field: str) -> None:
    people, order = await somebody(), [{"field": field, "direction": "DESC", "nulls": "LAST"}]
    async with await signed_in(people[0]) as client:
        staying = {id_of(await a_lead_of(people, n)) for n in range(LEADS)}
        expected = [id for id in await walked(client, order, 100, forward=True) if id in staying]

        async with busy(people, seed=1) as work:
            found = await walked(client, order, 5, forward=True, between=work.has_gone_on)
            changes = work.changes

    assert [id for id in found if id in staying] == expected
    assert len(staying) == len(expected) == LEADS
    assert changes >= (LEADS - 1) // 5


@few
@given(order=orders, size=st.integers(1, 6), ups=st.integers(0, LEADS))
async def test_where_nothing_changes_both_directions_mirror_each_other(order: list[Any], size: int, ups: int) -> None:
    people = await somebody()
    async with await signed_in(people[0]) as client:
        for n in range(ups):
            await a_lead_of(people, n)

        forwards = await walked(client, order, size, forward=True, total=ups)
        backwards = await walked(client, order, size, forward=False, total=ups)

    assert len(set(forwards)) == ups
    assert backwards == forwards


async def _nothing() -> None:
    """Happens between two pages."""


async def walked(
    client: Client,
    order: list[Any],
    size: int,
    *,
    forward: bool,
    total: int | None = None,
    between: Callable[[], Awaitable[None]] = _nothing,
) -> list[str]:
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
        await between()


class Work:
    """What somebody does beside: creates, changes and closes leads of his own, as fast as it goes."""

    def __init__(self, people: list[Viewer], seed: int) -> None:
        self.changes = 0
        self._people, self._chance = people, random.Random(seed)
        self._changed = asyncio.Event()
        self.is_over = False

    async def has_gone_on(self) -> None:
        """Wait for one more change, as long as there are any."""
        self._changed.clear()
        if not self.is_over:
            await asyncio.wait_for(self._changed.wait(), SECONDS)

    async def go_on(self) -> None:
        own: list[Lead] = []
        try:
            for _ in range(MOST_WORK):
                await self._change(own)
                self.changes += 1
                self._changed.set()
        finally:
            self.is_over = True
            self._changed.set()

    async def _change(self, own: list[Lead]) -> None:
        chance, by = self._chance, self._people[0]
        match chance.randrange(4) if own else 0:
            case 2:
                fields = LeadFields(**_fields(chance.randrange(LEADS)))
                await edit(chance.choice(own).id, by=by, fields=fields)
            case 3:
                gone = own.pop(chance.randrange(len(own)))
                await close(gone.id, by=by, status=Status.LOST)
            case _:
                own.append(await a_lead_of(self._people, chance.randrange(LEADS)))


@asynccontextmanager
async def busy(people: list[Viewer], seed: int) -> AsyncIterator[Work]:
    work = Work(people, seed)
    working = asyncio.create_task(work.go_on())
    try:
        yield work
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def somebody() -> list[Viewer]:
    """The people of a fresh account."""
    ada = await an_account()
    return [ada, await a_user(ada, name="Éve"), await a_user(ada, name="eva")]


async def a_lead_of(people: list[Viewer], n: int) -> Lead:
    """A lead that shares with others whatever lists are ordered by, or lacks it."""
    ada = people[0]
    steps = await steps_of(ada)
    lead = await a_lead(ada, owner=[*people, None][n % 4], step=steps[n % 3], **_fields(n))
    if n % 3 == 1:
        await star(lead.id, by=ada)
    if n % 5 == 1:
        await set_reminder(lead.id, by=ada, at=DAYS[n % 2])
    return lead


def _fields(n: int) -> dict[str, Any]:
    """Titles, amounts and dates that several leads share, or lack."""
    return {
        "title": f"Lead {n % 4}",
        "probability": n % 2 * 50 if n % 3 else None,
        "money": Money(Decimal(n % 3), "EUR") if n % 4 else None,
        "expected_close_on": date(2027, 1, 1 + n % 3) if n % 5 else None,
    }
