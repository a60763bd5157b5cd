"""Sending: claimed by one, on record before the bytes go, settled by what came of it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sales import database
from sales.deliveries import Channel, Delivery, DeliveryAttempt, DeliveryOutcome, DeliveryState, claiming
from sales.deliveries.claiming import Claim, claim, transmitting
from sales.deliveries.policies import MOST_ATTEMPTS, POLICIES, retry_after
from sales.deliveries.settling import failed, sent
from sales.viewers import Viewer

NO_TIME = timedelta(milliseconds=1)
A_WHILE = timedelta(seconds=60)
RETRY_AFTER = POLICIES[Channel.EMAIL].retry_after


async def test_a_claimed_delivery_is_nobody_elses_until_the_lease_ends(delivery: UUID) -> None:
    first = await claimed(delivery)

    assert await claimed(delivery) is None
    assert first is not None
    assert first.attempt == 1
    row = await Delivery.get(id=delivery)
    [attempt] = await attempts(delivery)
    assert row.next_at == attempt["claimed_at"] + A_WHILE


async def test_of_many_who_claim_at_once_one_gets_it(delivery: UUID) -> None:
    claims = await asyncio.gather(*(claimed(delivery) for _ in range(8)))

    assert sum(each is not None for each in claims) == 1


async def test_a_success_is_a_success(delivery: UUID) -> None:
    mine = await needed(delivery)
    assert await transmitting(mine)

    await sent(mine)

    row, [attempt] = await Delivery.get(id=delivery), await attempts(delivery)
    assert (row.state, row.done_at is None, row.lease) == (DeliveryState.SENT, False, None)
    assert attempt["outcome"] == DeliveryOutcome.SENT
    assert attempt["claimed_at"] <= attempt["transmitting_at"] <= attempt["ended_at"]


async def test_a_refusal_is_tried_again_later(delivery: UUID) -> None:
    mine = await needed(delivery)
    before = await database.now()

    assert await failed(mine, DeliveryOutcome.REFUSED, "no\n route") == DeliveryState.PENDING

    row, [attempt] = await Delivery.get(id=delivery), await attempts(delivery)
    assert timedelta(seconds=7.9) < row.next_at - before < timedelta(seconds=13)
    assert (row.state, row.last_error, row.ambiguous) == (DeliveryState.PENDING, "no route", 0)
    assert (attempt["outcome"], attempt["error"]) == (DeliveryOutcome.REFUSED, "no route")


async def test_the_last_refusal_ends_it_visibly(delivery: UUID) -> None:
    for attempt in range(1, len(RETRY_AFTER) + 2):
        mine = await needed(delivery)
        assert mine.attempt == attempt
        state = await failed(mine, DeliveryOutcome.REFUSED, "still no route")
        await come_due(delivery)

    row = await Delivery.get(id=delivery)
    assert state == row.state == DeliveryState.DEAD
    assert (row.last_error, row.attempt, row.done_at is None) == ("still no route", 8, False)


async def test_a_rejection_ends_it_at_once(delivery: UUID) -> None:
    mine = await needed(delivery)

    assert await failed(mine, DeliveryOutcome.REJECTED, "550 no such user") == DeliveryState.DEAD

    assert (await Delivery.get(id=delivery)).last_error == "550 no such user"


async def test_what_may_have_arrived_is_sent_once_more_and_not_twice(delivery: UUID) -> None:
    states = []
    for _ in range(2):
        states.append(await failed(await needed(delivery), DeliveryOutcome.AMBIGUOUS, "the line broke"))
        await come_due(delivery)

    row = await Delivery.get(id=delivery)
    assert states == [DeliveryState.PENDING, DeliveryState.DEAD]
    assert (row.ambiguous, row.last_error) == (2, "ambiguous: the line broke")


async def test_a_sender_that_died_before_it_transmitted_is_known_to_have_sent_nothing(delivery: UUID) -> None:
    await needed(delivery, lease=NO_TIME)
    await asyncio.sleep(0.003)

    again = await needed(delivery)

    first, second = await attempts(delivery)
    assert (first["outcome"], second["outcome"]) == (DeliveryOutcome.INTERRUPTED, None)
    assert (again.attempt, (await Delivery.get(id=delivery)).ambiguous) == (2, 0)


async def test_a_sender_that_died_while_it_transmitted_leaves_it_open_whether_it_arrived(delivery: UUID) -> None:
    await die_transmitting(delivery)

    again = await needed(delivery)

    first, second = await attempts(delivery)
    assert (first["outcome"], second["outcome"]) == (DeliveryOutcome.AMBIGUOUS, None)
    assert (again.attempt, (await Delivery.get(id=delivery)).ambiguous) == (2, 1)


async def test_two_senders_that_died_while_they_transmitted_end_it(delivery: UUID) -> None:
    await die_transmitting(delivery)
    await die_transmitting(delivery)

    assert await claimed(delivery) is None

    row = await Delivery.get(id=delivery)
    assert (row.state, row.last_error, row.ambiguous) == (DeliveryState.DEAD, "ambiguous", 2)
    assert [attempt["outcome"] for attempt in await attempts(delivery)] == [DeliveryOutcome.AMBIGUOUS] * 2


async def test_a_delivery_that_kills_its_senders_is_given_up(delivery: UUID) -> None:
    for _ in range(MOST_ATTEMPTS):
        await needed(delivery, lease=NO_TIME)
        await asyncio.sleep(0.002)

    assert await claimed(delivery) is None

    row = await Delivery.get(id=delivery)
    assert (row.state, row.last_error) == (DeliveryState.DEAD, "interrupted")


async def test_a_late_failure_overwrites_nothing(delivery: UUID) -> None:
    late = await needed(delivery, lease=NO_TIME)
    await asyncio.sleep(0.003)
    current = await needed(delivery)

    assert await failed(late, DeliveryOutcome.REJECTED, "too late") is None

    row = await Delivery.get(id=delivery)
    assert (row.state, row.lease) == (DeliveryState.PENDING, current.lease)
    assert not row.last_error


async def test_a_late_success_counts(delivery: UUID) -> None:
    late = await needed(delivery, lease=NO_TIME)
    await asyncio.sleep(0.003)
    await needed(delivery)

    await sent(late)

    assert (await Delivery.get(id=delivery)).state == DeliveryState.SENT


async def test_a_success_is_stronger_than_a_cancellation(delivery: UUID) -> None:
    mine = await needed(delivery)
    await call_off(delivery)

    await sent(mine)

    assert (await Delivery.get(id=delivery)).state == DeliveryState.SENT


async def test_what_was_called_off_meanwhile_does_not_go_out(delivery: UUID) -> None:
    mine = await needed(delivery)
    await call_off(delivery)

    assert not await transmitting(mine)
    assert await failed(mine, DeliveryOutcome.INTERRUPTED, "called off") is None

    [attempt] = await attempts(delivery)
    assert (attempt["transmitting_at"], attempt["outcome"]) == (None, DeliveryOutcome.INTERRUPTED)


async def test_nothing_goes_out_without_the_time_to_finish(delivery: UUID) -> None:
    mine = await needed(delivery, lease=timedelta(seconds=5))

    assert not await transmitting(mine, within=timedelta(seconds=10))


@pytest.mark.parametrize("change", ["notify_by_email = false", "deactivated_at = now()"])
async def test_who_turned_e_mail_off_or_left_while_it_was_held_back_gets_none(
    ada: Viewer, delivery: UUID, change: str
) -> None:
    await database.fetch(f"update users set {change} where id = $1 returning id", ada.user.id)

    assert await claimed(delivery) is None

    row = await Delivery.get(id=delivery)
    assert (row.state, row.attempt) == (DeliveryState.CANCELLED, 0)


async def test_retries_are_spread_by_a_fifth_and_come_to_an_end() -> None:
    for attempt, expected in enumerate(RETRY_AFTER, start=1):
        waits = [retry_after(Channel.EMAIL, attempt) for _ in range(200)]
        assert all(wait is not None and expected * 0.8 <= wait <= expected * 1.2 for wait in waits)
        assert len(set(waits)) > 100

    assert retry_after(Channel.EMAIL, len(RETRY_AFTER) + 1) is None


async def test_looking_for_what_is_due_uses_its_index() -> None:
    rows = await database.fetch(f"explain {claiming._NEXT}", 1)

    assert "deliveries_due" in "\n".join(row["QUERY PLAN"] for row in rows)


async def claimed(delivery: UUID, *, lease: timedelta = A_WHILE) -> Claim | None:
    """The claim of this delivery; what other tests left is claimed along with it and left alone."""
    return next((each for each in await claim(10_000, lease=lease) if each.id == delivery), None)


async def needed(delivery: UUID, *, lease: timedelta = A_WHILE) -> Claim:
    mine = await claimed(delivery, lease=lease)
    assert mine is not None
    return mine


async def die_transmitting(delivery: UUID) -> None:
    assert await transmitting(await needed(delivery))
    await come_due(delivery)


async def come_due(delivery: UUID) -> None:
    await database.fetch("update deliveries set next_at = now() where id = $1 and state = 'PENDING'", delivery)


async def call_off(delivery: UUID) -> None:
    await database.fetch("update deliveries set state = 'CANCELLED', done_at = now() where id = $1", delivery)


async def attempts(delivery: UUID) -> list[dict[str, Any]]:
    return await DeliveryAttempt.filter(delivery_id=delivery).order_by("attempt").values()
