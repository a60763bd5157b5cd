"""Trying again what the clock and the dispatch set aside, once somebody has mended the cause."""

from collections.abc import Sequence
from uuid import UUID

from sales import database
from sales.dispatch import dispatch_again
from sales.failures import LONGEST_ERROR, Failure, Stage, is_of_the_row

_DUE_AGAIN = "update reminders set set_aside_at = null where account_id = $1 and id = $2 returning 1"

_DONE = "update failures set set_aside_at = null, replayed_at = now(), tries = 0 where id = $1 returning 1"

_FAILED_AGAIN = "update failures set error = $2, last_at = now() where id = $1 returning 1"


async def replay(ids: Sequence[UUID] = ()) -> list[Failure]:
    """Try these again, or all that are set aside; returns those that fail still.

    A reminder is due again and fires at the clock's next look; an event is dispatched here and now.
    """
    wanted = Failure.filter(set_aside_at__isnull=False, **({"id__in": list(ids)} if ids else {}))
    return [failure for failure in await wanted.order_by("set_aside_at", "id") if not await _replayed(failure)]


async def _replayed(failure: Failure) -> bool:
    try:
        async with database.transaction():
            if failure.stage == Stage.CLOCK:
                await database.fetch(_DUE_AGAIN, failure.account_id, UUID(failure.subject))
            else:
                await dispatch_again(failure.account_id, int(failure.subject))
            await database.fetch(_DONE, failure.id)
    except Exception as error:
        if not is_of_the_row(error):
            raise
        failure.error = database.in_words(error)[:LONGEST_ERROR]
        await database.fetch(_FAILED_AGAIN, failure.id, failure.error)
        return False
    return True
