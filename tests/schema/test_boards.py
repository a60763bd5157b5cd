"""Boards and totals: columns with their leads, and what leads come to."""

from datetime import UTC, datetime
from decimal import Decimal

from sales import steps
from sales.accounts import Privacy
from sales.leads import Status
from sales.leads.create import Standing
from sales.leads.moves import move
from sales.money import Money
from sales.steps import archive
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in
from tests.factories import SOON, a_lead, a_user, an_account, steps_of

BOARD = """query ($filter: LeadFilter, $statuses: [Status!], $first: Int) {
  pipeline { board(filter: $filter, statuses: $statuses, first: $first) { columns {
    step { name } count sums { currency amount weighted }
    leads { nodes { title } pageInfo { hasNextPage endCursor } } } } } }"""

TOTALS = """query ($filter: LeadFilter, $by: [LeadGrouping!]) { leadTotals(filter: $filter, groupBy: $by) {
  count sums { currency amount weighted }
  groups {
    status month step { name } owner { name } pipeline { name } reason { label } count sums { currency amount } } } }"""


async def test_a_board_has_its_steps_in_order_each_with_its_leads_in_theirs(ada: Viewer, client: Client) -> None:
    _, second, *_ = await steps_of(ada)
    await steps.edit(second.id, by=ada, fields={"probability": 50})
    roof = await a_lead(ada, title="Roof", money=Money(Decimal("100.01"), "EUR"))
    await a_lead(ada, title="Wall", step=second, money=Money(Decimal("100.01"), "EUR"))
    await a_lead(ada, title="Door", step=second, money=Money(Decimal(7), "JPY"), probability=100)
    await a_lead(ada, title="Won", standing=Standing(status=Status.WON))
    await move(roof.id, by=ada, step_id=second.id)

    columns = (await client.ask(BOARD))["board"]["columns"]

    assert [column["step"]["name"] for column in columns] == [step.name for step in await steps_of(ada)]
    assert [column["count"] for column in columns] == [0, 3, 0, 0, 0]
    assert [lead["title"] for lead in columns[1]["leads"]["nodes"]] == ["Wall", "Door", "Roof"]
    assert columns[0]["sums"] == []
    assert columns[1]["sums"] == [
        {"currency": "EUR", "amount": "200.02", "weighted": "100.01"},
        {"currency": "JPY", "amount": "7", "weighted": "7"},
    ]


async def test_a_board_shows_what_its_filter_and_statuses_ask_for(ada: Viewer, client: Client) -> None:
    await a_lead(ada, title="Roof", money=Money(Decimal(10), "EUR"))
    await a_lead(ada, title="Wall", money=Money(Decimal(20), "EUR"))
    await a_lead(ada, title="Won", standing=Standing(status=Status.WON))

    filtered = (await client.ask(BOARD, filter={"amount": {"gt": "15"}}))["board"]["columns"][0]
    won = (await client.ask(BOARD, statuses=["WON"]))["board"]["columns"][0]
    small = (await client.ask(BOARD, first=1))["board"]["columns"][0]

    assert (filtered["count"], [lead["title"] for lead in filtered["leads"]["nodes"]]) == (1, ["Wall"])
    assert filtered["sums"] == [{"currency": "EUR", "amount": "20.00", "weighted": "0.00"}]
    assert (won["count"], [lead["title"] for lead in won["leads"]["nodes"]]) == (1, ["Won"])
    assert (small["count"], [lead["title"] for lead in small["leads"]["nodes"]]) == (2, ["Roof"])
    assert small["leads"]["pageInfo"]["hasNextPage"] is True


async def test_an_archived_step_stays_on_the_board_as_long_as_leads_are_in_it(ada: Viewer, client: Client) -> None:
    first, second, *_ = await steps_of(ada)
    await a_lead(ada, title="Roof")
    await archive(first.id, by=ada)
    await archive(second.id, by=ada)

    columns = (await client.ask(BOARD))["board"]["columns"]

    assert [column["step"]["name"] for column in columns][:2] == [first.name, (await steps_of(ada))[2].name]


async def test_a_board_and_totals_never_count_what_one_cannot_see() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben = await a_user(ada)
    await a_lead(ada, title="Ada's", money=Money(Decimal(10), "EUR"))
    await a_lead(ada, title="Ben's", owner=ben, money=Money(Decimal(1), "EUR"))
    await a_lead(ada, title="Nobody's", owner=None)
    client = await signed_in(ben)

    column = (await client.ask(BOARD))["board"]["columns"][0]
    counted = await client.ask(TOTALS, filter={"amount": {"gt": "0"}})

    assert (column["count"], [lead["title"] for lead in column["leads"]["nodes"]]) == (2, ["Ben's", "Nobody's"])
    assert (await client.ask(TOTALS))["count"] == 2
    assert (counted["count"], counted["sums"][0]["amount"]) == (1, "1.00")


async def test_kept_and_counted_totals_agree(ada: Viewer, client: Client) -> None:
    for n in range(6):
        standing = Standing(status=Status.STANDBY, until=SOON) if n % 2 else Standing()
        probability = n * 10 if n > 3 else None
        money = Money(Decimal(n), ["EUR", "USD"][n % 2]) if n else None
        await a_lead(ada, owner=[ada, None][n % 2], money=money, probability=probability, standing=standing)
    everything = {"number": {"gt": 0}}

    for by in ([], ["STATUS"], ["STEP", "OWNER"], ["PIPELINE"], ["OWNER", "STATUS"]):
        assert await client.ask(TOTALS, by=by) == await client.ask(TOTALS, by=by, filter=everything)


async def test_totals_in_groups(ada: Viewer, client: Client) -> None:
    created = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    await a_lead(ada, title="Roof", money=Money(Decimal(5), "EUR"), created_at=created)
    await a_lead(ada, title="Wall", owner=None, standing=Standing(status=Status.LOST))

    by_status = await client.ask(TOTALS, by=["STATUS", "OWNER"])
    by_month = await client.ask(TOTALS, by=["CREATED_MONTH"], filter={"status": {"eq": "TODO"}})
    by_closing = await client.ask(TOTALS, by=["EXPECTED_CLOSE_MONTH"])

    assert [(group["status"], group["owner"], group["count"]) for group in by_status["groups"]] == [
        ("TODO", {"name": "Ada Admin"}, 1),
        ("LOST", None, 1),
    ]
    assert [(group["month"], group["count"]) for group in by_month["groups"]] == [("2026-02-01", 1)]  # in Paris
    assert [(group["month"], group["count"]) for group in by_closing["groups"]] == [(None, 2)]
    assert by_status["groups"][0]["sums"] == [{"currency": "EUR", "amount": "5.00"}]


async def test_wrong_questions_are_refused(client: Client) -> None:
    assert await client.code(TOTALS, by=["STATUS", "OWNER", "STEP"]) == "BAD_USER_INPUT"
    assert await client.code(BOARD, first=101) == "BAD_USER_INPUT"
    assert await client.code(BOARD, filter={"step": {"id": {"eq": "x"}}}) == "BAD_USER_INPUT"


async def test_a_board_is_answered_together_with_what_has_no_plan(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada, title="Roof")

    answer = await client.ask("""{ __schema { queryType { name } }
      pipeline { board { columns { count leads(first: 5) { nodes {
      id history(last: 1) { nodes { kind text } } } } } } } }""")

    column = answer["pipeline"]["board"]["columns"][0]
    assert column["leads"]["nodes"][0]["id"] == id_of(lead)
    assert column["leads"]["nodes"][0]["history"]["nodes"][0]["kind"] == "LEAD_CREATED"
    assert "Ada Admin" in column["leads"]["nodes"][0]["history"]["nodes"][0]["text"]


LIST = """query ($filter: LeadFilter, $more: LeadFilter) {
  leads(filter: $filter, first: 1) { totalCount sums { currency amount weighted } nodes { title } }
  more: leads(filter: $more, first: 1) { sums { currency amount } totalCount } }"""


async def test_a_list_says_what_all_its_leads_come_to_whatever_its_page(ada: Viewer, client: Client) -> None:
    await a_lead(ada, title="Roof", money=Money(Decimal("100.10"), "EUR"), probability=50)
    await a_lead(ada, title="Wall", money=Money(Decimal(20), "EUR"))
    await a_lead(ada, title="Door", money=Money(Decimal(7), "JPY"))
    await a_lead(ada, title="Unknown")

    large = {"amount": {"gte": 10}}
    data = await client.send_query(LIST, filter={"status": {"eq": "TODO"}}, more=large)

    assert data.json()["data"] == {
        "leads": {
            "totalCount": 4,
            "sums": [
                {"currency": "EUR", "amount": "120.10", "weighted": "50.05"},
                {"currency": "JPY", "amount": "7", "weighted": "0"},
            ],
            "nodes": [{"title": "Unknown"}],
        },
        "more": {"sums": [{"currency": "EUR", "amount": "120.10"}], "totalCount": 2},
    }


async def test_a_list_of_a_private_account_counts_what_one_sees() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben = await a_user(ada)
    await a_lead(ada, money=Money(Decimal(5), "EUR"))
    await a_lead(ada, owner=ben, money=Money(Decimal(3), "EUR"))

    async with await signed_in(ben) as client:
        for filter in ({}, {"amount": {"gte": 1}}):
            found = (await client.send_query(LIST, filter=filter, more=filter)).json()["data"]["leads"]

            assert found["totalCount"] == 1
            assert found["sums"] == [{"currency": "EUR", "amount": "3.00", "weighted": "0.00"}]
