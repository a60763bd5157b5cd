"""Dead letters: sent again by hand under their id, or put away; and whatever looks for them has an index."""

import asyncio
from uuid import UUID

import pytest

from sales import database
from sales.advice import AdviceCode
from sales.deliveries import (
    Channel,
    Delivery,
    DeliveryAttempt,
    DeliveryOutcome,
    DeliveryState,
    claiming,
    forgetting,
    replaying,
    settling,
)
from sales.deliveries.decisions import cancel, replay
from sales.deliveries.policies import POLICIES
from sales.errors import InvalidValue, NotFound
from sales.journal import Kind
from sales.viewers import Viewer
from tests.factories import a_user, an_account, last_event
from tests.sales.dead import the_dead

LAST_ATTEMPT = len(POLICIES[Channel.EMAIL].retry_after) + 1


async def test_a_dead_delivery_is_sent_again_under_its_id_with_all_attempts_anew(ada: Viewer) -> None:
    [dead] = await the_dead(ada, 1)

    outcome = await replay(dead.id, by=ada)

    again = await Delivery.get(id=dead.id)
    assert outcome.id == dead.id
    assert (again.state, again.earlier_attempts, again.done_at) == (DeliveryState.PENDING, 1, None)
    assert again.last_error == "550 no such mailbox"
    for _ in range(LAST_ATTEMPT - 1):
        assert await fail(dead.id) == DeliveryState.PENDING
    assert await fail(dead.id) == DeliveryState.DEAD
    assert await DeliveryAttempt.filter(delivery_id=dead.id).count() == 1 + LAST_ATTEMPT
    event = await last_event(ada)
    assert (event.kind, event.subject_id, event.lead_id) == (Kind.DELIVERY_REPLAYED, dead.id, None)
    assert "last_error" not in event.changes


async def test_replayed_twice_it_is_sent_again_once(ada: Viewer) -> None:
    [dead] = await the_dead(ada, 1)
    await replay(dead.id, by=ada)

    second = await replay(dead.id, by=ada)

    assert second.position is None
    assert (await Delivery.get(id=dead.id)).earlier_attempts == 1


async def test_two_who_replay_at_once_replay_it_once(ada: Viewer) -> None:
    [dead] = await the_dead(ada, 1)

    outcomes = await asyncio.gather(*(replay(dead.id, by=ada) for _ in range(4)))

    assert sum(outcome.position is not None for outcome in outcomes) == 1


async def test_what_may_have_arrived_is_replayed_with_a_warning(ada: Viewer) -> None:
    [dead] = await the_dead(ada, 1)
    await database.fetch("update deliveries set ambiguous = 2, last_error = 'ambiguous' where id = $1", dead.id)

    outcome = await replay(dead.id, by=ada)

    [warning] = outcome.warnings
    assert (warning.code, warning.ids) == (AdviceCode.MAY_ARRIVE_TWICE, (dead.id,))
    assert warning.message("en") == "This may have arrived before. It is sent once more, and may arrive twice."
    assert (await Delivery.get(id=dead.id)).ambiguous == 0


async def test_what_has_arrived_is_neither_replayed_nor_called_off(ada: Viewer) -> None:
    [dead] = await the_dead(ada, 1)
    await replay(dead.id, by=ada)
    [claim] = await claiming.claim(1)
    await settling.sent(claim)

    for verb in (replay, cancel):
        with pytest.raises(InvalidValue) as refused:
            await verb(dead.id, by=ada)
        assert refused.value.message("en") == "This has arrived: there is nothing left to do."
    assert (await Delivery.get(id=dead.id)).state == DeliveryState.SENT


async def test_a_dead_one_is_put_away_and_is_then_not_sent_again(ada: Viewer) -> None:
    [dead] = await the_dead(ada, 1)

    await cancel(dead.id, by=ada)

    assert (await Delivery.get(id=dead.id)).state == DeliveryState.CANCELLED
    assert (await last_event(ada)).kind == Kind.DELIVERY_CANCELLED
    with pytest.raises(InvalidValue):
        await replay(dead.id, by=ada)
    assert (await cancel(dead.id, by=ada)).position is None


async def test_a_pending_one_is_called_off_and_leaves_no_more(ada: Viewer) -> None:
    [dead] = await the_dead(ada, 1)
    await replay(dead.id, by=ada)

    await cancel(dead.id, by=ada)

    assert await claiming.claim(10) == []


async def test_only_administrators_decide_about_what_goes_to_somebody_else(ada: Viewer) -> None:
    [dead] = await the_dead(ada, 1)
    ben, stranger = await a_user(ada, name="Ben"), await an_account()

    for other in (ben, stranger):
        for verb in (replay, cancel):
            with pytest.raises(NotFound):
                await verb(dead.id, by=other)
    assert (await Delivery.get(id=dead.id)).state == DeliveryState.DEAD


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (forgetting._FORGET.replace("$1", "'1 day'"), "deliveries_finished"),
        (replaying._BATCH.replace("$1", "1000"), "deliveries_dead"),
        ("select count(*) from reminders where fired_at > now() - interval '1 minute'", "reminders_fired_at"),
        (
            "select from delivery_attempts where claimed_at > now() - interval '1 minute'",
            "delivery_attempts_claimed_at",
        ),
    ],
)
async def test_whatever_looks_again_and_again_has_an_index(sql: str, index: str) -> None:
    async with database.transaction() as transaction:
        await database.fetch("set local enable_seqscan = off")
        plan = await database.fetch(f"explain {sql}")
        await transaction.rollback()

    assert any(index in row["QUERY PLAN"] for row in plan)


async def fail(delivery_id: UUID) -> DeliveryState | None:
    """The next attempt is refused."""
    await database.fetch("update deliveries set next_at = now() where id = $1", delivery_id)
    [claim] = await claiming.claim(1)
    return await settling.failed(claim, DeliveryOutcome.REFUSED, "451 later")
