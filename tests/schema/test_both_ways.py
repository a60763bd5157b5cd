"""Both ways: whatever is asked, one statement answers the bytes that the executor puts together field by field.

OPERATIONS=3000 asks as many questions, other ones each time; a run without it asks the same few.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from schema.schema import graphql_schema
from tests.schema.both_ways import require_both_alike
from tests.schema.operations import Supplies, operations
from tests.schema.worlds import World

USUALLY = 250

asking = settings(
    max_examples=int(os.environ.get("OPERATIONS", USUALLY)),
    derandomize="OPERATIONS" not in os.environ,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="session")
async def supplies(world: World) -> Supplies:
    return await world.supplies()


@asking
@given(data=st.data())
async def test_whatever_is_asked_both_ways_give_the_same_bytes(world: World, supplies: Supplies, data: DataObject) -> None:
    operation = data.draw(operations(graphql_schema, supplies), "operation")
    person = world.people[data.draw(st.sampled_from(sorted(world.people)), "asked by")]

    await require_both_alike(operation, person)
