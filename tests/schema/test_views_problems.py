"""Saved views are honest about what has gone since, and take no filter that no list takes."""

from typing import Any

import orjson
import pytest

from sales.reasons import Reason, archive
from sales.steps.delete import delete_step
from sales.teams import Team
from sales.teams import create as create_team
from sales.viewers import Viewer
from sales.views import SavedView
from tests.api import Client, id_of, signed_in
from tests.factories import a_lead, a_user, an_account, steps_of
from tests.schema.looking import LEADS, PROBLEMS, VIEW, a_view, by_step, titles


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
