"""Filters of leads one by one: which leads each of them finds."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sales.leads import Lead, Status
from sales.money import Money
from sales.statuses import close
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in
from tests.factories import a_lead, an_account, steps_of

FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "abcd"),
    ({"status": {}}, "abcd"),
    ({"and": []}, "abcd"),
    ({"not": {}}, ""),
    ({"or": []}, ""),
    ({"or": [{}]}, "abcd"),
    ({"status": {"in": []}}, ""),
    ({"status": {"notIn": []}}, "abcd"),
    ({"status": {"eq": "WON"}}, "d"),
    ({"status": {"ne": "WON"}}, "abc"),
    ({"isStarred": True}, "b"),
    ({"text": "SLATE"}, "a"),
    ({"text": "lead B"}, "b"),
    ({"text": "%"}, ""),
    ({"number": {"gt": 1, "lte": 3}}, "bc"),
    ({"amount": {"gte": "10"}}, "bc"),
    ({"amount": {"eq": "10.0"}}, "b"),
    ({"amount": {"ne": "10"}}, "acd"),
    ({"amount": {"isNull": True}}, "ad"),
    ({"not": {"amount": {"gte": "10"}}}, "ad"),
    ({"not": {"not": {"amount": {"gte": "10"}}}}, "bc"),
    ({"owner": {"isNull": True}}, "c"),
    ({"owner": {"isNull": False}}, "abd"),
    ({"due": {"isNull": False}}, "b"),
    ({"due": {"lt": {"ahead": "PT2H"}}}, "b"),
    ({"due": {"lt": {"ahead": "PT30M"}}}, ""),
    ({"not": {"due": {"lt": {"ahead": "PT2H"}}}}, "acd"),
    ({"createdAt": {"gte": {"ago": "P7D"}}}, "abcd"),
    ({"createdAt": {"lt": {"ago": "P7D"}}}, ""),
    ({"closedAt": {"isNull": True}}, "abc"),
    ({"expectedCloseOn": {"lt": {"on": "2027-06-01"}}}, "a"),
    ({"status": {"eq": "TODO"}, "or": [{"number": {"eq": 1}}, {"isStarred": True}]}, "ab"),
    ({"and": [{"number": {"gt": 1}}, {"number": {"lt": 3}}]}, "b"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("eclairage", ["Éclairage"]),
        ("ÉCLAIRAGE", ["Éclairage"]),
        ("gite d'ete", ["Éclairage"]),
        ("l'oeuvre", ["Éclairage"]),
        ("100%", ["100% wool_rug \\ mat"]),
        ("L_R", ["100% wool_rug \\ mat"]),
        ("o_l", []),
        ("\\", ["100% wool_rug \\ mat"]),
        ("1%l", []),
        ("rage gite", []),
    ],
)
async def test_a_text_is_found_whatever_its_accents_and_every_character_is_itself(
    ada: Viewer, client: Client, text: str, found: list[str]
) -> None:
    await a_lead(ada, title="Éclairage", description="Gîte d'été, l'œuvre")
    await a_lead(ada, title="100% wool_rug \\ mat")

    page = await client.ask("query ($text: String) { leads(filter: {text: $text}) { nodes { title } } }", text=text)

    assert [node["title"] for node in page["nodes"]] == found


@pytest.mark.parametrize(("filter", "found"), FILTERS)
async def test_filters_find_what_they_say(filtered: Client, filter: dict[str, Any], found: str) -> None:
    query = """
    query ($filter: LeadFilter) {
      leads(filter: $filter, orderBy: [{ field: TITLE }]) { totalCount nodes { title } }
    }
    """

    leads = await filtered.ask(query, filter=filter)

    assert "".join(node["title"][-1] for node in leads["nodes"]) == found
    assert leads["totalCount"] == len(found)


async def test_leads_are_found_by_step_pipeline_and_owner(ada: Viewer, client: Client) -> None:
    lead, [step, other, *_] = await a_lead(ada), await steps_of(ada)
    query = "query ($f: LeadFilter) { leads(filter: $f) { totalCount } }"
    one = [
        {"step": {"id": {"eq": id_of(step)}}}, {"step": {"id": {"ne": id_of(other)}}},
        {"step": {"pipelineId": {"in": [f"pipeline_{step.pipeline_id}"]}}},
        {"pipeline": {"id": {"eq": f"pipeline_{step.pipeline_id}"}}}, {"owner": {"id": {"in": [id_of(ada.user)]}}},
        {"step": {}, "pipeline": {}, "owner": {}}, {"pipeline": {"id": {}}},
    ]  # fmt: skip
    none = [
        {"step": {"id": {"eq": id_of(other)}}}, {"step": {"id": {"in": []}}}, {"pipeline": {"id": {"in": []}}},
        {"pipeline": {"id": {"ne": f"pipeline_{step.pipeline_id}"}}}, {"owner": {"id": {"ne": id_of(ada.user)}}},
    ]  # fmt: skip

    assert [(await client.ask(query, f=filter))["totalCount"] for filter in one] == [1] * len(one)
    assert [(await client.ask(query, f=filter))["totalCount"] for filter in none] == [0] * len(none)
    assert (await Lead.get(id=lead.id)).step_id == step.id


@pytest.fixture(scope="module")
async def filtered(pool: None) -> Client:
    ada = await an_account()
    client = await signed_in(ada)
    await a_lead(ada, title="Lead a", description="Slate tiles", expected_close_on=date(2027, 1, 1))
    starred = await a_lead(ada, title="Lead b", money=Money(Decimal(10), "EUR"))
    await client.do("leadStar", {"id": id_of(starred)})
    await client.do("reminderSet", {"leadId": id_of(starred), "at": {"after": "PT1H"}})
    await a_lead(ada, title="Lead c", money=Money(Decimal(20), "USD"), owner=None)
    won = await a_lead(ada, title="Lead d")
    await close(won.id, by=ada, status=Status.WON)
    return client
