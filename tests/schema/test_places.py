"""Places: two types at one place of an answer have nothing to do with each other."""

from sales.viewers import Viewer
from services.settings import Settings
from tests.api import Client, an_app, id_of, signed_in
from tests.factories import a_lead, steps_of


async def test_rows_below_two_types_are_asked_for_what_each_says(ada: Viewer) -> None:
    lead, [step, *_] = await a_lead(ada), await steps_of(ada)
    text = """query ($ids: [ID!]!, $moment: DateTime!) { nodes(ids: $ids) {
      ... on Lead { pipeline { boardAsOf(at: $moment) { columns { step { now { name } } } } } }
      ... on Step { pipeline { boardAsOf(at: $moment) { columns { step { now { position } } } } } } } }"""

    async with await signed_in(ada, an_app(Settings(limits={"cost": 30_000}))) as client:
        of_lead, of_step = await client.ask(text, ids=[id_of(lead), id_of(step)], moment=lead.created_at.isoformat())

    [first, *_] = of_lead["pipeline"]["boardAsOf"]["columns"]
    assert first["step"]["now"] == {"name": step.name}
    [first, *_] = of_step["pipeline"]["boardAsOf"]["columns"]
    assert first["step"]["now"] == {"position": 1}


async def test_what_one_type_is_refused_for_another_is_answered(ada: Viewer, client: Client) -> None:
    lead, [step, *_] = await a_lead(ada), await steps_of(ada)
    text = """query ($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Lead { p: pipeline { board(filter: { step: { id: { eq: "x" } } }) { columns { count } } } }
      ... on Step { p: pipeline { board { columns { count } } } } } }"""

    answer = (
        await client.post("/graphql", json={"query": text, "variables": {"ids": [id_of(lead), id_of(step)]}})
    ).json()

    assert answer["data"]["nodes"][0] is None
    assert answer["data"]["nodes"][1]["p"]["board"]["columns"][0] == {"count": 1}
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["nodes", 0, "p", "board"], "BAD_USER_INPUT")


async def test_a_value_that_several_fields_refuse_is_told_at_each(ada: Viewer, client: Client) -> None:
    text = "query ($id: ID!) { a: lead(id: $id) { title } b: lead(id: $id) { title } leads { totalCount } }"

    answer = (await client.post("/graphql", json={"query": text, "variables": {"id": "x"}})).json()

    assert answer["data"] == {"a": None, "b": None, "leads": {"totalCount": 0}}
    assert sorted(error["path"] for error in answer["errors"]) == [["a"], ["b"]]
