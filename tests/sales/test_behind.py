"""Behind: sending leaves the machine to telling, in every worker, while one of them has much to tell."""

from datetime import timedelta

from sales import database
from sales.dispatch import BATCH, is_behind
from sales.viewers import Viewer
from tests.sales.many import many_standbys
from tests.sales.test_dispatch_rate import moved_by
from tests.turning import dispatch_all


async def test_an_account_with_more_than_a_batch_to_tell_is_behind_though_another_worker_is_at_it(
    ada: Viewer, ben: Viewer
) -> None:
    await many_standbys(ben, BATCH + 1, first_in=timedelta(days=1))
    await dispatch_all()
    before = await is_behind()
    await moved_by(ada, ben)

    async with database.transaction():
        await database.fetch("select from dispatch_cursors where account_id = $1 for update", ada.account.id)
        with_much = await is_behind()

    await dispatch_all()
    assert (before, with_much, await is_behind()) == (False, True, False)
