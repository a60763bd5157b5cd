"""Pipelines, steps, reasons, people and statuses through the API."""

from decimal import Decimal

from sales.ids import new_id
from sales.money import Money
from sales.teams import add_member
from sales.teams import create as create_team
from sales.viewers import Viewer
from tests.api import Client, id_of
from tests.factories import a_lead, a_user, steps_of

PIPELINES = "{ pipelines { id name isDefault steps { name probability guards expectedDwell position } } }"


async def test_a_pipeline_is_made_arranged_and_deleted(ada: Viewer, client: Client) -> None:
    steps = [
        {"name": "Signed", "probability": 90, "expectedDwell": "P2DT3H", "guards": ["AMOUNT"]},
        {"name": "Delivered"},
    ]

    made = await client.do("pipelineCreate", {"name": "After", "steps": steps}, "pipeline { id steps { id name } }")
    id, [signed, delivered] = made["pipeline"]["id"], made["pipeline"]["steps"]
    await client.do("stepCreate", {"pipelineId": id, "name": "Paid", "beforeId": delivered["id"]})
    await client.do("stepMove", {"id": signed["id"]})
    await client.do("stepEdit", {"id": signed["id"], "name": "Contract signed", "probability": None})
    await client.do("pipelineRename", {"id": id, "name": "After the sale"})
    await client.do("pipelineMove", {"id": id, "beforeId": f"pipeline_{(await steps_of(ada))[0].pipeline_id}"})
    await client.do("pipelineMakeDefault", {"id": id})
    [first, _] = await client.ask(PIPELINES)

    assert first == {
        "id": id, "name": "After the sale", "isDefault": True,
        "steps": [
            {"name": "Paid", "probability": None, "guards": [], "expectedDwell": None, "position": 1},
            {"name": "Delivered", "probability": None, "guards": [], "expectedDwell": None, "position": 2},
            {
                "name": "Contract signed", "probability": None, "guards": ["AMOUNT"], "expectedDwell": "P2DT3H",
                "position": 3,
            },
        ],
    }  # fmt: skip
    refused = await client.do("pipelineArchive", {"id": id})
    assert [error["code"] for error in refused["errors"]] == ["PIPELINE_IS_DEFAULT"]


async def test_a_step_in_use_is_deleted_with_a_target(ada: Viewer, client: Client) -> None:
    [first, second, *_] = await steps_of(ada)
    lead = await a_lead(ada, step=first)

    refused = await client.do(
        "stepDelete", {"id": id_of(first)}, "deletedStepId errors { ... on StepInUse { leadCount } }"
    )
    done = await client.do("stepDelete", {"id": id_of(first), "targetStepId": id_of(second)}, "deletedStepId")

    assert [(error["code"], error["leadCount"]) for error in refused["errors"]] == [("STEP_IN_USE", 1)]
    assert refused["deletedStepId"] is None
    assert done["deletedStepId"] == id_of(first)
    answer = await client.ask(
        """query ($l: ID!, $s: ID!) {
          lead(id: $l) { step { id } history(last: 1) { nodes { text causedBy } } } step(id: $s) { id }
        }""",
        l=id_of(lead), s=id_of(first),
    )  # fmt: skip
    assert answer["step"] is None
    assert answer["lead"]["step"] == {"id": id_of(second)}
    assert answer["lead"]["history"]["nodes"] == [
        {"text": "Ada Admin moved the lead to “Contacted”.", "causedBy": done["position"]}
    ]


async def test_an_archived_step_is_listed_on_demand_and_comes_back(ada: Viewer, client: Client) -> None:
    [first, *_] = await steps_of(ada)
    count = "{ pipeline { now: steps { id } all: steps(includeArchived: true) { id archivedAt } } }"

    await client.do("stepArchive", {"id": id_of(first)})
    archived = await client.ask(count)
    await client.do("stepRestore", {"id": id_of(first)})
    restored = await client.ask(count)

    assert (len(archived["now"]), len(archived["all"]), len(restored["now"])) == (4, 5, 5)


async def test_the_ninth_step_earns_a_warning(ada: Viewer, client: Client) -> None:
    pipeline = f"pipeline_{(await steps_of(ada))[0].pipeline_id}"
    for n in range(3):
        assert (await client.do("stepCreate", {"pipelineId": pipeline, "name": f"Step {n}"}))["warnings"] == []

    ninth = await client.do("stepCreate", {"pipelineId": pipeline, "name": "Ninth"}, "step { id }")

    assert [(advice["code"], advice["ids"]) for advice in ninth["warnings"]] == [("MANY_STEPS", [ninth["step"]["id"]])]


async def test_the_catalogue_of_statuses_counts_what_one_sees(ada: Viewer, client: Client) -> None:
    await a_lead(ada, money=Money(Decimal("10.50"), "EUR"))
    await a_lead(ada, money=Money(Decimal(20), "EUR"))
    await a_lead(ada, money=Money(Decimal(500), "JPY"))
    await a_lead(ada)
    query = "query ($p: ID) { statuses(pipelineId: $p) { value label isOpen leadCount sums { amount currency } } }"

    everywhere = await client.ask(query)
    elsewhere = await client.ask(query, p=f"pipeline_{new_id()}")

    assert [(status["value"], status["isOpen"]) for status in everywhere] == [
        ("TODO", True), ("STANDBY", True), ("WON", False), ("LOST", False), ("CANCELLED", False),
    ]  # fmt: skip
    assert everywhere[0] == {
        "value": "TODO", "label": "To do", "isOpen": True, "leadCount": 4,
        "sums": [{"amount": "30.50", "currency": "EUR"}, {"amount": "500", "currency": "JPY"}],
    }  # fmt: skip
    assert {status["leadCount"] for status in elsewhere} == {0}


async def test_reasons_are_added_archived_and_asked_for(client: Client) -> None:
    made = await client.do("reasonAdd", {"status": "LOST", "label": "Too far away"}, "reason { id status label }")
    id = made["reason"]["id"]
    query = "{ now: reasons(status: LOST) { id } all: reasons(status: LOST, includeArchived: true) { id } }"

    before = await client.ask(query)
    await client.do("reasonArchive", {"id": id})
    archived = await client.ask(query)
    await client.do("reasonRestore", {"id": id})
    required = await client.do("accountRequireReasons", {"statuses": ["LOST", "WON"]}, "account { reasonRequired }")

    assert {"id": id} in before["now"]
    assert {"id": id} not in archived["now"]
    assert {"id": id} in archived["all"]
    assert sorted(required["account"]["reasonRequired"]) == ["LOST", "WON"]


async def test_people_and_teams_are_listed_by_name(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    team = await create_team(by=ada, name="South")
    await add_member(team.id, by=ada, user_id=ben.user.id, is_manager=True)

    answer = await client.ask(
        "{ users { totalCount nodes { name } } teams { nodes { name privacy members { isManager user { name } } } } }"
    )

    assert answer["users"] == {"totalCount": 2, "nodes": [{"name": "Ada Admin"}, {"name": "Ben"}]}
    assert answer["teams"]["nodes"] == [
        {"name": "South", "privacy": "MANAGERS_SEE", "members": [{"isManager": True, "user": {"name": "Ben"}}]}
    ]
