"""Undoing: all is as it was before, and what others did besides stays."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sales import database, ranks, undoing
from sales.boards import past
from sales.errors import Refusal, Refused
from sales.journal import Event
from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign
from sales.moments import After, On
from sales.money import Money
from sales.pipelines import Pipeline
from sales.reminders import Reminder, ReminderState
from sales.statuses import close, reopen, stand_by, take_up
from sales.steps import Step
from sales.undoing.undo import undo
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_account, column, events, last_event, reminders_of, steps_of
from tests.sales.deeds import DEEDS, do, require_replayable
from tests.sales.undone import TOMORROW, at, event_at, row_of
from tests.turning import fire_all_due

pytestmark = pytest.mark.usefixtures("window")


async def test_a_move_is_undone_to_the_step_the_place_and_the_time_of_before(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    _, b, _ = [await a_lead(ada, title=title) for title in "abc"]
    moved = await move(b.id, by=ada, step_id=second.id)

    outcome = await undo(at(moved), by=ada)

    back = await Lead.get(id=b.id)
    assert await column(first) == ["a", "b", "c"]
    assert row_of(back) == row_of(b)
    assert back.version == b.version + 2
    event = await last_event(ada)
    assert (event.position, event.kind, event.lead_id) == (outcome.position, "lead.undone", b.id)
    assert event.data == {"undoes": moved.position, "undone": "lead.moved", "isTold": False}
    assert event.changes["step_id"] == [str(second.id), str(first.id)]
    assert event.changes["rank"][1] == b.rank


async def test_a_change_of_place_alone_is_undone_without_a_new_version(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    a, _, c = [await a_lead(ada, title=title) for title in "abc"]
    moved = await move(c.id, by=ada, before_id=a.id)

    await undo(at(moved), by=ada)

    assert await column(first) == ["a", "b", "c"]
    assert (await Lead.get(id=c.id)).version == 1


async def test_a_place_that_is_taken_by_now_is_found_right_behind(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    a, b, c = [await a_lead(ada, title=title) for title in "abc"]
    moved = await move(b.id, by=ada, step_id=second.id)
    await move(c.id, by=ada, after_id=a.id)
    await database.fetch("update leads set rank = $2 where id = $1 returning 1", c.id, b.rank)

    await undo(at(moved), by=ada)

    assert await column(first) == ["a", "c", "b"]


async def test_a_place_is_found_again_after_the_whole_step_was_written_anew(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    a, b, _ = [await a_lead(ada, title=title) for title in "abc"]
    moved = await move(b.id, by=ada, step_id=second.id)
    others = [await a_lead(ada, title=str(n)) for n in range(2)]
    n = 0
    while not await events(ada, kind="step.rebalanced"):
        await move(others[n % 2].id, by=ada, after_id=a.id)
        n += 1
    expected = await column(first)

    await undo(at(moved), by=ada)

    found = await column(first)
    assert [title for title in found if title != "b"] == expected
    assert found.index("b") < found.index("c")
    assert max(len(lead.rank) for lead in await Lead.filter(step_id=first.id)) <= ranks.LONGEST


@pytest.mark.parametrize("status", [Status.WON, Status.LOST, Status.CANCELLED])
async def test_a_closing_is_undone_with_its_amount_and_its_reminder(ada: Viewer, status: Status) -> None:
    lead = await a_lead(ada, standing=Standing(Status.STANDBY, until=TOMORROW), money=Money(Decimal("12.50"), "EUR"))
    closed = await close(lead.id, by=ada, status=status, money=Money(Decimal(900), "USD"))

    await undo(at(closed), by=ada)

    [reminder] = await reminders_of(lead)
    assert row_of(await Lead.get(id=lead.id)) == row_of(lead)
    assert (reminder.state, reminder.ended_at) == (ReminderState.PENDING, None)
    await require_replayable(ada)


async def test_reopening_standing_by_and_taking_up_are_undone(ada: Viewer) -> None:
    lead = await a_lead(ada)
    for act in (
        lambda: stand_by(lead.id, by=ada, until=TOMORROW, note="call"),
        lambda: close(lead.id, by=ada, status=Status.LOST),
    ):
        await undo(at(await act()), by=ada)
        assert row_of(await Lead.get(id=lead.id)) == row_of(lead)
    await stand_by(lead.id, by=ada, until=TOMORROW)
    standing = await Lead.get(id=lead.id)
    for act in (
        lambda: take_up(lead.id, by=ada),
        lambda: stand_by(lead.id, by=ada, until=After(timedelta(days=2))),
    ):
        await undo(at(await act()), by=ada)
        assert row_of(await Lead.get(id=lead.id)) == row_of(standing)
    await close(lead.id, by=ada, status=Status.WON)
    closed = await Lead.get(id=lead.id)
    await undo(at(await reopen(lead.id, by=ada, until=TOMORROW)), by=ada)

    assert row_of(await Lead.get(id=lead.id)) == row_of(closed)
    assert sorted(reminder.state for reminder in await reminders_of(lead)) == ["CANCELLED"] * 4
    await require_replayable(ada)


async def test_a_restored_reminder_whose_moment_is_past_fires_at_once(ada: Viewer) -> None:
    lead = await a_lead(ada, standing=Standing(Status.STANDBY, until=TOMORROW))
    closed = await close(lead.id, by=ada, status=Status.WON)
    await database.fetch("update reminders set due_at = now(), notify_at = now() where lead_id = $1", lead.id)

    await undo(at(closed), by=ada)
    await fire_all_due()

    [reminder] = await reminders_of(lead)
    assert (reminder.state, (await Lead.get(id=lead.id)).status) == (ReminderState.FIRED, Status.TODO)


async def test_a_restored_reminder_is_told_of_when_its_new_owner_starts_the_day(ada: Viewer, ben: Viewer) -> None:
    [row] = await database.fetch("select (now() at time zone $1)::date + 2 as day", ada.user.time_zone)
    lead = await a_lead(ada, standing=Standing(Status.STANDBY, until=On(row["day"])))
    closed = await close(lead.id, by=ada, status=Status.WON)
    await database.fetch("update users set day_starts_at = '11:00' where id = $1 returning 1", ben.user.id)
    [before] = await reminders_of(lead)
    await assign(lead.id, by=ada, owner_id=ben.user.id)

    await undo(at(closed), by=ada)

    [reminder] = await reminders_of(lead)
    assert reminder.notify_at > before.notify_at


async def test_what_others_changed_besides_stays(ada: Viewer, ben: Viewer) -> None:
    lead = await a_lead(ben)
    closed = await close(lead.id, by=ada, status=Status.WON)
    await edit(lead.id, by=ben, fields=LeadFields(title="Another roof"))

    await undo(at(closed), by=ada)

    back = await Lead.get(id=lead.id)
    assert (back.title, back.status, back.closed_at) == ("Another roof", Status.TODO, None)


async def test_changes_are_undone_one_after_the_other_the_last_one_first(ada: Viewer) -> None:
    _, second, third, *_ = await steps_of(ada)
    lead = await a_lead(ada)
    done = [
        await move(lead.id, by=ada, step_id=second.id),
        await close(lead.id, by=ada, status=Status.WON),
        await move(lead.id, by=ada, step_id=third.id),
    ]

    for outcome in reversed(done):
        await undo(at(outcome), by=ada)

    assert row_of(await Lead.get(id=lead.id)) == row_of(lead)


async def test_the_board_of_the_past_does_not_show_what_was_undone(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    lead = await a_lead(ada)
    closed = await close(lead.id, by=ada, status=Status.WON)
    between = (await event_at(ada, closed)).at
    await undo(at(closed), by=ada)

    board = await past.as_of(first.pipeline_id, between, by=ada)

    assert [len(column.leads) for column in board][:1] == [1]


PLANS = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=25)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(PLANS)
async def test_whatever_is_undone_right_away_leaves_the_rows_as_they_were(plan: list[tuple[str, int, int]]) -> None:
    by = await an_account()
    ben = await a_user(by)
    for name, one, other in [("create", 0, 0), ("create", 1, 1), *plan]:
        before, last = await rows(by), (await last_event(by)).position
        try:
            await do(name, one, other, by, ben)
        except (Refusal, Refused):
            continue
        done = await Event.filter(account_id=by.account.id, position=last + 1).first()
        if done is None or done.kind not in undoing.UNDOABLE:
            continue
        await undo(done.position, by=by)
        added = {id: row for id, row in (await rows(by)).items() if id not in before}
        assert {row.pop("state") for row in added.values()} <= {"CANCELLED"}
        assert {id: row for id, row in (await rows(by)).items() if id in before} == before
    await require_replayable(by)


async def rows(by: Viewer) -> dict[str, dict[str, Any]]:
    """Every row of the account that deeds change, by its id."""
    found: dict[str, dict[str, Any]] = {}
    for model in (Lead, Reminder, Step, Pipeline):
        found |= {str(row.pk): row_of(row) for row in await model.filter(account_id=by.account.id)}
    return found
