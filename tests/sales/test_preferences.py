"""What a person decides about being told: kinds and channels, quiet hours, one's own actions; and what is held."""

from datetime import time, timedelta

import pytest

from sales import database
from sales.calendars import EVERY_DAY, Quiet
from sales.errors import InvalidValue, NotAllowed, Refused
from sales.notifications import NotificationKind as Kind
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace, Preferences, held
from sales.preferences.choosing import Choice, Wishes, choose, choose_for_all
from sales.reminders.decisions import set_reminder
from sales.users.people import prefer
from sales.viewers import Viewer
from tests.factories import a_lead, last_event
from tests.sales.quiet import night
from tests.sales.tellings import change, deliveries_of, notifications, told
from tests.turning import AN_INSTANT, dispatch_all, fire_and_dispatch

ALWAYS_BUT_AN_HOUR = timedelta(hours=23)


async def off(by: Viewer, kind: Kind, channel: By) -> None:
    await choose(by=by, wishes={"choices": [Choice(kind, channel, False)]})


async def a_change_of(ben: Viewer, by: Viewer) -> None:
    lead = await a_lead(ben)
    await dispatch_all()
    await change("step", lead.id, by=by)


async def test_a_kind_can_be_off_on_one_channel_alone(ada: Viewer, ben: Viewer) -> None:
    await off(ben, Kind.STEP_CHANGED, By.EMAIL)

    await a_change_of(ben, ada)
    await dispatch_all()

    assert await told(ada) == [(ben.user.id, "STEP_CHANGED")]
    assert await deliveries_of(ada) == []


async def test_what_is_off_in_the_inbox_is_still_mailed(ada: Viewer, ben: Viewer) -> None:
    await off(ben, Kind.STEP_CHANGED, By.IN_APP)

    await a_change_of(ben, ada)
    await dispatch_all()

    [notification], [delivery] = await notifications(ada), await deliveries_of(ada)
    assert (notification["in_app"], delivery["notification_id"]) == (False, notification["id"])


async def test_ones_own_choice_counts_over_the_accounts_and_can_be_given_back(ada: Viewer, ben: Viewer) -> None:
    await choose_for_all(by=ada, wishes={"choices": [Choice(Kind.STEP_CHANGED, By.EMAIL, False)]})
    await choose(by=ben, wishes={"choices": [Choice(Kind.STEP_CHANGED, By.EMAIL, True)]})
    await a_change_of(ben, ada)
    await dispatch_all()
    assert len(await deliveries_of(ada)) == 1

    await choose(by=ben, wishes={"choices": [Choice(Kind.STEP_CHANGED, By.EMAIL, None)]})
    await a_change_of(ben, ada)
    await dispatch_all()

    assert len(await deliveries_of(ada)) == 1
    assert (await Preferences.get(user_id=ben.user.id)).choices == {}


async def test_only_administrators_decide_for_all(ada: Viewer, ben: Viewer) -> None:
    with pytest.raises(NotAllowed):
        await choose_for_all(by=ben, wishes={"working_days": frozenset({1})})

    assert await Preferences.filter(account_id=ada.account.id).count() == 0


async def test_who_asks_for_it_is_told_of_what_they_do_themselves(ada: Viewer) -> None:
    await prefer(by=ada, preferences={"notify_of_own": True})

    await a_change_of(ada, ada)
    await dispatch_all()

    assert await told(ada) == [(ada.user.id, "LEAD_ASSIGNED"), (ada.user.id, "STEP_CHANGED")]


async def test_what_comes_in_quiet_hours_is_held_until_they_end_but_not_in_the_inbox(ada: Viewer, ben: Viewer) -> None:
    hours, ends = await night(ben)
    await choose(by=ben, wishes={"quiet_hours": hours})

    await a_change_of(ben, ada)
    await dispatch_all()

    [notification], [delivery] = await notifications(ada), await deliveries_of(ada)
    assert (delivery["state"], delivery["next_at"]) == ("PENDING", ends)
    assert notification["visible_at"] == notification["created_at"]


async def test_an_urgent_reminder_passes(ada: Viewer) -> None:
    hours, ends = await night(ada)
    await choose(by=ada, wishes={"quiet_hours": hours, "paces": {By.EMAIL: Pace.MORNING}})
    lead = await a_lead(ada)
    await set_reminder(lead.id, by=ada, at=AN_INSTANT, urgent=True)
    await set_reminder(lead.id, by=ada, at=AN_INSTANT)

    await fire_and_dispatch()

    found = {row["state"]: row for row in await deliveries_of(ada) if row["notification_id"]}
    assert found["PENDING"]["next_at"] == found["PENDING"]["created_at"]
    assert found["JOINED"]["next_at"] >= ends


async def test_what_is_held_goes_when_the_quiet_hours_are_over_after_all(ada: Viewer, ben: Viewer) -> None:
    hours, ends = await night(ben)
    await choose(by=ben, wishes={"quiet_hours": hours})
    await a_change_of(ben, ada)
    await dispatch_all()

    await choose(by=ben, wishes={"quiet_hours": []})
    await dispatch_all()

    [delivery] = await deliveries_of(ada)
    assert delivery["next_at"] < ends - timedelta(hours=5)
    assert delivery["state"] == "PENDING"


async def test_what_is_held_waits_for_the_accounts_new_hours(ada: Viewer, ben: Viewer) -> None:
    _, ends = await night(ben)
    await choose(by=ben, wishes={"quiet_hours": (await night(ben, length=timedelta(hours=4)))[0]})
    await a_change_of(ben, ada)
    await dispatch_all()

    await choose_for_all(by=ada, wishes={"quiet_hours": (await night(ben))[0]})
    await choose(by=ben, wishes={"quiet_hours": None})
    await dispatch_all()

    [delivery] = await deliveries_of(ada)
    assert delivery["next_at"] == ends


async def test_what_is_held_and_not_wanted_any_more_is_called_off(ada: Viewer, ben: Viewer) -> None:
    await choose(by=ben, wishes={"quiet_hours": (await night(ben))[0]})
    await a_change_of(ben, ada)
    await dispatch_all()

    await off(ben, Kind.STEP_CHANGED, By.EMAIL)
    await dispatch_all()

    [delivery] = await deliveries_of(ada)
    assert (delivery["state"], delivery["done_at"] is None) == ("CANCELLED", False)


async def test_what_failed_is_tried_again_when_it_was_to_be_and_still_says_what_held_it(
    ada: Viewer, ben: Viewer
) -> None:
    await choose(by=ben, wishes={"quiet_hours": (await night(ben))[0]})
    await a_change_of(ben, ada)
    await dispatch_all()
    await database.fetch("update deliveries set attempt = 1 where account_id = $1", ada.account.id)
    [tried] = await deliveries_of(ada)

    await choose(by=ben, wishes={"quiet_hours": None})
    await dispatch_all()

    [delivery] = await deliveries_of(ada)
    assert delivery == tried
    assert (delivery["held_because"], delivery["held_until"]) == ("QUIET_HOURS", delivery["next_at"])


async def test_what_is_held_is_found_by_its_index_however_much_has_gone(ada: Viewer) -> None:
    sql = held._HELD.replace("$1", f"'{ada.account.id}'").replace("$2", f"array['{ada.user.id}'::uuid]")
    async with database.transaction() as transaction:
        await database.fetch(
            """with n as (
                 insert into notifications (id, account_id, user_id, kind, position, dedupe_key, in_app, created_at,
                   visible_at)
                 select uuidv7(), $1, $2, 'STEP_CHANGED', n, n::text, true, now(), now() from generate_series(1, 5000) n
                 returning *)
               insert into deliveries (id, account_id, notification_id, user_id, channel, position, lane, state,
                 attempt, ambiguous, next_at, created_at, done_at)
               select uuidv7(), account_id, id, user_id, 'EMAIL', position, user_id, 'SENT', 1, 0, now(), now(), now()
               from n returning 1""",
            ada.account.id, ada.user.id,
        )  # fmt: skip
        await database.fetch("analyze deliveries, notifications")
        plan = [row["QUERY PLAN"] for row in await database.fetch(f"explain {sql}")]
        await transaction.rollback()

    assert any("deliveries_held" in line for line in plan), plan


async def test_what_failed_and_is_not_wanted_any_more_is_not_tried_again(ada: Viewer, ben: Viewer) -> None:
    await a_change_of(ben, ada)
    await dispatch_all()
    await database.fetch("update deliveries set attempt = 1 where account_id = $1", ada.account.id)

    await off(ben, Kind.STEP_CHANGED, By.EMAIL)
    await dispatch_all()

    [delivery] = await deliveries_of(ada)
    assert delivery["state"] == "CANCELLED"


async def test_somebody_who_is_never_reached_may_still_turn_something_off(ada: Viewer, ben: Viewer) -> None:
    weekdays = Quiet(frozenset({1, 2, 3, 4, 5}), time(0), time(0))
    await choose(by=ben, wishes={"quiet_hours": [weekdays]})
    await choose_for_all(by=ada, wishes={"working_days": frozenset({1, 2, 3, 4, 5})})

    await off(ben, Kind.STEP_CHANGED, By.EMAIL)

    own = await Preferences.get(user_id=ben.user.id)
    assert own.choices == {"STEP_CHANGED": {"EMAIL": False}}


async def test_what_is_being_sent_is_left_to_its_sender(ada: Viewer, ben: Viewer) -> None:
    await a_change_of(ben, ada)
    await dispatch_all()
    await database.fetch("update deliveries set attempt = 1, lease = uuidv7() where account_id = $1", ada.account.id)

    await choose(by=ben, wishes={"quiet_hours": (await night(ben))[0]})
    await off(ben, Kind.STEP_CHANGED, By.EMAIL)
    await dispatch_all()

    [delivery] = await deliveries_of(ada)
    assert (delivery["state"], delivery["next_at"]) == ("PENDING", delivery["created_at"])


@pytest.mark.parametrize(("wishes", "path", "reason"), [
    ({"quiet_hours": [Quiet(EVERY_DAY, time(8), time(8))]}, "quietHours", "never_open"),
    ({"quiet_hours": [Quiet(frozenset(), time(8), time(9))]}, "quietHours", "no_days"),
    ({"working_days": frozenset()}, "workingDays", "no_days"),
    ({"holidays": {"country": "ZZ"}}, "holidays", "holidays_unknown"),
    ({"paces": {By.IN_APP: Pace.HOURLY}}, "paces", "inbox_has_no_pace"),
])  # fmt: skip
async def test_what_cannot_be_kept_is_refused(ada: Viewer, wishes: Wishes, path: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        await choose(by=ada, wishes=wishes)

    assert (refused.value.path, refused.value.reason) == (path, reason)
    assert await Preferences.filter(account_id=ada.account.id).count() == 0


async def test_all_that_is_wrong_is_told_at_once(ada: Viewer) -> None:
    with pytest.raises(Refused) as refused:
        await choose(by=ada, wishes={"working_days": frozenset(), "holidays": {"country": "ZZ"}})

    assert [each.path for each in refused.value.refusals] == ["workingDays", "holidays"]


async def test_the_journal_says_who_decided_what(ada: Viewer) -> None:
    await choose(by=ada, wishes={"working_days": frozenset({1, 2})})

    event = await last_event(ada)
    assert (event.kind, event.data) == ("preferences.set", {"userId": str(ada.user.id)})
    assert event.changes["working_days"] == [None, [1, 2]]
