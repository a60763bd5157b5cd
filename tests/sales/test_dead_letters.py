"""Dead letters: sent again by hand, one or many, or put away; and what is finished is forgotten after a while."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from sales import clock, database, dispatch
from sales.advice import AdviceCode
from sales.deliveries import (
    Channel,
    Delivery,
    DeliveryAttempt,
    DeliveryOutcome,
    DeliveryState,
    Replay,
    ReplayState,
    claiming,
    forgetting,
    replaying,
    settling,
)
from sales.deliveries.decisions import Dead, cancel, replay, replay_all
from sales.deliveries.forgetting import forget_finished
from sales.deliveries.policies import POLICIES
from sales.deliveries.replaying import replay_some
from sales.errors import InvalidValue, NotFound
from sales.journal import Kind
from sales.moments import After
from sales.notifications import NotificationKind
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_account, an_empty_outbox, last_event

LAST_ATTEMPT = len(POLICIES[Channel.EMAIL].retry_after) + 1
A_MONTH = timedelta(days=30)


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


async def test_many_are_sent_again_batch_by_batch_each_once(ada: Viewer) -> None:
    dead = await the_dead(ada, 7)
    outcome = await replay_all(by=ada, dead=Dead())

    done = [await replay_some(3) for _ in range(4)]

    assert done == [3, 3, 1, 0]
    job = await Replay.get(id=outcome.id)
    assert (job.total, job.done, job.state, job.ended_at is None) == (7, 7, ReplayState.DONE, False)
    assert {each.state for each in await Delivery.filter(id__in=ids(dead))} == {DeliveryState.PENDING}
    assert (await last_event(ada)).kind == Kind.DELIVERIES_REPLAYED


async def test_a_batch_that_is_rolled_back_is_done_again_from_where_the_last_one_ended(ada: Viewer) -> None:
    await the_dead(ada, 5)
    outcome = await replay_all(by=ada, dead=Dead())
    await replay_some(2)

    with pytest.raises(RuntimeError):
        await killed_after_a_batch()

    assert (await Replay.get(id=outcome.id)).done == 2
    assert [await replay_some(2), await replay_some(2)] == [2, 1]
    assert (await Replay.get(id=outcome.id)).state == ReplayState.DONE


async def test_what_a_worker_is_at_another_one_leaves_alone(ada: Viewer) -> None:
    await the_dead(ada, 6)
    outcome = await replay_all(by=ada, dead=Dead())

    done = await asyncio.gather(*(replay_some(2) for _ in range(4)))
    while await replay_some(2):
        pass

    assert sum(done) <= 6
    assert (await Replay.get(id=outcome.id)).done == 6
    assert {each.earlier_attempts for each in await Delivery.filter(account_id=ada.account.id)} == {1}


@pytest.mark.parametrize(
    ("dead", "meant"),
    [
        (Dead(), 3),
        (Dead(channels=[Channel.EMAIL]), 3),
        (Dead(channels=[Channel.PUSH]), 0),
        (Dead(channels=[]), 0),
        (Dead(kinds=[NotificationKind.REMINDER_DUE]), 3),
        (Dead(kinds=[NotificationKind.STEP_CHANGED]), 0),
        (Dead(endpoint_id=UUID(int=7)), 0),
    ],
)
async def test_only_what_a_filter_means_is_sent_again(ada: Viewer, dead: Dead, meant: int) -> None:
    await the_dead(ada, 3)

    outcome = await replay_all(by=ada, dead=dead)
    while await replay_some():
        pass

    assert (await Replay.get(id=outcome.id)).total == meant
    assert await Delivery.filter(account_id=ada.account.id, state="PENDING").count() == meant


async def test_a_time_bounds_what_is_sent_again(ada: Viewer) -> None:
    old, new = await the_dead(ada, 2)
    await database.fetch("update deliveries set created_at = created_at - interval '2 days' where id = $1", old.id)

    await replay_all(by=ada, dead=Dead(before=(await database.now()) - timedelta(days=1)))
    while await replay_some():
        pass

    assert (await Delivery.get(id=old.id)).state == DeliveryState.PENDING
    assert (await Delivery.get(id=new.id)).state == DeliveryState.DEAD


async def test_a_person_sends_again_what_goes_to_himself_alone(ada: Viewer) -> None:
    ben = await a_user(ada, name="Ben")
    [hers], [his] = await the_dead(ada, 1), await the_dead(ben, 1)

    outcome = await replay_all(by=ben, dead=Dead())
    while await replay_some():
        pass

    assert (await Replay.get(id=outcome.id)).total == 1
    assert (await Delivery.get(id=his.id)).state == DeliveryState.PENDING
    assert (await Delivery.get(id=hers.id)).state == DeliveryState.DEAD


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


async def killed_after_a_batch() -> None:
    async with database.transaction():
        await replay_some(2)
        raise RuntimeError


async def the_dead(by: Viewer, number: int) -> list[Delivery]:
    """E-mails to this person of reminders that came due, which no mail server would have."""
    while await clock.fire_due():
        pass
    while await dispatch.dispatch():
        pass
    await an_empty_outbox()
    await Replay.filter(state="RUNNING").update(state="DONE", ended_at=await database.now())
    for _ in range(number):
        lead = await a_lead(by)
        await stand_by(lead.id, by=by, until=After(timedelta(milliseconds=1)))
    await asyncio.sleep(0.002)
    while await clock.fire_due():
        pass
    while await dispatch.dispatch():
        pass
    claims = await claiming.claim(number, mails=number)
    for claim in claims:
        await settling.failed(claim, DeliveryOutcome.REJECTED, "550 no such mailbox")
    return await Delivery.filter(id__in=[claim.id for claim in claims]).order_by("id")


async def fail(delivery_id: UUID) -> DeliveryState | None:
    """The next attempt is refused."""
    await database.fetch("update deliveries set next_at = now() where id = $1", delivery_id)
    [claim] = await claiming.claim(1)
    return await settling.failed(claim, DeliveryOutcome.REFUSED, "451 later")


async def age(*deliveries: Delivery) -> None:
    """These were finished long ago."""
    await database.fetch(
        "update deliveries set done_at = now() - interval '31 days' where id = any($1)", ids(list(deliveries))
    )


def ids(deliveries: list[Delivery]) -> list[UUID]:
    return [each.id for each in deliveries]
