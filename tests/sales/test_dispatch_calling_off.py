"""What was to be told and sent is called off when what it is about is over."""

import asyncio
from datetime import timedelta

from sales import database
from sales.clock import fire_due
from sales.moments import After
from sales.reminders.decisions import done
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.factories import a_lead, reminders_of
from tests.sales.tellings import change, deliveries_of, notifications
from tests.turning import AN_INSTANT, dispatch_all, fire_and_dispatch


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


async def test_the_next_reminder_of_a_lead_is_told_of_although_the_one_before_was_called_off(ada: Viewer) -> None:
    lead = await a_lead(ada)
    for _ in range(2):
        await stand_by(lead.id, by=ada, until=AN_INSTANT)
        await asyncio.sleep(0.002)
        await fire_due()

    await dispatch_all()

    assert sorted(row["state"] for row in await deliveries_of(ada)) == ["CANCELLED", "PENDING"]
