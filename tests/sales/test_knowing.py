"""How long a repeat is known by its key, and what that changes for what may have arrived."""

import asyncio
from datetime import timedelta
from uuid import UUID

from sales import database
from sales.deliveries import Delivery, DeliveryOutcome, DeliveryState
from sales.deliveries.claiming import Claim, claim, transmitting
from sales.deliveries.decisions import replay
from sales.deliveries.knowing import MARGIN, forgotten, kept, key_of
from sales.deliveries.settling import failed
from sales.viewers import Viewer

A_DAY = timedelta(days=1)
A_WHILE = timedelta(seconds=60)


async def test_what_may_have_arrived_goes_again_as_often_as_anything_else_while_it_is_known(delivery: UUID) -> None:
    states = [await try_once(delivery, DeliveryOutcome.AMBIGUOUS) for _ in range(8)]

    row = await Delivery.get(id=delivery)
    assert states == [DeliveryState.PENDING] * 7 + [DeliveryState.DEAD]
    assert (row.ambiguous, row.last_error) == (8, "ambiguous: the line broke")


async def test_the_time_counts_from_the_first_attempt_that_may_have_arrived(delivery: UUID) -> None:
    await try_once(delivery, DeliveryOutcome.REFUSED)
    refused = await Delivery.get(id=delivery)
    await try_once(delivery, DeliveryOutcome.AMBIGUOUS)
    first = await Delivery.get(id=delivery)
    await try_once(delivery, DeliveryOutcome.AMBIGUOUS)
    second = await Delivery.get(id=delivery)

    assert refused.known_until is not None
    assert first.known_until is not None
    assert first.known_until > refused.known_until
    assert second.known_until == first.known_until
    assert A_DAY - MARGIN - A_WHILE < first.known_until - await database.now() < A_DAY - MARGIN


async def test_whether_it_is_a_repeat_is_told_with_it(delivery: UUID) -> None:
    told = []
    for outcome in (DeliveryOutcome.REFUSED, DeliveryOutcome.AMBIGUOUS, DeliveryOutcome.REFUSED):
        mine = await needed(delivery)
        told.append(await kept(mine, for_=A_DAY))
        await failed(mine, outcome, "no")

    assert told == [False, False, True]


async def test_of_a_worker_that_died_late_nobody_knows_and_it_is_not_sent_again(delivery: UUID) -> None:
    mine = await needed(delivery, lease=timedelta(milliseconds=200))
    await kept(mine, for_=A_DAY)
    assert await transmitting(mine)
    await database.fetch(
        "update deliveries set known_until = now(), next_at = now() where id = $1 returning 1", delivery
    )

    assert await claim(1, lease=A_WHILE) == []

    row = await Delivery.get(id=delivery)
    assert (row.state, row.ambiguous, row.last_error) == (DeliveryState.DEAD, 1, "ambiguous")


async def test_a_rejection_says_that_nothing_had_arrived(delivery: UUID) -> None:
    await try_once(delivery, DeliveryOutcome.AMBIGUOUS)

    assert await try_once(delivery, DeliveryOutcome.REJECTED) == DeliveryState.DEAD

    assert (await Delivery.get(id=delivery)).last_error == "the line broke"


async def test_where_nobody_keeps_keys_any_more_it_goes_once_more_at_most(delivery: UUID) -> None:
    await try_once(delivery, DeliveryOutcome.AMBIGUOUS)
    mine = await needed(delivery)

    await forgotten(mine)

    assert await failed(mine, DeliveryOutcome.AMBIGUOUS, "the line broke") == DeliveryState.DEAD
    assert (await Delivery.get(id=delivery)).known_until is None


async def test_who_lost_the_lease_changes_nothing(delivery: UUID) -> None:
    late = await needed(delivery, lease=timedelta(milliseconds=1))
    await asyncio.sleep(0.003)
    await needed(delivery)

    assert not await kept(late, for_=A_DAY)

    assert (await Delivery.get(id=delivery)).known_until is None


async def test_a_key_is_the_same_until_a_person_sends_it_again(ada: Viewer, delivery: UUID) -> None:
    first = await needed(delivery)
    await failed(first, DeliveryOutcome.REFUSED, "no")
    second = await needed(delivery)
    await failed(second, DeliveryOutcome.REJECTED, "never")
    await replay(delivery, by=ada)
    third = await needed(delivery)

    assert [key_of(each) for each in (first, second, third)] == [f"dlv_{delivery}"] * 2 + [f"dlv_{delivery}.2"]


async def try_once(delivery: UUID, outcome: DeliveryOutcome) -> DeliveryState | None:
    mine = await needed(delivery)
    await kept(mine, for_=A_DAY)
    assert await transmitting(mine)
    return await failed(mine, outcome, "the line broke")


async def needed(delivery: UUID, *, lease: timedelta = A_WHILE) -> Claim:
    await database.fetch("update deliveries set next_at = now() where id = $1 and lease is null returning 1", delivery)
    [mine] = await claim(1, lease=lease)
    assert mine.id == delivery
    return mine
