"""Undoing is refused, with its reason, where something has changed since, and to whom it is not given."""

from datetime import timedelta

import pytest

from sales import database
from sales.accounts import Privacy
from sales.errors import CannotUndo, NotAllowed, NotFound, VersionConflict
from sales.leads import Lead, Status
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign
from sales.moments import After
from sales.reminders import Reminder, ReminderState
from sales.reminders.decisions import move as move_reminder
from sales.statuses import close, stand_by
from sales.steps.delete import delete_step
from sales.undoing.undo import undo
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_account, column, events, reminders_of, steps_of
from tests.sales.undone import TOMORROW, at
from tests.turning import AN_INSTANT, fire_all_due

pytestmark = pytest.mark.usefixtures("window")


async def test_what_has_changed_since_is_a_conflict_and_nothing_is_put_back(ada: Viewer, ben: Viewer) -> None:
    _, second, third, *_ = await steps_of(ada)
    lead = await a_lead(ben)
    moved = await move(lead.id, by=ada, step_id=second.id)
    await move(lead.id, by=ben, step_id=third.id)
    written = len(await events(ada))

    with pytest.raises(VersionConflict) as refused:
        await undo(at(moved), by=ada)

    [conflict] = refused.value.fields
    assert (conflict.field, conflict.base, conflict.theirs, conflict.yours) == (
        "step_id", str(second.id), str(third.id), str(lead.step_id),
    )  # fmt: skip
    assert (refused.value.path, refused.value.message("en")) == (
        "position", "Somebody changed this in the meantime: step. The lead is now at version 3.",
    )  # fmt: skip
    assert (await Lead.get(id=lead.id)).step_id == third.id
    assert len(await events(ada)) == written


async def test_a_reminder_that_somebody_has_moved_since_is_a_conflict(ada: Viewer) -> None:
    lead = await a_lead(ada)
    stood = await stand_by(lead.id, by=ada, until=TOMORROW)
    [reminder] = await reminders_of(lead)
    await move_reminder(reminder.id, by=ada, at=After(timedelta(days=3)), note="later")

    with pytest.raises(VersionConflict) as refused:
        await undo(at(stood), by=ada)

    assert [conflict.field for conflict in refused.value.fields] == ["reminder_due_at", "reminder_note"]
    assert "moment of the reminder" in refused.value.message("en")
    assert "moment du rappel" in refused.value.message("fr")
    assert (await Reminder.get(id=reminder.id)).state == ReminderState.PENDING


async def test_a_reminder_that_has_fired_since_is_a_conflict(ada: Viewer) -> None:
    lead = await a_lead(ada)
    stood = await stand_by(lead.id, by=ada, until=AN_INSTANT)
    await fire_all_due()

    with pytest.raises(VersionConflict) as refused:
        await undo(at(stood), by=ada)

    assert [conflict.field for conflict in refused.value.fields] == ["reminder_state"]


async def test_a_place_that_somebody_has_changed_since_is_a_conflict(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    a, _, c = [await a_lead(ada, title=title) for title in "abc"]
    moved = await move(c.id, by=ada, before_id=a.id)
    await move(c.id, by=ada, after_id=a.id)

    with pytest.raises(VersionConflict) as refused:
        await undo(at(moved), by=ada)

    assert [conflict.field for conflict in refused.value.fields] == ["rank"]
    assert await column(first) == ["a", "c", "b"]


async def test_only_who_did_it_or_an_administrator_may_undo_it(ada: Viewer, ben: Viewer) -> None:
    eve = await a_user(ada, name="Eve")
    one, other = await a_lead(ben), await a_lead(ben)
    closed, lost = await close(one.id, by=ben, status=Status.WON), await close(other.id, by=ben, status=Status.LOST)
    await assign(one.id, by=ada, owner_id=eve.user.id)

    for by, outcome, needs in [(eve, closed, "undo"), (ben, closed, "owner")]:
        with pytest.raises(NotAllowed) as refused:
            await undo(at(outcome), by=by)
        assert refused.value.needs == needs
    assert (await Lead.get(id=one.id)).status == Status.WON

    await undo(at(closed), by=ada)
    await undo(at(lost), by=ben)
    assert {(await Lead.get(id=lead.id)).status for lead in (one, other)} == {Status.TODO}


async def test_what_one_may_not_see_or_what_never_was_is_not_found() -> None:
    private = await an_account(privacy=Privacy.PRIVATE)
    ben, eve = await a_user(private, name="Ben"), await a_user(private, name="Eve")
    closed = await close((await a_lead(ben)).id, by=ben, status=Status.WON)

    for position in (at(closed), 9_999):
        with pytest.raises(NotFound):
            await undo(position, by=eve)
    stranger = await an_account()
    with pytest.raises(NotFound):
        await undo(at(closed), by=stranger)


async def test_what_cannot_be_undone_is_refused_with_its_reason(ada: Viewer) -> None:
    first, second, third, *_ = await steps_of(ada)
    lead, other = await a_lead(ada, step=second), await a_lead(ada)
    edited = await edit(lead.id, by=ada, fields=LeadFields(title="New"))
    moved = await move(other.id, by=ada, step_id=third.id)
    closed = await close(lead.id, by=ada, status=Status.WON)
    undone = await undo(at(closed), by=ada)
    old = await move(lead.id, by=ada, step_id=first.id)
    deleted = await delete_step(third.id, by=ada, target_step_id=first.id)
    await delete_step(second.id, by=ada)
    [row] = await database.fetch(
        "update journal set at = at - interval '25 hours' where account_id = $1 and position = $2 returning position",
        ada.account.id, moved.position,
    )  # fmt: skip
    assert row["position"] == moved.position

    for position, why in [
        (at(edited), "KIND"), (1, "KIND"), (at(undone), "AN_UNDO"), (at(closed), "ALREADY"), (at(moved), "TOO_LATE"),
        (at(old), "STEP_GONE"), (at(deleted) + 1, "PART"),
    ]:  # fmt: skip
        with pytest.raises(CannotUndo) as refused:
            await undo(position, by=ada)
        assert refused.value.why == why
        assert all(refused.value.message(locale) for locale in ("en", "fr"))
