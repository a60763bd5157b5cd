"""Filters of leads in sentences: what one would ask a list for, and what each comparison means."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.money import Money
from sales.reasons import Reason
from sales.reminders import Reminder, ReminderState
from sales.reminders.decisions import set_reminder
from sales.statuses import close
from sales.steps import Step
from sales.teams import add_member
from sales.teams import create as create_team
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in
from tests.factories import SOON, a_lead, a_user, an_account, steps_of
from tests.schema.known_leads import found

OPEN = {"status": {"in": ["TODO", "STANDBY"]}}


def ago(**length: float) -> datetime:
    return datetime.now(UTC) - timedelta(**length)


async def test_stale_are_those_that_are_in_their_step_for_longer_than_two_weeks(ada: Viewer, client: Client) -> None:
    for title, days in (("long", 15), ("not long", 13)):
        lead = await a_lead(ada, title=title)
        await Lead.filter(id=lead.id).update(step_entered_at=ago(days=days), created_at=ago(days=99))
    done = await a_lead(ada, title="won")
    await close(done.id, by=ada, status=Status.WON)
    await Lead.filter(id=done.id).update(step_entered_at=ago(days=15))

    assert await found(client, {**OPEN, "stepEnteredAt": {"lt": {"ago": "P14D"}}}) == ["long"]
    assert await found(client, {"stepEnteredAt": {"lt": {"ago": "P14D"}}}) == ["long", "won"]
    assert await found(client, {"not": {"stepEnteredAt": {"lt": {"ago": "P14D"}}}}) == ["not long"]


async def test_by_how_long_they_have_their_status_and_how_old_they_are(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada, title="old", created_at=ago(days=30))
    await a_lead(ada, title="new")
    await Lead.filter(id=lead.id).update(status_changed_at=ago(days=3))

    assert await found(client, {"statusChangedAt": {"lt": {"ago": "P2D"}}}) == ["old"]
    assert await found(client, {"statusChangedAt": {"lt": {"ago": "P4D"}}}) == []
    assert await found(client, {"createdAt": {"lt": {"ago": "P29D"}}}) == ["old"]
    assert await found(client, {"createdAt": {"gte": {"startOf": "DAY"}}}) == ["new"]


async def test_forgotten_are_those_without_a_next_action(ada: Viewer, client: Client) -> None:
    await a_lead(ada, title="forgotten")
    planned = await a_lead(ada, title="planned")
    await set_reminder(planned.id, by=ada, at=SOON)
    await a_lead(ada, title="standby", standing=Standing(status=Status.STANDBY, until=SOON))
    fired = await a_lead(ada, title="fired")
    reminder = (await set_reminder(fired.id, by=ada, at=SOON)).id
    await Reminder.filter(id=reminder).update(
        state=ReminderState.FIRED, due_at=ago(hours=1), notify_at=ago(hours=1), fired_at=ago(hours=1)
    )

    assert await found(client, {**OPEN, "hasNextReminder": False}) == ["fired", "forgotten"]
    assert await found(client, {"hasNextReminder": True}) == ["planned", "standby"]
    assert await found(client, {"due": {"isNull": True}}) == ["fired", "forgotten"]
    assert await found(client, {"hasNextReminder": None}) == ["fired", "forgotten", "planned", "standby"]


async def test_overdue_are_those_that_say_so_themselves(ada: Viewer, client: Client) -> None:
    await a_lead(ada, title="nothing")
    await a_lead(ada, title="standby", standing=Standing(status=Status.STANDBY, until=SOON))
    late = await a_lead(ada, title="late", standing=Standing(status=Status.STANDBY, until=SOON))
    await Reminder.filter(lead_id=late.id).update(due_at=ago(minutes=1), notify_at=ago(minutes=1))
    missed = await a_lead(ada, title="missed")
    reminder = (await set_reminder(missed.id, by=ada, at=SOON)).id
    await Reminder.filter(id=reminder).update(state="FIRED", due_at=ago(days=1), notify_at=ago(days=1), fired_at=ago())
    # Its waking reminder is what counts, although another one fired.
    away = await a_lead(ada, title="away", standing=Standing(status=Status.STANDBY, until=SOON))
    other = (await set_reminder(away.id, by=ada, at=SOON)).id
    await Reminder.filter(id=other).update(state="FIRED", due_at=ago(days=1), notify_at=ago(days=1), fired_at=ago())

    leads = (await client.ask("{ leads(orderBy: [{ field: TITLE }]) { nodes { title isOverdue } } }"))["nodes"]

    assert [lead["title"] for lead in leads if lead["isOverdue"]] == ["late", "missed"]
    assert await found(client, {"isOverdue": True}) == ["late", "missed"]
    assert await found(client, {"isOverdue": False}) == ["away", "nothing", "standby"]


async def test_closing_this_month_moves_with_the_viewers_calendar(ada: Viewer, client: Client) -> None:
    today = datetime.now(ZoneInfo(ada.user.time_zone)).date()
    first = today.replace(day=1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    days = {"a": first - timedelta(days=1), "b": first, "c": next_first - timedelta(days=1), "d": next_first, "e": None}
    for title, day in days.items():
        await a_lead(ada, title=title, expected_close_on=day)
    this_month = {"expectedCloseOn": {"gte": {"startOf": "MONTH"}, "lte": {"endOf": "MONTH"}}}

    assert await found(client, this_month) == ["b", "c"]
    assert await found(client, {"not": this_month}) == ["a", "d", "e"]
    assert await found(client, {"expectedCloseOn": {"isNull": True}}) == ["e"]
    assert await found(client, {"expectedCloseOn": {"in": [{"startOf": "MONTH"}, {"on": f"{next_first}"}]}}) == [
        "b",
        "d",
    ]


@pytest.mark.parametrize(
    ("comparison", "titles"),
    [
        ({"lt": {"ago": "P0D"}}, ["yesterday"]),
        ({"eq": {"ahead": "P0D"}}, ["today"]),
        ({"eq": {"ago": "PT23H"}}, ["today"]),
        ({"eq": {"startOf": "DAY"}}, ["today"]),
        ({"eq": {"endOf": "DAY"}}, ["today"]),
        ({"lte": {"ahead": "P1D"}}, ["today", "tomorrow", "yesterday"]),
        ({"gt": {"ago": "P1D"}}, ["today", "tomorrow"]),
        ({"ne": {"ahead": "P1D"}}, ["never", "today", "yesterday"]),
        ({"gte": {"startOf": "YEAR"}, "lte": {"on": "0001-01-01"}}, []),
    ],
)
async def test_days_are_counted_from_the_viewers_today(
    ada: Viewer, client: Client, comparison: dict[str, Any], titles: list[str]
) -> None:
    today = datetime.now(ZoneInfo(ada.user.time_zone)).date()
    for days, title in enumerate(("yesterday", "today", "tomorrow"), start=-1):
        await a_lead(ada, title=title, expected_close_on=today + timedelta(days=days))
    await a_lead(ada, title="never")

    assert await found(client, {"expectedCloseOn": comparison}) == titles


async def test_by_reason_also_by_one_that_is_offered_no_longer(ada: Viewer, client: Client) -> None:
    reason = await Reason.filter(account_id=ada.account.id, status=Status.LOST).first()
    assert reason is not None
    await a_lead(ada, title="open")
    for title, reason_id in (("said", reason.id), ("unsaid", None)):
        lead = await a_lead(ada, title=title)
        await close(lead.id, by=ada, status=Status.LOST, reason_id=reason_id)
    await client.do("reasonArchive", {"id": id_of(reason)})

    assert await found(client, {"reason": {"id": {"eq": id_of(reason)}}}) == ["said"]
    assert await found(client, {"reason": {"id": {"ne": id_of(reason)}}}) == ["open", "unsaid"]
    assert await found(client, {"reason": {"isNull": True}, "status": {"eq": "LOST"}}) == ["unsaid"]
    assert await found(client, {"reason": {"isNull": False}}) == ["said"]
    assert await found(client, {"reason": {"id": {"in": []}}}) == []
    assert await found(client, {"reason": {"id": {}}}) == ["open", "said", "unsaid"]


async def test_by_who_made_them_and_by_the_teams_of_their_owners(ada: Viewer, client: Client) -> None:
    ben, north, south = await a_user(ada), await create_team(by=ada, name="N"), await create_team(by=ada, name="S")
    await add_member(north.id, by=ada, user_id=ben.user.id)
    await add_member(north.id, by=ada, user_id=ada.user.id, is_manager=True)
    await add_member(south.id, by=ada, user_id=ben.user.id)
    eve = await a_user(ada, name="Eve")
    for title, by, owner in (("a", ada, ada), ("b", ben, ben), ("c", ben, None), ("d", ada, eve)):
        await a_lead(by, title=title, owner=owner)

    def of_team(**comparison: Any) -> dict[str, Any]:
        return {"owner": {"team": {"id": comparison}}}

    one, other = f"team_{north.id}", f"team_{south.id}"
    assert await found(client, {"createdBy": {"id": {"eq": id_of(ben.user)}}}) == ["b", "c"]
    assert await found(client, {"createdBy": {"team": {"id": {"eq": other}}}}) == ["b", "c"]
    assert await found(client, of_team(eq=one)) == ["a", "b"]
    assert await found(client, of_team(**{"in": [one, other]})) == ["a", "b"]
    assert await found(client, of_team(ne=other)) == ["a", "c", "d"]
    assert await found(client, of_team(notIn=[one, other])) == ["c", "d"]
    assert await found(client, of_team(isNull=True)) == ["c", "d"]
    assert await found(client, of_team(eq=one, ne=other)) == ["a"]
    assert await found(client, {"owner": {"isNull": False, "team": {"id": {"isNull": True}}}}) == ["d"]
    assert await found(client, {"not": of_team(eq=one)}) == ["c", "d"]


async def test_money_by_its_currency_and_probability_as_the_lead_shows_it(ada: Viewer, client: Client) -> None:
    step, *_ = await steps_of(ada)
    await Step.filter(id=step.id).update(probability=20)
    _, other, *_ = await steps_of(ada)
    await a_lead(ada, title="a", money=Money(Decimal(10), "EUR"))
    await a_lead(ada, title="b", money=Money(Decimal(10), "USD"), probability=0)
    await a_lead(ada, title="c", probability=90)
    await a_lead(ada, title="d", step=other)

    assert await found(client, {"amount": {"eq": "10"}, "currency": {"eq": "EUR"}}) == ["a"]
    assert await found(client, {"currency": {"ne": "EUR"}}) == ["b", "c", "d"]
    assert await found(client, {"currency": {"isNull": True}}) == ["c", "d"]
    assert await found(client, {"probability": {"gte": 20}}) == ["a", "c"]
    assert await found(client, {"probability": {"eq": 0}}) == ["b"]
    assert await found(client, {"probability": {"isNull": True}}) == ["d"]
    assert await found(client, {"not": {"probability": {"gte": 20}}}) == ["b", "d"]
    assert await found(client, {"probability": {"in": []}}) == []


@pytest.mark.parametrize(
    ("filter", "titles"),
    [
        ({"title": {"eq": "ECLAIRAGE"}}, ["Éclairage"]),
        ({"title": {"eq": "eclair"}}, []),
        ({"title": {"ne": "eclairage"}}, ["100% wool_rug", "Roof"]),
        ({"title": {"in": ["roof", "ÉCLAIRAGE", "x"]}}, ["Roof", "Éclairage"]),
        ({"title": {"notIn": ["roof"]}}, ["100% wool_rug", "Éclairage"]),
        ({"title": {"in": []}}, []),
        ({"title": {"notIn": []}}, ["100% wool_rug", "Roof", "Éclairage"]),
        ({"title": {"contains": "AIR"}}, ["Éclairage"]),
        ({"title": {"contains": "slate"}}, []),
        ({"title": {"contains": "l_r"}}, ["100% wool_rug"]),
        ({"title": {"contains": "_"}}, ["100% wool_rug"]),
        ({"title": {"contains": ""}}, ["100% wool_rug", "Roof", "Éclairage"]),
        ({"title": {"startsWith": "Écl"}}, ["Éclairage"]),
        ({"title": {"startsWith": "lair"}}, []),
        ({"title": {"startsWith": "100%"}}, ["100% wool_rug"]),
        ({"title": {"startsWith": "1%"}}, []),
        ({"title": {}}, ["100% wool_rug", "Roof", "Éclairage"]),
        ({"title": {"eq": None}}, ["100% wool_rug", "Roof", "Éclairage"]),
        ({"description": {"eq": ""}}, ["Éclairage"]),
        ({"description": {"ne": ""}}, ["100% wool_rug", "Roof"]),
        ({"description": {"startsWith": "SLATE"}}, ["Roof"]),
        ({"description": {"startsWith": "tiles"}}, []),
        ({"description": {"contains": "tiles, été"}}, ["Roof"]),
        ({"description": {"contains": "roof"}}, ["100% wool_rug"]),
        ({"title": {"contains": "o"}, "description": {"contains": "roof"}}, ["100% wool_rug"]),
        ({"not": {"title": {"contains": "o"}}}, ["Éclairage"]),
        ({"or": [{"title": {"eq": "roof"}}, {"description": {"eq": ""}}]}, ["Roof", "Éclairage"]),
    ],
)
async def test_texts_are_compared_whatever_their_case_and_accents(
    filter: dict[str, Any], titles: list[str], texts: Client
) -> None:
    assert await found(texts, filter) == titles


@pytest.fixture(scope="module")
async def texts(pool: None) -> Client:
    ada = await an_account()
    await a_lead(ada, title="Éclairage")
    await a_lead(ada, title="Roof", description="Slate\ntiles, ete")
    await a_lead(ada, title="100% wool_rug", description="for under the roof")
    return await signed_in(ada)


async def test_an_or_with_an_empty_part_finds_all(ada: Viewer, client: Client) -> None:
    await a_lead(ada, title="a")

    assert await found(client, {"or": [{}, {"amount": {"eq": "0"}, "title": {"eq": "x"}}]}) == ["a"]
