"""Many dead letters are sent again batch by batch, each once, and only those that are meant."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from sales import database
from sales.deliveries import Channel, Delivery, DeliveryState, Replay, ReplayState
from sales.deliveries.decisions import Dead, replay_all
from sales.deliveries.replaying import replay_some
from sales.journal import Kind
from sales.notifications import NotificationKind
from sales.viewers import Viewer
from tests.factories import a_user, last_event
from tests.sales.dead import ids, the_dead


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


async def killed_after_a_batch() -> None:
    async with database.transaction():
        await replay_some(2)
        raise RuntimeError
