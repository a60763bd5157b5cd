"""Saved views over the API: kept as they were sent, and honest about what has gone since."""

from typing import Any

import orjson
import pytest
from tortoise.models import Model

from sales.accounts import Privacy
from sales.ids import new_id
from sales.reasons import Reason, archive
from sales.steps.delete import delete_step
from sales.teams import Team
from sales.teams import create as create_team
from sales.viewers import Viewer
from sales.views import SavedView
from schema.leads.orders import LeadOrderField
from tests.api import Client, counted_statements, id_of, signed_in
from tests.factories import a_lead, a_user, an_account, steps_of

VIEW = """id name isShared layout columns filter mayEdit user { name } orderBy { field direction nulls }
problems { code path message }"""
LEADS = """query ($id: ID!, $after: Cursor) {
  view(id: $id) { leads(first: 2, after: $after) { totalCount nodes { title } pageInfo { endCursor hasNextPage } } }
}"""
PROBLEMS = "query ($id: ID!) { view(id: $id) { problems { code path message } } }"
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


@pytest.fixture
async def bens(ada: Viewer) -> Client:
    return await signed_in(await a_user(ada))


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


async def test_a_view_whose_step_was_deleted_says_so_and_shows_nothing_else(ada: Viewer, client: Client) -> None:
    first, second, *_ = await steps_of(ada)
    await a_lead(ada, step=second)
    view = await a_view(client, filter={"or": [by_step(first), by_step(second)]}, isShared=True)
    assert await titles(client, view) == ["New roof"]

    await delete_step(second.id, by=ada, target_step_id=first.id)

    problem = {
        "code": "GONE", "path": ["filter", "or", "1", "step", "id", "eq"],
        "message": "This view asks for the step “Contacted”, which was deleted.",
    }  # fmt: skip
    assert await client.ask(PROBLEMS, id=view["id"]) == {"problems": [problem]}
    body = (await client.send_query(LEADS, id=view["id"])).json()
    assert body["data"] == {"view": {"leads": None}}
    assert [(each["message"], each["extensions"]["code"]) for each in body["errors"]] == [
        (problem["message"], "BAD_USER_INPUT")
    ]
    chloe = await signed_in(await a_user(ada, name="Chloe", locale="fr"))
    told = (await chloe.ask(PROBLEMS, id=view["id"]))["problems"]
    assert [each["message"] for each in told] == [
        "Cette vue demande l’étape «\u00a0Contacted\u00a0», qui a été supprimée."
    ]


async def test_a_view_that_lost_its_step_can_be_renamed_and_mended(ada: Viewer, client: Client) -> None:
    first, second, *_ = await steps_of(ada)
    view = await a_view(client, filter=by_step(second))
    await delete_step(second.id, by=ada)

    renamed = await client.do("viewEdit", {"id": view["id"], "name": "Broken"}, f"view {{ {VIEW} }}")
    mended = await client.do("viewEdit", {"id": view["id"], "filter": by_step(first)}, f"view {{ {VIEW} }}")

    assert (renamed["errors"], len(renamed["view"]["problems"])) == ([], 1)
    assert mended["view"]["problems"] == []


async def test_a_view_that_this_version_does_not_understand_says_so(client: Client) -> None:
    view = await a_view(client)
    await SavedView.filter(id=view["id"].removeprefix("view_")).update(
        lead_filter={"status": {"eq": "ASLEEP"}, "colour": {"eq": "red"}}, order_by=[{"field": "MOOD"}]
    )

    found = await client.ask(f"query ($id: ID!) {{ view(id: $id) {{ {VIEW} }} }}", id=view["id"])

    assert {(each["code"], ".".join(each["path"])) for each in found["problems"]} >= {
        ("OUTDATED", "filter.status.eq"), ("OUTDATED", "orderBy.0.field"),
    }  # fmt: skip
    assert found["orderBy"] == []
    assert orjson.loads(found["filter"]) == {"status": {"eq": "ASLEEP"}, "colour": {"eq": "red"}}


async def test_nobody_and_nothing_of_another_account_can_be_named(client: Client) -> None:
    other = await an_account()
    [step, *_] = await steps_of(other)
    filter = {"owner": {"id": {"in": [id_of(other.user)]}}, **by_step(step)}

    payload = await client.do("viewCreate", {"name": "x", "layout": "TABLE", "filter": filter}, "view { id }")

    assert payload["view"] is None
    assert {(error["__typename"], ".".join(error["path"])) for error in payload["errors"]} == {
        ("NotFound", "filter.step.id.eq"), ("NotFound", "filter.owner.id.in.0"),
    }  # fmt: skip
    assert await client.ask("{ views { totalCount } }") == {"totalCount": 0}


@pytest.mark.parametrize(
    "filter",
    [
        {"step": {"id": {"eq": "user_0198c1a0-0000-7000-8000-000000000000"}}},
        {"owner": {"id": {"eq": "nobody"}}},
        {"text": "x" * 201},
        {"number": {"in": list(range(101))}},
        {"not": {"not": {"not": {"not": {"not": {}}}}}},
    ],
    ids=lambda filter: next(iter(filter)),
)
async def test_a_filter_that_no_list_takes_is_refused(client: Client, filter: dict[str, Any]) -> None:
    payload = await client.do("viewCreate", {"name": "x", "layout": "TABLE", "filter": filter}, "view { id }")

    assert payload["view"] is None
    [error] = payload["errors"]
    assert (error["code"], error["path"]) == ("INVALID_VALUE", ["filter"])
    assert error["message"].startswith("No list takes this filter. ")
    assert await client.ask("{ views { totalCount } }") == {"totalCount": 0}


@pytest.mark.parametrize(
    "filter",
    [{"colour": {"eq": "red"}}, {"status": {"eq": "ASLEEP"}}, {"due": {"lt": {}}}],
    ids=lambda f: next(iter(f)),
)
async def test_what_is_no_filter_at_all_is_refused(client: Client, filter: dict[str, Any]) -> None:
    create = "mutation ($i: ViewCreateInput!) { viewCreate(input: $i) { view { id } } }"

    assert await client.code(create, i={"name": "x", "layout": "TABLE", "filter": filter}) == "BAD_USER_INPUT"


async def test_a_view_names_reasons_teams_and_people_also_what_is_archived(ada: Viewer, client: Client) -> None:
    reason, team = await Reason.filter(account_id=ada.account.id).first(), await create_team(by=ada, name="North")
    assert reason is not None
    await archive(reason.id, by=ada)
    filter = {
        "reason": {"id": {"in": [id_of(reason)]}}, "createdBy": {"id": {"eq": id_of(ada.user)}},
        "owner": {"team": {"id": {"ne": f"team_{team.id}"}}},
    }  # fmt: skip

    view = await a_view(client, filter=filter, isShared=True)
    await Team.filter(id=team.id).delete()
    await Reason.filter(id=reason.id).delete()
    problems = (await client.ask(PROBLEMS, id=view["id"]))["problems"]

    assert (orjson.loads(view["filter"]), view["problems"]) == (filter, [])
    assert {(".".join(each["path"]), each["message"]) for each in problems} == {
        ("filter.owner.team.id.ne", "This view asks for a team that does not exist any more."),
        ("filter.reason.id.in.0", "This view asks for a reason that does not exist any more."),
    }
    chloe = await signed_in(await a_user(ada, name="Chloe", locale="fr"))
    told = [each["message"] for each in (await chloe.ask(PROBLEMS, id=view["id"]))["problems"]]
    assert "Cette vue demande une équipe qui n’existe plus." in told


async def test_teams_and_reasons_of_another_account_are_not_found(client: Client) -> None:
    other = await an_account()
    reason, team = await Reason.filter(account_id=other.account.id).first(), await create_team(by=other, name="North")
    assert reason is not None
    filter = {"reason": {"id": {"eq": id_of(reason)}}, "createdBy": {"team": {"id": {"eq": f"team_{team.id}"}}}}

    payload = await client.do("viewCreate", {"name": "x", "layout": "TABLE", "filter": filter}, "view { id }")

    assert payload["view"] is None
    assert {(error["__typename"], ".".join(error["path"])) for error in payload["errors"]} == {
        ("NotFound", "filter.reason.id.eq"), ("NotFound", "filter.createdBy.team.id.eq"),
    }  # fmt: skip


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
