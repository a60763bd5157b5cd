"""What is finished is forgotten after a while, and what is dead stays."""

import asyncio
from datetime import timedelta

from sales import database
from sales.deliveries import Delivery, DeliveryAttempt, claiming, settling
from sales.deliveries.decisions import cancel, replay
from sales.deliveries.forgetting import forget_finished
from sales.viewers import Viewer
from tests.sales.dead import ids, the_dead

A_MONTH = timedelta(days=30)


async def test_what_is_finished_is_forgotten_after_a_while_with_its_attempts_and_what_is_dead_stays(
    ada: Viewer,
) -> None:
    dead, sent, young, away = await the_dead(ada, 4)
    for each in (sent, young):
        await replay(each.id, by=ada)
    for claim in await claiming.claim(2):
        await settling.sent(claim)
    await cancel(away.id, by=ada)
    await age(dead, sent, away)

    while await forget_finished(A_MONTH):
        pass

    kept = await Delivery.filter(account_id=ada.account.id)
    assert {each.id for each in kept} == {dead.id, young.id}
    assert await DeliveryAttempt.filter(delivery_id__in=[sent.id, away.id]).count() == 0
    assert await DeliveryAttempt.filter(delivery_id=young.id).count() == 2


async def test_what_somebody_has_locked_is_left_for_the_next_time(ada: Viewer) -> None:
    first, second = await the_dead(ada, 2)
    for each in (first, second):
        await cancel(each.id, by=ada)
    await age(first, second)

    is_locked = asyncio.Event()

    async def forget() -> None:
        await is_locked.wait()
        await forget_finished(A_MONTH)

    forgetting = asyncio.create_task(forget())  # outside the transaction, which it would inherit
    async with database.transaction():
        await database.fetch("select id from deliveries where id = $1 for no key update", first.id)
        is_locked.set()
        await asyncio.wait_for(forgetting, 5)

    assert await Delivery.filter(account_id=ada.account.id).count() == 1
    while await forget_finished(A_MONTH):
        pass
    assert await Delivery.filter(account_id=ada.account.id).count() == 0


async def age(*deliveries: Delivery) -> None:
    """These were finished long ago."""
    await database.fetch(
        "update deliveries set done_at = now() - interval '31 days' where id = any($1)", ids(list(deliveries))
    )
