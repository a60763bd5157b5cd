"""Saved views made over the API, and the leads that they show."""

from typing import Any

from tortoise.models import Model

from tests.api import Client, id_of

VIEW = """id name isShared layout columns filter mayEdit user { name } orderBy { field direction nulls }
problems { code path message }"""
LEADS = """query ($id: ID!, $after: Cursor) {
  view(id: $id) { leads(first: 2, after: $after) { totalCount nodes { title } pageInfo { endCursor hasNextPage } } }
}"""
PROBLEMS = "query ($id: ID!) { view(id: $id) { problems { code path message } } }"


async def a_view(client: Client, **input: Any) -> Any:
    """A table of all leads, unless something else is said."""
    payload = await client.do("viewCreate", {"name": "Mine", "layout": "TABLE", **input}, f"view {{ {VIEW} }}")
    assert payload["errors"] == []
    return payload["view"]


def by_step(step: Model) -> dict[str, Any]:
    return {"step": {"id": {"eq": id_of(step)}}}


async def titles(client: Client, view: Any) -> list[str]:
    found = await client.ask(LEADS, id=view["id"])
    return [lead["title"] for lead in found["leads"]["nodes"]]
