"""Any filter whatever finds the leads that the same filter in plain Python finds."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api import Client, signed_in
from tests.schema.known_leads import DESCRIPTIONS, TITLES, World, a_world
from tests.schema.modelled import fits

FOUND = """query ($filter: LeadFilter) {
  leads(filter: $filter, first: 100, orderBy: [{ field: NUMBER }]) { totalCount nodes { number } }
  leadTotals(filter: $filter) { count }
}"""
PERIODS = ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]
SOUGHT = [*TITLES, *DESCRIPTIONS, "ET", "%", "_", "100", "É", "roof", "tiles"]


@pytest.fixture(scope="module")
async def world(pool: None) -> World:
    return await a_world()


@pytest.fixture(scope="module")
async def asking(world: World) -> Client:
    return await signed_in(world.ada)


@pytest.fixture(scope="module")
def any_filter(world: World) -> st.SearchStrategy[Any]:
    return filters(world)


def comparing(values: st.SearchStrategy[Any], *more: str, can_be_empty: bool = True) -> st.SearchStrategy[Any]:
    """A filter with some of the comparators of its kind, some of them null."""
    some = st.lists(values, max_size=3)
    parts = {"eq": values, "ne": values, "in": some, "notIn": some, **dict.fromkeys(more, values)}
    if can_be_empty:
        parts["isNull"] = st.booleans()
    return st.lists(st.sampled_from(sorted(parts)), max_size=2, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: parts[name] | st.none() for name in names})
    )


def ranges(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return comparing(values, "lt", "lte", "gt", "gte")


def some_of(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(sorted(parts)), min_size=0, max_size=2, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: parts[name] | st.none() for name in names})
    )


def filters(world: World) -> st.SearchStrategy[Any]:
    """Filters of every kind within the bounds; lengths of time are whole days, which no lead's moment is off now."""
    ids = {word: comparing(st.sampled_from(found)) for word, found in world.ids.items()}
    lengths = st.integers(0, 40).map(lambda days: f"P{days}D")
    dated = [known.lead for known in world.leads]
    instants = st.one_of(
        lengths.map(lambda length: {"ago": length}),
        lengths.map(lambda length: {"ahead": length}),
        st.sampled_from(PERIODS).map(lambda period: {"startOf": period}),
        st.sampled_from([known.next_reminder_at for known in world.leads if known.next_reminder_at])
        .map(lambda at: {"at": at.isoformat()}),
        st.sampled_from([lead.created_at for lead in dated]).map(lambda at: {"at": at.isoformat()}),
    )  # fmt: skip
    days = st.one_of(
        lengths.map(lambda length: {"ago": length}),
        lengths.map(lambda length: {"ahead": length}),
        st.sampled_from(PERIODS).map(lambda period: {"startOf": period}),
        st.sampled_from(PERIODS).map(lambda period: {"endOf": period}),
        st.sampled_from([lead.expected_close_on for lead in dated if lead.expected_close_on])
        .map(lambda day: {"on": day.isoformat()}),
    )  # fmt: skip
    texts = comparing(st.sampled_from(SOUGHT), "contains", "startsWith", can_be_empty=False)
    person = some_of(id=ids["user"], team=some_of(id=ids["team"]), isNull=st.booleans())
    plain = some_of(
        status=comparing(st.sampled_from(["TODO", "STANDBY", "WON", "LOST", "CANCELLED"])),
        statusChangedAt=ranges(instants), stepEnteredAt=ranges(instants), createdAt=ranges(instants),
        closedAt=ranges(instants), due=ranges(instants), expectedCloseOn=ranges(days),
        pipeline=some_of(id=ids["pipeline"]), step=some_of(id=ids["step"], pipelineId=ids["pipeline"]),
        owner=person, createdBy=person, reason=some_of(id=ids["reason"], isNull=st.booleans()),
        isStarred=st.booleans(), isOverdue=st.booleans(), hasNextReminder=st.booleans(),
        title=texts, description=texts, text=st.sampled_from(SOUGHT), number=ranges(st.integers(0, 40)),
        amount=ranges(st.sampled_from(["0", "50.0", "100"])), currency=comparing(st.sampled_from(["EUR", "USD"])),
        probability=ranges(st.sampled_from([0, 35, 60, 80])),
    )  # fmt: skip

    def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        lists = st.lists(inner, max_size=3)
        more = some_of(**{"and": lists, "or": lists, "not": inner})
        return st.tuples(plain, more).map(lambda both: {**both[0], **both[1]})

    return deeper(plain | deeper(plain))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_any_filter_finds_what_it_means(
    world: World, asking: Client, any_filter: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    filter = data.draw(any_filter)

    answer = await asking.ask(FOUND, filter=filter)

    now = datetime.now(UTC)
    expected = [known.lead.number for known in world.leads if fits(known, filter, now)]
    assert [node["number"] for node in answer["leads"]["nodes"]] == expected
    assert answer["leads"]["totalCount"] == answer["leadTotals"]["count"] == len(expected)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_what_is_not_so_is_all_the_rest(
    world: World, asking: Client, any_filter: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    filter = data.draw(any_filter)

    found, rest = [
        (await asking.ask("query ($f: LeadFilter) { leads(filter: $f) { totalCount } }", f=each))["totalCount"]
        for each in ({"and": [filter]}, {"not": filter})
    ]

    assert found + rest == len(world.leads)
