"""Boards of the past through the API."""

from datetime import datetime, timedelta
from typing import Any

from sales import database
from sales.accounts import Privacy
from sales.leads import Status
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign
from sales.statuses import close
from sales.steps.delete import delete_step
from sales.viewers import Viewer
from tests.api import Client, counted_statements, id_of, signed_in, written
from tests.factories import a_lead, a_user, an_account, euros, steps_of

BOARD = """query ($at: DateTime!, $first: Int) {
  pipeline { boardAsOf(at: $at) { at columns {
    step { stepId name position probability archivedAt exists now { name } }
    leads(first: $first) {
      leadId number title status amount { amount currency } probability ownProbability owner { name }
      now { title step { name } }
    }
    leadCount sums { amount currency } weightedSums { amount currency }
  } } }
}"""

DIFF = """query ($from: DateTime!, $to: DateTime!) {
  pipeline { boardDiff(from: $from, to: $to) { from to columns {
    step { name }
    atStart { ...F } entered { ...F } reopened { ...F } left { ...F } won { ...F } lost { ...F } cancelled { ...F }
    up { ...F } down { ...F } atEnd { ...F }
  } } }
}
fragment F on BoardFigures { count sums { amount currency } }"""


MOST_STATEMENTS = 12
"""Who asks; the pipeline; the instant, the steps, the position and the leads; rows of today by their place."""


async def columns(client: Client, moment: datetime, first: int | None = None) -> list[dict[str, Any]]:
    answer = await client.ask(BOARD, at=written(moment), first=first)
    found: list[dict[str, Any]] = answer["boardAsOf"]["columns"]
    return found


async def test_a_board_shows_leads_and_steps_as_they_were_beside_what_they_are_now(ada: Viewer, client: Client) -> None:
    [first, second, *_] = await steps_of(ada)
    lead = await a_lead(ada, title="Roof", money=euros(200), probability=25)
    before = await database.now()
    await edit(lead.id, by=ada, fields=LeadFields(title="Big roof"))
    await delete_step(first.id, by=ada, target_step_id=second.id)

    [column, *others] = await columns(client, before)

    assert column == {
        "step": {
            "stepId": id_of(first), "name": "To qualify", "position": 1, "probability": None, "archivedAt": None,
            "exists": True, "now": None,
        },
        "leads": [{
            "leadId": id_of(lead), "number": lead.number, "title": "Roof", "status": "TODO",
            "amount": {"amount": "200.00", "currency": "EUR"}, "probability": 25, "ownProbability": 25,
            "owner": {"name": "Ada Admin"}, "now": {"title": "Big roof", "step": {"name": "Contacted"}},
        }],
        "leadCount": 1,
        "sums": [{"amount": "200.00", "currency": "EUR"}],
        "weightedSums": [{"amount": "50.00", "currency": "EUR"}],
    }  # fmt: skip
    assert [(each["step"]["now"]["name"], each["leadCount"]) for each in others] == [
        ("Contacted", 0), ("Met", 0), ("Quote", 0), ("Final negotiation", 0),
    ]  # fmt: skip


async def test_a_column_answers_its_first_leads_and_counts_all(ada: Viewer, client: Client) -> None:
    for n in range(3):
        await a_lead(ada, title=f"Lead {n}", money=euros(10))

    [column, *_] = await columns(client, await database.now(), first=2)

    assert [lead["title"] for lead in column["leads"]] == ["Lead 0", "Lead 1"]
    assert (column["leadCount"], column["sums"]) == (3, [{"amount": "30.00", "currency": "EUR"}])


async def test_what_moved_between_two_moments_is_told_by_column(ada: Viewer, client: Client) -> None:
    [_, second, *_] = await steps_of(ada)
    moved, won = await a_lead(ada, money=euros(10)), await a_lead(ada, money=euros(20))
    start = await database.now()
    await edit(moved.id, by=ada, fields=LeadFields(money=euros(15)))
    await move(moved.id, by=ada, step_id=second.id)
    await close(won.id, by=ada, status=Status.WON)
    end = await database.now()
    await a_lead(ada)

    answer = (await client.ask(DIFF, **{"from": written(start), "to": written(end)}))["boardDiff"]

    def figures(count: int, amount: str) -> dict[str, Any]:
        return {"count": count, "sums": [{"amount": amount, "currency": "EUR"}]}

    none = {"count": 0, "sums": []}
    nothing = dict.fromkeys(
        ("atStart", "entered", "reopened", "left", "won", "lost", "cancelled", "up", "down", "atEnd"), none
    )
    assert (answer["from"], answer["to"]) == (written(start), written(end))
    assert answer["columns"][:3] == [
        {"step": {"name": "To qualify"}, **nothing, "atStart": figures(2, "30.00"), "left": figures(1, "15.00"),
         "won": figures(1, "20.00"), "up": figures(1, "5.00")},
        {"step": {"name": "Contacted"}, **nothing, "entered": figures(1, "15.00"), "atEnd": figures(1, "15.00")},
        {"step": {"name": "Met"}, **nothing},
    ]  # fmt: skip


async def test_the_future_an_end_before_the_start_and_too_many_leads_are_refused(client: Client) -> None:
    now = await database.now()
    past, future = written(now - timedelta(seconds=1)), written(now + timedelta(days=1))

    assert await client.code(BOARD, at=future) == "BAD_USER_INPUT"
    assert await client.code(DIFF, **{"from": past, "to": future}) == "BAD_USER_INPUT"
    assert await client.code(DIFF, **{"from": written(now), "to": past}) == "BAD_USER_INPUT"
    assert await client.code(BOARD, at=written(now), first=101) == "BAD_USER_INPUT"


async def test_somebody_of_a_private_account_sees_of_the_past_what_is_his_or_hers_now() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben = await a_user(ada)
    lead = await a_lead(ben)
    await a_lead(ada)
    before = await database.now()
    client = await signed_in(ben)

    [seen, *_] = await columns(client, before)
    await assign(lead.id, by=ada, owner_id=ada.user.id)
    [unseen, *_] = await columns(client, before)

    assert [each["leadId"] for each in seen["leads"]] == [id_of(lead)]
    assert (unseen["leads"], unseen["leadCount"]) == ([], 0)


async def test_a_board_of_many_leads_takes_as_many_statements_as_one_of_few(ada: Viewer, client: Client) -> None:
    async def statements() -> int:
        with counted_statements() as found:
            await columns(client, await database.now(), first=100)
        return len(found)

    for step in await steps_of(ada):
        await a_lead(ada, step=step)
    few = await statements()
    for n in range(4):
        owner = await a_user(ada, name=f"Ben {n}")
        for step in await steps_of(ada):
            for _ in range(3):
                await a_lead(owner, step=step)

    assert await statements() == few <= MOST_STATEMENTS
