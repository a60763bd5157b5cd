"""Both ways: whatever is asked, one statement answers the bytes that the executor puts together field by field.

OPERATIONS=3000 asks as many questions, other ones each time; a run without it asks the same few.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from graphql import DocumentNode, GraphQLSyntaxError, OperationDefinitionNode, OperationType, parse, print_ast
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from sales.pipelines import Pipeline
from schema.schema import graphql_schema
from tests.api import id_of
from tests.schema.arguments import Supplies
from tests.schema.both_ways import require_both_alike
from tests.schema.operations import CHOICES, Operation, operation_of
from tests.schema.worlds import PEOPLE, Person, World

USUALLY = 250
ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```graphql\n(.*?)^```", re.MULTILINE | re.DOTALL)

asking = settings(
    max_examples=int(os.environ.get("OPERATIONS", USUALLY)),
    derandomize="OPERATIONS" not in os.environ,
    deadline=None,
    phases=[phase for phase in Phase if phase is not Phase.shrink or "OPERATIONS" in os.environ],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.filterwarnings(
    "ignore:Generating overly large repr",
    "ignore:coroutine .* was never awaited",  # graphql-core drops the siblings of a field that fails at once
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
@pytest.mark.usefixtures("swept")
@asking
@given(choices=CHOICES, name=st.sampled_from(PEOPLE))
async def test_whatever_is_asked_both_ways_give_the_same_bytes(
    world: World, supplies: Supplies, choices: bytes, name: str
) -> None:
    operation, person = operation_of(graphql_schema, supplies, choices), world.people[name]
    note(f"{operation.text}\n{operation.variables}")

    await require_both_alike(operation, person)


def written_queries() -> list[Any]:
    """Every query that stands somewhere in the repository: in the documents, the bench, and GraphiQL's tabs."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/operations/*.graphql")]
    files += ROOT.glob("services/api/graphiql/operations/*.graphql")
    return [
        pytest.param(print_ast(document), id=f"{file.stem}-{n}")
        for file in sorted(files)
        for n, text in enumerate(_texts(file))
        if (document := _query(text)) is not None
    ]


def _texts(file: Path) -> list[str]:
    text = file.read_text("utf-8")
    return _BLOCK.findall(text) if file.suffix == ".md" else [text]


def _query(text: str) -> DocumentNode | None:
    try:
        document = parse(text)
    except GraphQLSyntaxError:
        return None  # a part of one, to be read
    asks = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return document if any(node.operation == OperationType.QUERY for node in asks) else None


@pytest.mark.parametrize("text", written_queries())
async def test_every_query_that_is_written_down_is_answered_alike_both_ways(world: World, text: str) -> None:
    for person in world.people.values():
        answer = await require_both_alike(Operation(text, _variables(world, person)), person)

        assert "errors" not in answer
        assert answer["data"]


def _variables(world: World, person: Person) -> dict[str, Any]:
    lead, account = world.leads_of(person)[0], person.viewer.account.id
    pipeline = next(row for row in world.rows if isinstance(row, Pipeline) and row.account_id == account)
    return {
        "id": id_of(lead), "lead": id_of(lead), "pipeline": id_of(pipeline), "owner": id_of(person.viewer.user),
        "amount": "10",
    }  # fmt: skip
