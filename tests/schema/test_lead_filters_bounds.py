"""What filters of leads never do: show what is hidden, reach into other accounts, mean what nobody said."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sales.accounts import Privacy
from sales.leads import Status
from sales.money import Money
from sales.reasons import Reason
from sales.reminders.decisions import set_reminder
from sales.statuses import close
from sales.teams import TeamPrivacy, add_member
from sales.teams import create as create_team
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in
from tests.factories import SOON, a_lead, a_user, an_account
from tests.schema.known_leads import found

SOME = "01a20000-0000-7000-8000-000000000000"


async def test_what_one_may_not_see_no_filter_finds() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben, reason = await a_user(ada), await Reason.filter(account_id=ada.account.id, status=Status.LOST).first()
    team = await create_team(by=ada, name="N", privacy=TeamPrivacy.MANAGERS_SEE)
    for person in (ada, ben):
        await add_member(team.id, by=ada, user_id=person.user.id)
    assert reason is not None
    hidden = await a_lead(ada, title="hidden", description="secret", money=Money(Decimal(1), "EUR"), probability=5,
                          expected_close_on=date(2027, 1, 1))  # fmt: skip
    await set_reminder(hidden.id, by=ada, at=SOON)
    lost = await a_lead(ada, title="hidden, too")
    await close(lost.id, by=ada, status=Status.LOST, reason_id=reason.id)
    mine = await a_lead(ben, title="mine")
    client = await signed_in(ben)

    for filter in (
        {"title": {"contains": "hidden"}}, {"description": {"eq": "secret"}}, {"currency": {"eq": "EUR"}},
        {"probability": {"eq": 5}}, {"hasNextReminder": True}, {"due": {"isNull": False}},
        {"reason": {"id": {"eq": id_of(reason)}}}, {"createdBy": {"id": {"eq": id_of(ada.user)}}},
        {"expectedCloseOn": {"eq": {"on": "2027-01-01"}}}, {"owner": {"id": {"eq": id_of(ada.user)}}},
    ):  # fmt: skip
        assert await found(client, filter) == []
        assert await found(client, {"not": filter}) == [mine.title]
        assert len(await found(await signed_in(ada), filter)) > 0
    assert await found(client, {"owner": {"team": {"id": {"eq": f"team_{team.id}"}}}}) == ["mine"]


async def test_reminders_of_leads_that_one_may_not_see_order_nothing() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben = await a_user(ada)
    await set_reminder((await a_lead(ada, title="hidden")).id, by=ada, at=SOON)
    await a_lead(ben, title="mine")
    query = "query ($by: [LeadOrder!]) { leads(orderBy: $by) { nodes { title } totalCount } }"

    page = await (await signed_in(ben)).ask(query, by=[{"field": "NEXT_REMINDER"}, {"field": "OWNER"}])

    assert page == {"nodes": [{"title": "mine"}], "totalCount": 1}


async def test_ids_of_another_account_find_nothing(ada: Viewer, client: Client) -> None:
    other = await an_account()
    team, reason = await create_team(by=other, name="N"), await Reason.filter(account_id=other.account.id).first()
    await add_member(team.id, by=other, user_id=other.user.id)
    assert reason is not None
    await a_lead(ada, title="a")

    assert await found(client, {"owner": {"team": {"id": {"eq": f"team_{team.id}"}}}}) == []
    assert await found(client, {"owner": {"team": {"id": {"ne": f"team_{team.id}"}}}}) == ["a"]
    assert await found(client, {"createdBy": {"id": {"eq": id_of(other.user)}}}) == []
    assert await found(client, {"reason": {"id": {"eq": id_of(reason)}}}) == []


@pytest.mark.parametrize(
    "filter",
    [
        {"reason": {"id": {"eq": f"step_{SOME}"}}},
        {"createdBy": {"id": {"eq": "nobody"}}},
        {"owner": {"team": {"id": {"in": [f"user_{SOME}"]}}}},
        {"owner": {"team": {"id": {"in": [f"team_{SOME}"] * 101}}}},
        {"reason": {"id": {"notIn": [f"reason_{SOME}"] * 101}}},
        {"title": {"contains": "x" * 201}},
        {"title": {"startsWith": "\0"}},
        {"description": {"in": ["x"] * 101}},
        {"probability": {"in": list(range(101))}},
        {"due": {"in": [{"ago": "P1D"}] * 101}},
        {"expectedCloseOn": {"lt": "2027-01-01"}},
        {"expectedCloseOn": {"lt": {"on": "2027-01-01", "ago": "P1D"}}},
        {"expectedCloseOn": {"lt": {"startOf": "CENTURY"}}},
        {"stepEnteredAt": {"lt": {"ago": "two weeks"}}},
        {"stepEnteredAt": {"lt": {}}},
        {"not": {"not": {"not": {"not": {"not": {}}}}}},
        {"or": [{}] * 200},
        {"or": [{"title": {"in": ["x"] * 100}}] * 11},
        {"or": [{"amount": {"in": ["1"] * 100, "notIn": ["1"] * 100}}] * 190},
    ],
    ids=lambda filter: str(filter)[:60],
)
async def test_what_no_filter_means_is_refused(client: Client, filter: dict[str, Any]) -> None:
    for query in (
        "query ($f: LeadFilter) { leads(filter: $f) { totalCount } }",
        "query ($f: LeadFilter) { leadTotals(filter: $f) { count } }",
    ):
        assert await client.code(query, f=filter) == "BAD_USER_INPUT"


async def test_the_largest_filter_is_answered(client: Client) -> None:
    titles = [{"title": {"in": [f"{n}"] * 50}, "description": {"notIn": ["x"] * 49}} for n in range(5)]
    moments = [{"due": {"in": [{"ago": "P1D"}] * 50}, "closedAt": {"notIn": [{"ahead": "P1D"}] * 49}} for _ in range(5)]

    assert await found(client, {"or": titles + moments}) == []
