"""A reminder that cannot fire is tried five times, set aside, and stops no other."""

from sales import failures, replays
from sales.clock import fire_due
from sales.leads import Lead, Status
from sales.reminders import Reminder
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.factories import a_lead, reminders_of
from tests.sales.failing import a_second_later, poisoned
from tests.turning import AN_INSTANT, fire_all_due


async def test_a_reminder_that_cannot_fire_is_set_aside_after_five_tries_and_stops_no_other(ada: Viewer) -> None:
    good, bad = await a_lead(ada), await a_lead(ada)
    for lead in (bad, good):
        await stand_by(lead.id, by=ada, until=AN_INSTANT)
    [poison] = await reminders_of(bad)

    async with poisoned(poison):
        await fire_due()
        assert (await Lead.get(id=good.id)).status == Status.TODO
        for _ in range(failures.MOST_TRIES - 1):
            await a_second_later(ada)
            await fire_due()

    [failure] = await failures.Failure.filter(account_id=ada.account.id)
    assert (failure.stage, failure.subject, failure.tries) == ("CLOCK", str(poison.id), 5)
    assert "poison" in failure.error
    assert failure.set_aside_at is not None
    assert (await Reminder.get(id=poison.id)).set_aside_at is not None
    assert (await Lead.get(id=bad.id)).status == Status.STANDBY


async def test_tries_within_a_second_count_as_one(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)
    [poison] = await reminders_of(lead)

    async with poisoned(poison):
        for _ in range(10):
            await fire_due()
        [failure] = await failures.Failure.filter(account_id=ada.account.id)
        await set_aside_for_good(ada, poison)

    assert (failure.tries, failure.set_aside_at) == (1, None)


async def test_what_was_set_aside_fires_when_it_is_replayed(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)
    [poison] = await reminders_of(lead)
    async with poisoned(poison):
        await set_aside_for_good(ada, poison)
    [failure] = await failures.Failure.filter(account_id=ada.account.id)

    still_failing = await replays.replay([failure.id])
    await fire_all_due()

    assert still_failing == []
    assert (await Lead.get(id=lead.id)).status == Status.TODO
    assert (await failures.Failure.get(id=failure.id)).replayed_at is not None


async def set_aside_for_good(by: Viewer, poison: Reminder) -> None:
    while (await Reminder.get(id=poison.id)).set_aside_at is None:
        await fire_due()
        await a_second_later(by)
