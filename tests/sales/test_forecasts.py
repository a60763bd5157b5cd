"""A forecast comes true: what it says would be sent when is what the dispatch then plans."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sales import database, undoing
from sales.errors import InvalidValue, NotFound
from sales.forecasts import Message, forecast
from sales.leads import Status
from sales.moments import After, Due, Local
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import Wishes, choose
from sales.reminders.decisions import set_reminder
from sales.reminders.rules import Rule
from sales.reminders.terms import Terms, Until
from sales.statuses import close
from sales.viewers import Viewer
from tests.factories import a_lead, a_user
from tests.sales.quiet import night
from tests.sales.tellings import change, deliveries_of
from tests.turning import dispatch_all, fire_and_dispatch

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


async def told_by_mail(by: Viewer, *, days: int = 3) -> list[tuple[str, datetime]]:
    return [(told.kind.value, message.at) for message in await mails(by, days=days) for told in message.told]


async def test_lead_times_are_told_before_the_moment(ada: Viewer) -> None:
    terms = Terms(ahead=[timedelta(hours=1), A_DAY])
    await set_reminder((await a_lead(ada)).id, by=ada, at=After(timedelta(days=2)), terms=terms)
    [row] = await database.fetch("select due_at from reminders where account_id = $1", ada.account.id)

    assert await told_by_mail(ada) == [
        ("REMINDER_AHEAD", row["due_at"] - A_DAY), ("REMINDER_AHEAD", row["due_at"] - timedelta(hours=1)),
        ("REMINDER_DUE", row["due_at"]),
    ]  # fmt: skip
    assert [kind for kind, _ in await told_by_mail(ada, days=1)] == ["REMINDER_AHEAD"]


async def test_what_could_not_be_told_before_the_moment_is_not_told_ahead(ada: Viewer) -> None:
    hours, ends = await night(ada)
    await choose(by=ada, wishes={"quiet_hours": hours})
    terms = Terms(ahead=[timedelta(hours=1)])
    await set_reminder((await a_lead(ada)).id, by=ada, at=After(timedelta(hours=2)), terms=terms)

    assert await told_by_mail(ada) == [("REMINDER_DUE", ends)]


async def test_a_series_comes_again_within_the_stretch_and_no_further(ada: Viewer) -> None:
    [row] = await database.fetch("select (now() at time zone $1)::date as today", ada.user.time_zone)
    at = Local(row["today"] + A_DAY, time(9), ada.user.time_zone)
    await set_reminder((await a_lead(ada)).id, by=ada, at=at, recurrence="FREQ=DAILY;COUNT=5")

    zone = ZoneInfo(ada.user.time_zone)
    found = [moment.astimezone(zone) for _, moment in await told_by_mail(ada, days=31)]

    assert [(moment.date(), moment.time()) for moment in found] == [
        (row["today"] + n * A_DAY, time(9)) for n in range(1, 6)
    ]
    assert len(await told_by_mail(ada, days=3)) in (2, 3)


async def test_what_was_overtaken_already_is_not_told(ada: Viewer) -> None:
    lead, other = await a_lead(ada), await a_lead(ada)
    for each in (lead, other):
        await set_reminder(each.id, by=ada, at=After(A_DAY), terms=Terms(until=[Until.STATUS_CHANGED]))
    await close(lead.id, by=ada, status=Status.WON)

    found = [told.lead_id for message in await mails(ada) for told in message.told]

    assert found == [other.id]


async def test_inactivity_counts_from_what_was_done_last(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await set_reminder(lead.id, by=ada, since_activity=timedelta(days=2))
    await database.fetch(
        "update reminders set created_at = created_at - interval '1 day', due_at = due_at - interval '1 day', "
        "notify_at = notify_at - interval '1 day' where account_id = $1", ada.account.id,
    )  # fmt: skip
    await change("amount", lead.id, by=ada)

    [(kind, moment)] = await told_by_mail(ada)

    [row] = await database.fetch("select max(at) as at from journal where account_id = $1", ada.account.id)
    assert (kind, moment) == ("REMINDER_DUE", row["at"] + timedelta(days=2))


async def test_who_manages_hears_of_what_nobody_will_have_acknowledged(ada: Viewer) -> None:
    ben = await a_user(ada, name="Ben")
    terms = Terms(escalate_after=timedelta(hours=1))
    await set_reminder((await a_lead(ben)).id, by=ben, at=After(A_DAY), terms=terms)
    [row] = await database.fetch("select due_at from reminders where account_id = $1", ada.account.id)

    assert await told_by_mail(ada) == [("REMINDER_ESCALATED", row["due_at"] + timedelta(hours=1))]
    assert await told_by_mail(ben) == [("REMINDER_DUE", row["due_at"])]


async def test_what_can_still_be_undone_is_said_for_the_end_of_its_window(ada: Viewer) -> None:
    ben = await a_user(ada, name="Ben")
    undoing.use(timedelta(minutes=5))
    try:
        await change("step", (await a_lead(ben)).id, by=ada)
        await dispatch_all()
    finally:
        undoing.use(timedelta(0))

    [(kind, moment)] = await told_by_mail(ben)

    [row] = await database.fetch("select max(at) as at from journal where account_id = $1", ada.account.id)
    assert (kind, moment) == ("STEP_CHANGED", row["at"] + timedelta(minutes=5) + undoing.ON_ITS_WAY)


async def test_a_digest_that_was_given_up_is_not_foretold(ada: Viewer) -> None:
    await choose(by=ada, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
    await set_reminder((await a_lead(ada)).id, by=ada, at=After(A_DAY))
    await database.fetch("update reminders set due_at = now(), notify_at = now() where account_id = $1", ada.account.id)
    await fire_and_dispatch()
    assert len(await mails(ada)) == 1

    await database.fetch(
        "update deliveries set state = 'DEAD', done_at = now(), attempt = 1 where account_id = $1 "
        "and notification_id is null", ada.account.id,
    )  # fmt: skip

    assert await mails(ada) == []


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


async def test_a_stretch_lies_within_ten_years(ada: Viewer) -> None:
    start = await database.now() + timedelta(days=3_700)

    with pytest.raises(InvalidValue) as refused:
        await forecast(ada.user.id, by=ada, start=start, end=start + A_DAY)

    assert (refused.value.path, refused.value.reason) == ("to", "moment_too_far")


async def test_what_comes_every_day_is_worked_out_for_a_far_week_without_all_the_days_before(
    ada: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, looked_at, due = await database.now(), list[date](), Rule.due

    def looked(rule: Rule, day: date, **more: Any) -> Due:
        looked_at.append(day)
        return due(rule, day, **more)

    monkeypatch.setattr(Rule, "due", looked)
    at = Local((now - A_DAY).date(), time(9), "Europe/Paris")
    await set_reminder((await a_lead(ada)).id, by=ada, at=at, recurrence="FREQ=DAILY")
    first = (now + timedelta(days=3_600)).date()
    start = datetime.combine(first, time.min, tzinfo=UTC)

    found = await forecast(ada.user.id, by=ada, start=start, end=start + 7 * A_DAY)

    mailed = [
        message.at.astimezone(ZoneInfo("Europe/Paris")) for message in found.messages if message.channel == By.EMAIL
    ]
    assert [(at.date(), at.time()) for at in mailed] == [(first + n * A_DAY, time(9)) for n in range(7)]
    assert len(looked_at) < 100


async def test_of_a_stretch_that_is_over_nothing_is_told(ada: Viewer) -> None:
    start = datetime.min.replace(tzinfo=UTC)

    assert (await forecast(ada.user.id, by=ada, start=start, end=start + A_DAY)).messages == []
