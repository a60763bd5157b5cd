"""A forecast comes true: what it says would be sent when is what the dispatch then plans."""

from datetime import datetime, timedelta

import pytest

from sales import database
from sales.errors import InvalidValue, NotFound
from sales.forecasts import Message, forecast
from sales.moments import After
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import Wishes, choose
from sales.reminders.decisions import set_reminder
from sales.viewers import Viewer
from tests.factories import a_lead, a_user
from tests.sales.test_dispatch import change, deliveries_of, dispatch_all, fire_and_dispatch
from tests.sales.test_preferences import night

A_DAY = timedelta(days=1)


async def mails(by: Viewer, *, days: int = 3) -> list[Message]:
    start = await database.now()
    found = await forecast(by.user.id, by=by, start=start, end=start + days * A_DAY)
    assert found.is_complete
    return [message for message in found.messages if message.channel == By.EMAIL]


async def planned(by: Viewer) -> list[tuple[datetime, bool]]:
    rows = await deliveries_of(by)
    return [(row["next_at"], row["digest_id"] is not None) for row in rows if row["notification_id"]]


@pytest.mark.parametrize("pace", Pace)
async def test_a_reminder_that_has_fired_goes_when_it_was_said_to(ada: Viewer, pace: Pace) -> None:
    hours, _ = await night(ada)
    await choose(by=ada, wishes={"quiet_hours": hours, "paces": {By.EMAIL: pace}})
    await set_reminder((await a_lead(ada)).id, by=ada, at=After(timedelta(milliseconds=200)))

    said = [(message.at, message.is_digest) for message in await mails(ada)]
    await database.fetch("update reminders set due_at = now(), notify_at = now() where account_id = $1", ada.account.id)
    await fire_and_dispatch()

    assert await planned(ada) == said
    assert [(message.at, message.is_digest) for message in await mails(ada)] == said


@pytest.mark.parametrize("wishes", [Wishes(), Wishes(paces={By.EMAIL: Pace.HOURLY})], ids=["at once", "hourly"])
async def test_what_is_held_is_in_the_forecast_with_what_is_to_come(ada: Viewer, wishes: Wishes) -> None:
    ben = await a_user(ada, name="Ben")
    hours, ends = await night(ben)
    await choose(by=ben, wishes=Wishes(quiet_hours=hours, **wishes))
    lead = await a_lead(ben)
    await change("step", lead.id, by=ada)
    await dispatch_all()
    await set_reminder(lead.id, by=ben, at=After(timedelta(minutes=1)))

    found = await mails(ben)

    told = [(message.at >= ends, [each.kind for each in message.told]) for message in found]
    if "paces" in wishes:
        assert told == [(True, ["REMINDER_DUE", "STEP_CHANGED"])]
    else:
        assert sorted(told) == [(True, ["REMINDER_DUE"]), (True, ["STEP_CHANGED"])]


async def test_a_forecast_is_of_oneself_or_by_an_administrator(ada: Viewer) -> None:
    ben, start = await a_user(ada), await database.now()

    with pytest.raises(NotFound):
        await forecast(ada.user.id, by=ben, start=start, end=start + A_DAY)
    assert (await forecast(ben.user.id, by=ada, start=start, end=start + A_DAY)).messages == []


@pytest.mark.parametrize(("days", "reason"), [(-1, "ends_before_it_starts"), (32, "stretch_too_long")])
async def test_a_stretch_has_an_end_within_a_month(ada: Viewer, days: int, reason: str) -> None:
    start = await database.now()

    with pytest.raises(InvalidValue) as refused:
        await forecast(ada.user.id, by=ada, start=start, end=start + days * A_DAY)

    assert (refused.value.path, refused.value.reason) == ("to", reason)
