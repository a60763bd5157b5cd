"""Ids that clients make: one that something else has is refused, whatever is created."""

from typing import Any

import pytest

from sales.ids import new_id
from tests.api import Client, signed_in
from tests.factories import an_account

pytestmark = pytest.mark.usefixtures("sealing")


@pytest.mark.parametrize(
    ("mutation", "word", "input"),
    [
        ("leadCreate", "lead", {"title": "New roof"}),
        ("pipelineCreate", "pipeline", {"name": "Renovation", "steps": [{"name": "First call"}]}),
        ("reasonAdd", "reason", {"status": "LOST", "label": "Too far away"}),
        ("viewCreate", "view", {"name": "Mine", "layout": "TABLE"}),
        ("webhookCreate", "endpoint", {"name": "Mirror", "url": "https://hook.example.com"}),
    ],
)
async def test_an_id_that_another_account_has_is_refused(
    client: Client, mutation: str, word: str, input: dict[str, Any]
) -> None:
    own = {"id": f"{word}_{new_id()}", **input}
    elsewhere = await signed_in(await an_account())
    assert (await elsewhere.do(mutation, own))["errors"] == []

    refused = await client.do(mutation, own, "errors { ... on InvalidValue { reason } }")

    assert [(error["path"], error["reason"]) for error in refused["errors"]] == [(["id"], "id_taken")]
