"""Boards of the past against what they were: whatever is done, and however the past is spoken of since."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sales import database
from sales.boards.diff import ColumnDiff, Figures
from sales.boards.past import PastColumn
from sales.errors import Refusal, Refused
from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.leads.edit import LeadFields, edit
from sales.money import Money
from sales.pipelines import Pipeline
from sales.statuses import OPEN, close, correct_closing
from sales.steps import Step
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_account, euros
from tests.sales.deeds import DEEDS, do
from tests.sales.past import JUNE, MAY, board, moved

Remembered = dict[tuple[str, int], list[tuple[Any, ...]]]


async def live(by: Viewer) -> Remembered:
    """The live board of the default pipeline, in the words of `remembered`."""
    pipeline = await Pipeline.get(account_id=by.account.id, is_default=True)
    seen: Remembered = {}
    for step in await Step.filter(pipeline_id=pipeline.id).order_by("position"):
        leads = await Lead.filter(step_id=step.id, status__in=OPEN).order_by("rank")
        if leads or step.archived_at is None:
            seen[step.name, step.position] = [
                (each.id, each.number, each.title, each.status, each.owner_id, each.amount, each.rank,
                 step.probability if each.probability is None else each.probability)
                for each in leads
            ]  # fmt: skip
    return seen


def remembered(columns: list[PastColumn]) -> Remembered:
    assert all(column.count == len(column.leads) for column in columns)
    return {
        (column.step.name, column.step.position): [
            (each.id, each.number, each.title, each.status, each.owner_id, each.money and each.money.amount, each.rank,
             each.probability)
            for each in column.leads
        ]
        for column in columns
    }  # fmt: skip


ACTS = (*DEEDS, "price", "price", "price_in_yen", "win_back_then", "correct", "make_old")


async def act(name: str, one: int, other: int, by: Viewer, ben: Viewer) -> None:
    """One of DEEDS, or one that changes money or speaks of an earlier day."""
    leads = await Lead.filter(account_id=by.account.id).order_by("number")
    if name == "make_old":
        standing = Standing(Status.WON, closed_at=MAY + timedelta(days=one)) if one % 2 else None
        await a_lead(by, created_at=MAY, standing=standing, money=euros(other))
    elif name not in ACTS[len(DEEDS) :]:
        await do(name, one, other, by, ben)
    elif leads:
        lead = leads[one % len(leads)]
        since = lead.created_at + (await database.now() - lead.created_at) * other / 10
        match name:
            case "price" | "price_in_yen":
                money = Money(Decimal(other * 10), "JPY" if name == "price_in_yen" else "EUR") if other else None
                await edit(lead.id, by=by, fields=LeadFields(money=money))
            case "win_back_then":
                await close(lead.id, by=by, status=Status.WON, closed_at=since, money=euros(other))
            case "correct":
                await correct_closing(lead.id, by=by, closed_at=since)


PLANS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=5, max_size=40
)
many_examples = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


async def carried_out(plan: Any, by: Viewer, look: Callable[[], Any]) -> None:
    ben = await a_user(by)
    for name, one, other, is_looked_at in plan:
        try:
            await act(name, one, other, by, ben)
        except (Refusal, Refused):
            continue
        if is_looked_at:
            await look()


SPEAK_OF_THE_PAST = {"win_back_then", "correct", "make_old"}


@many_examples
@given(PLANS)
async def test_the_past_is_what_the_live_board_was(plan: Any) -> None:
    by = await an_account()
    seen: list[tuple[datetime, Remembered]] = []

    async def look() -> None:
        seen.append((await database.now(), await live(by)))

    await carried_out([each for each in plan if each[0] not in SPEAK_OF_THE_PAST], by, look)

    for moment, was in seen:
        assert remembered(await board(by, moment)) == was


@many_examples
@given(PLANS)
async def test_the_board_of_now_is_the_live_one_whatever_was_said_of_the_past(plan: Any) -> None:
    by = await an_account()
    await carried_out(plan, by, database.now)

    assert remembered(await board(by, await database.now())) == await live(by)


@many_examples
@given(PLANS)
async def test_a_diff_adds_up_from_the_board_of_its_start_to_that_of_its_end(plan: Any) -> None:
    by, moments = await an_account(), [MAY, JUNE]

    async def look() -> None:
        moments.append(await database.now())

    await carried_out(plan, by, look)
    await look()

    for start, end in [*pairwise(moments), (MAY, moments[-1]), (moments[-1], moments[-1])]:
        columns = await moved(by, start, end)
        for column in columns.values():
            require_adding_up(column)
        at_ends = [(await board(by, start), "at_start"), (await board(by, end), "at_end")]
        for was, which in at_ends:
            assert figures_of(was) == {
                column.step.id: (part.count, part.sums)
                for column in columns.values()
                if (part := getattr(column, which)).count
            }


def figures_of(columns: list[PastColumn]) -> dict[UUID, Any]:
    return {column.step.id: (column.count, column.sums) for column in columns if column.count}


def require_adding_up(column: ColumnDiff) -> None:
    count, amounts = 0, defaultdict[str, Decimal](Decimal)
    for name, sign in {
        "at_start": 1, "entered": 1, "reopened": 1, "left": -1, "won": -1, "lost": -1, "cancelled": -1, "up": 1,
        "down": -1, "at_end": -1,
    }.items():  # fmt: skip
        part: Figures = getattr(column, name)
        count += sign * part.count if name not in ("up", "down") else 0
        for money in part.sums:
            assert money.amount >= 0
            amounts[money.currency] += sign * money.amount
    assert count == 0
    assert set(amounts.values()) <= {0}
