"""Saved views over the API: kept as they were sent, each person's own or for all."""

from typing import Any

import orjson
import pytest

from sales.accounts import Privacy
from sales.ids import new_id
from sales.viewers import Viewer
from sales.views import SavedView
from schema.leads.orders import LeadOrderField
from tests.api import Client, counted_statements, id_of, signed_in
from tests.factories import a_lead, a_user, an_account, steps_of
from tests.schema.looking import LEADS, VIEW, a_view, by_step, titles

EVERYTHING: dict[str, Any] = {
    "status": {"in": ["TODO", "STANDBY"]},
    "isStarred": False,
    "text": "step_ “é”",
    "number": {"gte": 1, "notIn": []},
    "due": {"lt": {"ahead": "P7D"}},
    "createdAt": {"gte": {"at": "2026-11-24T08:00:00Z"}},
    "closedAt": {"isNull": True},
    "amount": {"gt": "1500.50"},
    "expectedCloseOn": {"lte": {"on": "2026-12-31"}, "gte": {"startOf": "MONTH"}},
    "title": {"startsWith": "É", "notIn": ["x"]},
    "description": {"contains": "_"},
    "currency": {"in": ["EUR"]},
    "probability": {"gte": 50},
    "stepEnteredAt": {"lt": {"ago": "P14D"}},
    "statusChangedAt": {"gte": {"startOf": "QUARTER"}},
    "isOverdue": False,
    "hasNextReminder": True,
    "reason": {"isNull": True},
    "createdBy": {"isNull": False},
    "and": [],
    "or": [{"owner": {"isNull": True}}, {"not": {"expectedCloseOn": {"eq": {"on": "2026-12-01"}}}}],
}


async def test_a_view_answers_what_it_was_sent(client: Client) -> None:
    view = await a_view(
        client, name=" To   do ", layout="BOARD", filter=EVERYTHING, columns=["TITLE", "AMOUNT", "TITLE"],
        orderBy=[{"field": "AMOUNT", "direction": "DESC", "nulls": "FIRST"}, {"field": "AMOUNT"}, {"field": "TITLE"}],
    )  # fmt: skip

    assert orjson.loads(view.pop("filter")) == EVERYTHING
    assert view.pop("id").startswith("view_")
    assert view == {
        "name": "To do", "isShared": False, "layout": "BOARD", "columns": ["TITLE", "AMOUNT"], "mayEdit": True,
        "user": {"name": "Ada Admin"}, "problems": [],
        "orderBy": [
            {"field": "AMOUNT", "direction": "DESC", "nulls": "FIRST"},
            {"field": "TITLE", "direction": "ASC", "nulls": "LAST"},
        ],
    }  # fmt: skip


async def test_the_filter_can_be_sent_back_as_it_is(client: Client) -> None:
    first = await a_view(client, filter={**EVERYTHING, "step": None, "amount": {"eq": None}})

    second = await a_view(client, name="Copy", filter=orjson.loads(first["filter"]))
    found = await client.ask(
        "query ($f: LeadFilter) { leads(filter: $f) { totalCount } }", f=orjson.loads(first["filter"])
    )

    assert second["filter"] == first["filter"]
    assert found == {"totalCount": 0}


async def test_what_is_left_out_is_all_leads_newest_first(ada: Viewer, client: Client) -> None:
    await a_lead(ada, title="Old")
    await a_lead(ada, title="New")

    view = await a_view(client)

    assert (view["filter"], view["orderBy"], view["columns"], view["isShared"]) == ("{}", [], [], False)
    assert await titles(client, view) == ["New", "Old"]


async def test_its_leads_are_those_of_its_filter_in_its_order(ada: Viewer, client: Client) -> None:
    first, second, *_ = await steps_of(ada)
    for title in ("c", "a", "b"):
        await a_lead(ada, title=title, step=second)
    await a_lead(ada, title="elsewhere", step=first)
    view = await a_view(client, filter=by_step(second), orderBy=[{"field": "TITLE"}])

    page = (await client.ask(LEADS, id=view["id"]))["leads"]
    rest = (await client.ask(LEADS, id=view["id"], after=page["pageInfo"]["endCursor"]))["leads"]

    assert [lead["title"] for lead in page["nodes"] + rest["nodes"]] == ["a", "b", "c"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (3, True, False)


async def test_a_shared_view_shows_each_what_they_see() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben = await a_user(ada)
    view = await a_view(await signed_in(ada), isShared=True, orderBy=[{"field": "TITLE"}])
    await a_lead(ada, title="Ada's")
    await a_lead(ben, title="Ben's")

    assert await titles(await signed_in(ada), view) == ["Ada's", "Ben's"]
    assert await titles(await signed_in(ben), view) == ["Ben's"]


async def test_mine_and_shared_ones_by_name(client: Client, bens: Client) -> None:
    await a_view(client, name="c", isShared=True)
    await a_view(client, name="a")
    hidden = await a_view(bens, name="b")

    views = "{ views { totalCount nodes { name mayEdit } } }"
    assert await client.ask(views) == {
        "totalCount": 2, "nodes": [{"name": "a", "mayEdit": True}, {"name": "c", "mayEdit": True}],
    }  # fmt: skip
    assert await bens.ask(views) == {
        "totalCount": 2, "nodes": [{"name": "b", "mayEdit": True}, {"name": "c", "mayEdit": False}],
    }  # fmt: skip
    assert await client.ask("query ($id: ID!) { view(id: $id) { id } }", id=hidden["id"]) is None
    assert await client.ask("query ($id: ID!) { node(id: $id) { id } }", id=hidden["id"]) is None


async def test_an_edit_changes_what_is_sent_and_null_shows_all(ada: Viewer, client: Client) -> None:
    [step, *_] = await steps_of(ada)
    view = await a_view(client, filter=by_step(step), columns=["TITLE"], orderBy=[{"field": "TITLE"}])

    renamed = await client.do("viewEdit", {"id": view["id"], "name": "New", "isShared": True}, f"view {{ {VIEW} }}")
    emptied = await client.do("viewEdit", {"id": view["id"], "filter": None, "orderBy": []}, f"view {{ {VIEW} }}")

    assert renamed["view"] == view | {"name": "New", "isShared": True}
    assert emptied["view"] == renamed["view"] | {"filter": "{}", "orderBy": []}


async def test_nothing_but_the_filter_takes_null(client: Client) -> None:
    view = await a_view(client)

    payload = await client.do("viewEdit", {"id": view["id"], "name": None, "orderBy": None, "columns": None})

    assert [error["path"] for error in payload["errors"]] == [["name"], ["orderBy"], ["columns"]]


async def test_others_neither_edit_nor_delete_a_shared_view(client: Client, bens: Client) -> None:
    view = await a_view(client, isShared=True)

    refused = [
        await bens.do("viewEdit", {"id": view["id"], "name": "x"}, "errors { ... on NotAllowed { needs } }"),
        await bens.do("viewDelete", {"id": view["id"]}, "errors { ... on NotAllowed { needs } }"),
    ]
    deleted = await client.do("viewDelete", {"id": view["id"]}, "deletedViewId")

    assert [payload["errors"][0]["needs"] for payload in refused] == ["view", "view"]
    assert (deleted["errors"], deleted["deletedViewId"]) == ([], view["id"])
    assert await SavedView.filter(name="Mine", id=view["id"].removeprefix("view_")).count() == 0


async def test_a_name_that_is_taken_is_said_to_be(client: Client) -> None:
    await a_view(client, name="Hot")

    payload = await client.do("viewCreate", {"name": "hot", "layout": "CARDS"}, "view { id }")

    assert payload["view"] is None
    assert [(error["path"], error["message"]) for error in payload["errors"]] == [(["name"], "This name is taken.")]


async def test_the_same_creation_again_answers_the_first_outcome(ada: Viewer, client: Client) -> None:
    [step, *_] = await steps_of(ada)
    input = {"id": f"view_{new_id()}", "name": "Once", "layout": "TABLE", "filter": by_step(step)}

    first, second = [await client.do("viewCreate", input, "view { id }") for _ in range(2)]
    other = await client.do("viewCreate", input | {"filter": {}})

    assert first == second
    assert first["view"]["id"] == input["id"]
    assert [error["path"] for error in other["errors"]] == [["id"]]


@pytest.mark.parametrize("field", LeadOrderField.__members__)
async def test_a_view_keeps_every_order(client: Client, field: str) -> None:
    order = {"field": field, "direction": "DESC", "nulls": "FIRST"}

    view = await a_view(client, orderBy=[order])

    assert (view["orderBy"], view["problems"]) == ([order], [])


async def test_many_views_are_checked_in_as_many_statements_as_one(ada: Viewer, client: Client) -> None:
    one, *others = [id_of(step) for step in await steps_of(ada)]
    views = "{ views { nodes { name problems { code } user { name } } } }"

    async def statements() -> int:
        with counted_statements() as sent:
            await client.ask(views)
        return len(sent)

    await a_view(client, name="0", filter={"step": {"id": {"eq": one}}})
    of_one = await statements()
    for n in range(1, 5):
        await a_view(client, name=str(n), filter={"step": {"id": {"in": others}}})

    assert await statements() == of_one
