"""The dispatch: who is told of what, and on which channel."""

from datetime import timedelta
from decimal import Decimal

import pytest

from sales import database, notices
from sales.accounts import Privacy
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign, claim
from sales.moments import After, On
from sales.money import Money
from sales.reminders.decisions import set_reminder
from sales.statuses import close, stand_by, take_up
from sales.steps.delete import delete_step
from sales.users import Role
from sales.users.people import prefer
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_account, last_event, reminders_of, steps_of
from tests.sales.tellings import change, deliveries_of, notifications, told
from tests.turning import AN_INSTANT, dispatch_all, fire_and_dispatch


@pytest.fixture
async def private() -> Viewer:
    """The administrator of a private account."""
    return await an_account(privacy=Privacy.PRIVATE)


async def test_the_owner_is_told_of_a_due_reminder_on_both_channels(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)

    await fire_and_dispatch()

    [told], [delivery], event = await notifications(ada), await deliveries_of(ada), await last_event(ada)
    [reminder] = await reminders_of(lead)
    assert (told["user_id"], told["kind"], told["position"]) == (ada.user.id, "REMINDER_DUE", event.position)
    assert (told["lead_id"], told["reminder_id"], told["in_app"]) == (lead.id, reminder.id, True)
    assert (delivery["notification_id"], delivery["state"]) == (told["id"], "PENDING")
    assert told["visible_at"] == delivery["next_at"] == told["created_at"]


async def test_the_creator_of_a_reminder_is_told_when_it_is_his(ada: Viewer, ben: Viewer) -> None:
    lead = await a_lead(ada)
    await set_reminder(lead.id, by=ben, at=AN_INSTANT)

    await fire_and_dispatch()

    assert await told(ada) == [(ben.user.id, "REMINDER_DUE")]


async def test_a_reminder_for_a_day_is_told_of_in_the_morning(ada: Viewer) -> None:
    lead = await a_lead(ada)
    [row] = await database.fetch("select (now() at time zone $1)::date + 1 as tomorrow", ada.user.time_zone)
    await stand_by(lead.id, by=ada, until=On(row["tomorrow"]))
    await database.fetch("update reminders set due_at = now() where lead_id = $1", lead.id)

    await fire_and_dispatch()

    [reminder], [hidden], [delivery] = await reminders_of(lead), await notifications(ada), await deliveries_of(ada)
    assert reminder.notify_at > reminder.due_at
    assert hidden["visible_at"] == delivery["next_at"] == reminder.notify_at


async def test_administrators_are_told_when_nobody_else_is_left(ada: Viewer, ben: Viewer) -> None:
    eve = await a_user(ada, name="Eve", role=Role.ADMINISTRATOR)
    lead = await a_lead(ben)
    await stand_by(lead.id, by=ben, until=AN_INSTANT)
    await deactivate(ben)

    await fire_and_dispatch()

    assert sorted(await told(ada)) == sorted([(ada.user.id, "REMINDER_DUE"), (eve.user.id, "REMINDER_DUE")])


@pytest.mark.parametrize("what", ["status", "step", "amount"])
async def test_the_owner_is_told_of_what_somebody_else_changes(ada: Viewer, ben: Viewer, what: str) -> None:
    lead = await a_lead(ada, owner=ben)

    await change(what, lead.id, by=ada)
    await dispatch_all()

    assert await told(ada) == [(ben.user.id, "LEAD_ASSIGNED"), (ben.user.id, f"{what.upper()}_CHANGED")]


@pytest.mark.parametrize("what", ["status", "step", "amount"])
async def test_nobody_is_told_of_what_he_does_himself(ada: Viewer, what: str) -> None:
    lead = await a_lead(ada)

    await change(what, lead.id, by=ada)
    await dispatch_all()

    assert await told(ada) == []


async def test_other_columns_are_nobodys_concern(ada: Viewer, ben: Viewer) -> None:
    lead = await a_lead(ben)

    await edit(lead.id, by=ada, fields=LeadFields(title="Another title", probability=40))
    await dispatch_all()

    assert await told(ada) == []


async def test_one_event_tells_a_person_once_of_what_matters_most(ada: Viewer, ben: Viewer) -> None:
    lead = await a_lead(ben)

    await close(lead.id, by=ada, status="WON", money=Money(Decimal(900), "EUR"))  # type: ignore[arg-type]
    await dispatch_all()

    assert await told(ada) == [(ben.user.id, "STATUS_CHANGED")]


async def test_a_lead_that_changes_hands_tells_both(ada: Viewer, ben: Viewer) -> None:
    eve = await a_user(ada, name="Eve")
    lead = await a_lead(ben)

    await assign(lead.id, by=ada, owner_id=eve.user.id)
    await dispatch_all()

    assert sorted(await told(ada)) == sorted([(eve.user.id, "LEAD_ASSIGNED"), (ben.user.id, "LEAD_TAKEN_AWAY")])


async def test_who_claims_or_gives_away_is_not_told(ada: Viewer, ben: Viewer) -> None:
    free, given = await a_lead(ada, owner=None), await a_lead(ada)

    await claim(free.id, by=ben)
    await assign(given.id, by=ada, owner_id=ben.user.id)
    await dispatch_all()

    assert await told(ada) == [(ben.user.id, "LEAD_ASSIGNED")]


async def test_a_bulk_event_is_told_once_to_each_owner(ada: Viewer, ben: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    for owner in (ben, ben, ada):
        await a_lead(owner, step=second)

    await delete_step(second.id, by=ada, target_step_id=first.id)
    await dispatch_all()

    [notification] = await notifications(ada)
    assert (notification["user_id"], notification["kind"], notification["lead_id"]) == (
        ben.user.id, "STEP_CHANGED", None,
    )  # fmt: skip


async def test_the_deactivated_are_told_nothing(ada: Viewer, ben: Viewer) -> None:
    lead = await a_lead(ben)
    await deactivate(ben)

    await change("status", lead.id, by=ada)
    await dispatch_all()

    assert await told(ada) == []


@pytest.mark.parametrize(
    ("in_app", "by_email", "notified", "mailed"), [(True, False, 1, 0), (False, True, 1, 1), (False, False, 0, 0)]
)
async def test_each_channel_can_be_off(ada: Viewer, in_app: bool, by_email: bool, notified: int, mailed: int) -> None:
    await prefer(by=ada, preferences={"notify_in_app": in_app, "notify_by_email": by_email})
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)

    await fire_and_dispatch()

    rows = await notifications(ada)
    assert (len(rows), len(await deliveries_of(ada))) == (notified, mailed)
    assert all(row["in_app"] is in_app for row in rows)


async def test_who_may_not_see_a_lead_any_more_is_not_told_of_it_its_owner_is(private: Viewer) -> None:
    eve = await a_user(private, name="Eve")
    ben = await a_user(private, name="Ben")
    lead = await a_lead(ben, title="Roof")
    await set_reminder(lead.id, by=ben, at=AN_INSTANT, note="mine")
    await assign(lead.id, by=private, owner_id=eve.user.id)
    await edit(lead.id, by=eve, fields=LeadFields(title="Eve's secret"))

    await fire_and_dispatch()

    rows = await notifications(private)
    assert {(row["user_id"], row["kind"]) for row in rows} == {
        (ben.user.id, "LEAD_TAKEN_AWAY"), (eve.user.id, "LEAD_ASSIGNED"), (eve.user.id, "REMINDER_DUE"),
    }  # fmt: skip
    said = await notices.load([row["id"] for row in rows])
    [taken] = [said[row["id"]].sentence for row in rows if row["kind"] == "LEAD_TAKEN_AWAY"]
    assert taken == "Ada Admin gave your lead “Roof” to Eve."


async def test_a_notice_of_a_deleted_step_keeps_its_name(ada: Viewer, ben: Viewer) -> None:
    _, second, third, *_ = await steps_of(ada)
    lead = await a_lead(ben, title="Roof")
    await move(lead.id, by=ada, step_id=second.id)
    await move(lead.id, by=ada, step_id=third.id)
    await delete_step(second.id, by=ada)
    await dispatch_all()

    rows = await notifications(ada)

    said = await notices.load([row["id"] for row in rows])
    assert [said[row["id"]].sentence for row in rows] == [
        "Ada Admin moved your lead “Roof” to the step “Contacted”.",
        "Ada Admin moved your lead “Roof” to the step “Met”.",
    ]


async def test_taking_a_lead_up_early_tells_nobody(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=After(timedelta(hours=1)))
    await take_up(lead.id, by=ada)

    await fire_and_dispatch()

    assert await told(ada) == []


async def deactivate(person: Viewer) -> None:
    await database.fetch("update users set deactivated_at = now() where id = $1", person.user.id)
