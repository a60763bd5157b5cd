"""Deliveries that no mail server would have."""

from uuid import UUID

from sales import database
from sales.deliveries import Delivery, DeliveryOutcome, Replay, claiming, settling
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.factories import a_lead, an_empty_outbox
from tests.turning import AN_INSTANT, fire_and_dispatch


async def the_dead(by: Viewer, number: int) -> list[Delivery]:
    """E-mails to this person of reminders that came due, which no mail server would have."""
    await fire_and_dispatch()
    await an_empty_outbox()
    await Replay.filter(state="RUNNING").update(state="DONE", ended_at=await database.now())
    for _ in range(number):
        lead = await a_lead(by)
        await stand_by(lead.id, by=by, until=AN_INSTANT)
    await fire_and_dispatch()
    claims = await claiming.claim(number, mails=number)
    for claim in claims:
        await settling.failed(claim, DeliveryOutcome.REJECTED, "550 no such mailbox")
    return await Delivery.filter(id__in=[claim.id for claim in claims]).order_by("id")


def ids(deliveries: list[Delivery]) -> list[UUID]:
    return [each.id for each in deliveries]
