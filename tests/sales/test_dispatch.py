"""The dispatch: who is told of what, on which channel, once; and what is called off."""

import asyncio
import os
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sales import audiences, database, failures, notices, replays
from sales.accounts import Privacy
from sales.clock import fire_due
from sales.database import Row
from sales.dispatch import dispatch
from sales.journal import Kind
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign, claim
from sales.moments import After, On
from sales.money import Money
from sales.notifications import Notification
from sales.reminders.decisions import done, set_reminder
from sales.statuses import close, stand_by, take_up
from sales.steps.delete import delete_step
from sales.users import Role
from sales.users.people import prefer
from sales.viewers import Viewer
from tests.conftest import Figures
from tests.factories import a_lead, a_user, an_account, events, last_event, reminders_of, steps_of
from tests.sales.many import many_standbys

AN_INSTANT = After(timedelta(milliseconds=1))
RATE = 3_000


@pytest.fixture
async def ben(ada: Viewer) -> Viewer:
    return await a_user(ada, name="Ben")


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


async def test_what_is_pending_of_a_reminder_is_called_off_when_it_is_done(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)
    await fire_and_dispatch()
    [reminder] = await reminders_of(lead)

    await done(reminder.id, by=ada)
    await dispatch_all()

    [seen], [delivery] = await notifications(ada), await deliveries_of(ada)
    assert seen["cancelled_at"] is None  # it was in the inbox already
    assert (delivery["state"], delivery["done_at"] is None) == ("CANCELLED", False)


async def test_a_notification_that_is_held_back_is_called_off_when_the_lead_is_closed(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)
    await database.fetch("update reminders set notify_at = now() + interval '1 hour' where lead_id = $1", lead.id)
    await fire_and_dispatch()

    await change("status", lead.id, by=ada)
    await dispatch_all()

    [hidden], [delivery] = await notifications(ada), await deliveries_of(ada)
    assert hidden["cancelled_at"] is not None
    assert delivery["state"] == "CANCELLED"


async def test_what_a_later_event_of_the_batch_has_ended_is_not_sent(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)
    await asyncio.sleep(0.002)
    await fire_due()
    await stand_by(lead.id, by=ada, until=After(timedelta(days=1)))

    await dispatch_all()

    assert [row["state"] for row in await deliveries_of(ada)] == ["CANCELLED"]
    assert [row["cancelled_at"] is None for row in await notifications(ada)] == [False]


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


async def test_the_next_reminder_of_a_lead_is_told_of_although_the_one_before_was_called_off(ada: Viewer) -> None:
    lead = await a_lead(ada)
    for _ in range(2):
        await stand_by(lead.id, by=ada, until=AN_INSTANT)
        await asyncio.sleep(0.002)
        await fire_due()

    await dispatch_all()

    assert sorted(row["state"] for row in await deliveries_of(ada)) == ["CANCELLED", "PENDING"]


async def test_taking_a_lead_up_early_tells_nobody(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=After(timedelta(hours=1)))
    await take_up(lead.id, by=ada)

    await fire_and_dispatch()

    assert await told(ada) == []


async def test_several_dispatches_at_once_tell_once_and_in_order(ada: Viewer, ben: Viewer) -> None:
    lead = await a_lead(ben)
    for n in range(40):
        await edit(lead.id, by=ada, fields=LeadFields(money=Money(Decimal(n), "EUR")))

    await asyncio.gather(*(dispatch_all(limit=3) for _ in range(6)))

    positions = [row["position"] for row in await notifications(ada)]
    assert len(positions) == len(set(positions)) == 40
    assert await cursor(ada) == (await last_event(ada)).position


async def test_accounts_take_turns_however_much_each_has_to_do(ada: Viewer) -> None:
    accounts = sorted([ada, await an_account(), await an_account()], key=lambda viewer: viewer.account.id)
    await dispatch_all()
    for viewer, leads in zip(accounts, (5, 1, 3), strict=True):
        for _ in range(leads):
            await a_lead(viewer)
    before = [await cursor(viewer) for viewer in accounts]

    for _ in accounts:
        await dispatch(limit=1)

    assert [await cursor(viewer) for viewer in accounts] == [position + 1 for position in before]


async def test_what_a_small_account_leaves_of_its_share_goes_to_a_large_one(ada: Viewer) -> None:
    large, small = ada, await an_account()
    await dispatch_all()
    for viewer, leads in ((large, 5), (small, 1)):
        for _ in range(leads):
            await a_lead(viewer)
    before = [await cursor(viewer) for viewer in (large, small)]

    looked_at = await dispatch(limit=4)

    assert looked_at == 4
    assert [await cursor(viewer) for viewer in (large, small)] == [before[0] + 3, before[1] + 1]


async def test_one_account_that_stumbles_keeps_no_other_of_its_turn_from_being_told(
    ada: Viewer, ben: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await an_account()
    lead = await a_lead(ben)
    await a_lead(other)
    await change("status", lead.id, by=ada)
    before = await cursor(ada)
    poison = (await last_event(ada)).position
    poisoned(monkeypatch, ada, poison)

    await dispatch()

    assert before < poison
    assert await cursor(ada) == poison - 1
    assert await cursor(other) == (await last_event(other)).position


async def test_an_event_that_cannot_be_dispatched_is_passed_after_five_tries(
    ada: Viewer, ben: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await a_lead(ben)
    for what in ("status", "step", "amount"):
        await change(what, lead.id, by=ada)
    poison = (await events(ada, kind=Kind.LEAD_MOVED))[0].position
    poisoned(monkeypatch, ada, poison)

    for _ in range(failures.MOST_TRIES):
        await dispatch_all()
        await a_second_later(ada)
    await dispatch_all()

    [failure] = await failures.Failure.filter(account_id=ada.account.id)
    assert (failure.stage, failure.subject, failure.tries) == ("DISPATCH", str(poison), 5)
    assert failure.set_aside_at is not None
    assert await cursor(ada) == (await last_event(ada)).position
    assert await told(ada) == [(ben.user.id, "STATUS_CHANGED"), (ben.user.id, "AMOUNT_CHANGED")]


async def test_an_event_that_fails_holds_up_its_own_account_only(
    ada: Viewer, ben: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, other = await a_lead(ben), await an_account()
    await change("step", lead.id, by=ada)
    poisoned(monkeypatch, ada, (await last_event(ada)).position)
    await change("status", lead.id, by=ada)
    await a_lead(other)

    await dispatch_all()

    assert await told(ada) == []
    assert await cursor(ada) == (await last_event(ada)).position - 2
    assert await cursor(other) == (await last_event(other)).position


async def test_a_replayed_event_tells_who_was_not_told(
    ada: Viewer, ben: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await a_lead(ben)
    await change("step", lead.id, by=ada)
    with monkeypatch.context() as while_broken:
        poisoned(while_broken, ada, (await last_event(ada)).position)
        for _ in range(failures.MOST_TRIES):
            await dispatch_all()
            await a_second_later(ada)
        [failure] = await failures.Failure.filter(account_id=ada.account.id)
        assert [still.id for still in await replays.replay([failure.id])] == [failure.id]

    assert await replays.replay([failure.id]) == []

    assert await told(ada) == [(ben.user.id, "STEP_CHANGED")]
    assert (await failures.Failure.get(id=failure.id)).set_aside_at is None


async def test_three_thousand_events_a_second_of_one_account(ada: Viewer, ben: Viewer, figures: Figures) -> None:
    """A second of computing, here and in PostgreSQL: that other tests keep the machine busy is not its fault."""
    leads = await many_standbys(ben, 5_000, first_in=timedelta(days=1))
    await dispatch_all()
    await moved_by(ada, ben)

    started = await computed()
    await dispatch_all()

    rate = len(leads) / (await computed() - started)
    figures(f"{rate:,.0f} events a second of computing, each told by notification and e-mail")
    assert len(await notifications(ada)) == len(leads)
    assert rate > RATE


async def computed() -> float:
    """The seconds that this process and its PostgreSQL have kept a core busy so far."""
    servers = await database.fetch("select pid from pg_stat_activity where datname = current_database()")
    stats = [Path(f"/proc/{row['pid']}/stat").read_text().rpartition(")")[2].split() for row in servers]
    ticks = sum(int(user) + int(system) for user, system in (stat[11:13] for stat in stats))
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


async def fire_and_dispatch() -> None:
    await asyncio.sleep(0.002)
    while await fire_due():
        pass
    await dispatch_all()


async def dispatch_all(*, limit: int = 500) -> None:
    while await dispatch(limit):
        pass


async def change(what: str, lead_id: Any, *, by: Viewer) -> None:
    match what:
        case "status":
            await close(lead_id, by=by, status="LOST")  # type: ignore[arg-type]
        case "step":
            await move(lead_id, by=by, step_id=(await steps_of(by))[2].id)
        case "amount":
            await edit(lead_id, by=by, fields=LeadFields(money=Money(Decimal(900), "EUR")))


async def notifications(by: Viewer) -> list[Row]:
    return await Notification.filter(account_id=by.account.id).order_by("position", "user_id").values()


async def told(by: Viewer) -> list[tuple[Any, str]]:
    return [(row["user_id"], str(row["kind"])) for row in await notifications(by)]


async def deliveries_of(by: Viewer) -> list[Row]:
    return await database.fetch("select * from deliveries where account_id = $1 order by id", by.account.id)


async def cursor(by: Viewer) -> int:
    [row] = await database.fetch("select dispatched from dispatch_cursors where account_id = $1", by.account.id)
    dispatched: int = row["dispatched"]
    return dispatched


async def deactivate(person: Viewer) -> None:
    await database.fetch("update users set deactivated_at = now() where id = $1", person.user.id)


async def a_second_later(by: Viewer) -> None:
    await database.fetch(
        "update failures set last_at = last_at - interval '1 second' where account_id = $1", by.account.id
    )


def poisoned(monkeypatch: pytest.MonkeyPatch, by: Viewer, position: int) -> None:
    """The rules stumble over one event, as they would over one that nobody thought of."""
    rules = audiences.audience

    def stumbling(event: audiences.Happened, **known: Any) -> Any:
        if event.position == position and event.actor_id == by.user.id:
            raise KeyError("poison")
        return rules(event, **known)

    monkeypatch.setattr("sales.tellings.audience", stumbling)


async def moved_by(actor: Viewer, owner: Viewer) -> None:
    """An event for each lead of the account: somebody else moved it."""
    await database.fetch(
        """with l as (select id, step_id, row_number() over () as n from leads where account_id = $1),
           h as (update journal_heads set position = position + (select count(*) from l) where account_id = $1
             returning position - (select count(*) from l) as base)
           insert into journal (account_id, position, kind, at, happened_at, actor, actor_id, subject_id, lead_id,
             lead_version, owner_id, changes, private, data)
           select $1, base + n, 'lead.moved', now(), now(), 'USER', $2, id, id, 2, $3,
             jsonb_build_object('step_id', jsonb_build_array(step_id, step_id)), '{}', '{}' from l, h""",
        actor.account.id, actor.user.id, owner.user.id,
    )  # fmt: skip
