"""The operations that GraphiQL opens with, and what the page itself asks, fit the schema."""

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from schema.schema import graphql_schema
from services.api import ide

SESSION = (ide.SOURCE / "session.js").read_text("utf-8")


@pytest.mark.parametrize("path", sorted(ide.OPERATIONS.glob("*.graphql")), ids=lambda path: path.stem)
def test_a_ready_operation_can_run(path: Path) -> None:
    assert validate(graphql_schema, parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("name", ["SIGN_IN", "WHO"])
def test_what_the_page_asks_can_run(name: str) -> None:
    found = re.search(rf"const {name} =\s*'([^']+)'", SESSION)

    assert found is not None
    assert validate(graphql_schema, parse(found[1])) == []
