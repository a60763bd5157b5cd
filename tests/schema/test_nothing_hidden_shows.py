"""Nothing of another account, and nothing hidden, shows in any answer; and no figure counts it."""

from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from sales.leads import Lead
from sales.pipelines import Pipeline
from sales.reminders import Reminder
from sales.steps import Step
from schema.schema import graphql_schema
from tests.api import id_of
from tests.schema.arguments import Supplies
from tests.schema.both_ways import asked
from tests.schema.operations import CHOICES, Operation, operation_of
from tests.schema.test_both_ways import asking
from tests.schema.worlds import PEOPLE, Person, World


@pytest.mark.filterwarnings(
    "ignore:Generating overly large repr",
    "ignore:coroutine .* was never awaited",  # graphql-core drops the siblings of a field that fails at once
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
@pytest.mark.usefixtures("swept")
@asking
@given(choices=CHOICES, name=st.sampled_from(PEOPLE))
async def test_no_answer_contains_what_is_hidden_from_who_asks(
    world: World, supplies: Supplies, choices: bytes, name: str
) -> None:
    operation, person = operation_of(graphql_schema, supplies, choices), world.people[name]
    note(f"{operation.text}\n{operation.variables}")

    _, answer = await asked(operation, person)

    hidden = world.hidden_from(person)
    assert shown(answer.get("data"), hidden) == set()
    assert shown(messages(answer), hidden) <= shown([operation.text, operation.variables], hidden)


@pytest.mark.parametrize("name", PEOPLE)
async def test_looked_up_by_its_id_nothing_hidden_is_found_and_all_else_is(world: World, name: str) -> None:
    person, ids = world.people[name], [id_of(row) for row in world.rows]

    hidden = world.hidden_from(person)

    for start in range(0, len(ids), 100):
        page = ids[start : start + 100]
        found = (await ask(person, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=page))["nodes"]
        for id, node in zip(page, found, strict=True):
            is_hidden = id.partition("_")[2] in hidden
            assert (node is None) is is_hidden, id


@pytest.mark.parametrize("name", PEOPLE)
async def test_leads_are_counted_as_a_look_at_each_of_them_does(world: World, name: str) -> None:
    person = world.people[name]
    leads = world.leads_of(person)
    by_status = Counter(str(lead.status) for lead in leads)

    answer = await ask(person, """{
      leads(first: 1) { totalCount }
      leadTotals { count }
      filtered: leadTotals(filter: { isStarred: true }) { count }
      byStatus: leadTotals(groupBy: [STATUS]) { groups { status count } }
      byOwner: leadTotals(groupBy: [OWNER]) { groups { owner { id } count } }
      byReason: leadTotals(groupBy: [REASON, CLOSED_MONTH]) { groups { count } }
      statuses { value leadCount sums { currency amount } }
    }""")  # fmt: skip

    assert answer["leads"] == {"totalCount": len(leads)}
    assert answer["leadTotals"] == {"count": len(leads)}
    assert answer["filtered"] == {"count": sum(lead.is_starred for lead in leads)}
    assert {group["status"]: group["count"] for group in answer["byStatus"]["groups"]} == by_status
    owners = Counter(f"user_{lead.owner_id}" if lead.owner_id else None for lead in leads)
    assert {_id(group["owner"]): group["count"] for group in answer["byOwner"]["groups"]} == owners
    assert sum(group["count"] for group in answer["byReason"]["groups"]) == len(leads)
    assert {status["value"]: status["leadCount"] for status in answer["statuses"] if status["leadCount"]} == by_status
    assert {status["value"]: _worth(status["sums"]) for status in answer["statuses"]} == {
        status["value"]: _sums([lead for lead in leads if lead.status == status["value"]])
        for status in answer["statuses"]
    }


@pytest.mark.parametrize("name", PEOPLE)
async def test_a_board_counts_and_shows_the_leads_that_one_may_see(world: World, name: str) -> None:
    person = world.people[name]
    leads = [lead for lead in world.leads_of(person) if lead.status in ("TODO", "STANDBY")]

    pipelines = (
        await ask(
            person,
            """{ pipelines(includeArchived: true) { id board(first: 25) { columns {
      step { id } count sums { currency amount } leads { totalCount nodes { id } } } } } }""",
        )
    )["pipelines"]

    mine = [row for row in world.rows if isinstance(row, Pipeline) and row.account_id == person.viewer.account.id]
    assert {pipeline["id"] for pipeline in pipelines} == {id_of(row) for row in mine}
    columns = [column for pipeline in pipelines for column in pipeline["board"]["columns"]]
    for column in columns:
        within = [lead for lead in leads if f"step_{lead.step_id}" == column["step"]["id"]]
        assert column["count"] == column["leads"]["totalCount"] == len(within)
        assert {node["id"] for node in column["leads"]["nodes"]} == {id_of(lead) for lead in within}
        assert _worth(column["sums"]) == _sums(within)
    assert sum(column["count"] for column in columns) == len(leads)


@pytest.mark.parametrize("name", PEOPLE)
async def test_reminders_and_histories_are_those_of_the_leads_that_one_may_see(world: World, name: str) -> None:
    person = world.people[name]
    seen = {lead.id for lead in world.leads_of(person)}

    answer = await ask(
        person,
        """{
      reminders(filter: { user: {} }) { totalCount }
      everybodys: reminders(filter: { user: { isNull: false } }) { totalCount }
      leads(first: 100) { nodes { id history(first: 1) { totalCount } } } }""",
    )

    theirs = [row for row in world.rows if isinstance(row, Reminder) and row.lead_id in seen]
    assert answer["everybodys"] == {"totalCount": sum(row.user_id is not None for row in theirs)}
    assert {node["id"]: node["history"]["totalCount"] for node in answer["leads"]["nodes"]} == {
        f"lead_{id}": sum(event.lead_id == id for event in world.events) for id in seen
    }


async def test_who_asks_differs_in_what_is_hidden(world: World) -> None:
    """The tests above would prove nothing where nothing is hidden."""
    hidden = [len(world.leads) - len(world.leads_of(world.people[name])) for name in PEOPLE]
    own = [len([lead for lead in world.leads if lead.account_id == world.people[name].viewer.account.id]) - len(
        world.leads_of(world.people[name])) for name in PEOPLE]  # fmt: skip

    assert own == [0, 0, 0, 12, 12, 16]
    assert all(number > 0 for number in hidden)
    assert any(isinstance(row, Step) and row.archived_at for row in world.rows)


def messages(answer: Any) -> list[str]:
    """What the errors of an answer say; it may repeat what was asked."""
    return [error["message"] for error in answer.get("errors") or ()]


def shown(answer: Any, hidden: set[str]) -> set[str]:
    """What of the hidden an answer contains, anywhere in its texts."""
    text = orjson.dumps(answer).decode()
    return {each for each in hidden if each in text}


async def ask(person: Person, text: str, **variables: Any) -> Any:
    _, answer = await asked(Operation(text, variables), person)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def _id(thing: Any) -> str | None:
    return thing and thing["id"]


def _worth(sums: list[dict[str, str]]) -> dict[str, float]:
    return {each["currency"]: float(each["amount"]) for each in sums}


def _sums(leads: list[Lead]) -> dict[str, float]:
    found: dict[str, float] = {}
    for lead in leads:
        if lead.amount is not None and lead.currency is not None:
            found[lead.currency] = found.get(lead.currency, 0.0) + float(lead.amount)
    return found
