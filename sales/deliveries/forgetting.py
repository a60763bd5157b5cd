"""Forgetting: what arrived or was called off is deleted after a while, with its attempts. What is dead stays."""

from datetime import timedelta
from typing import Final

from sales import database

BATCH: Final = 5_000

# What somebody has locked is left for the next time, so that nobody who sends waits for this.
_FORGET = f"""
with old as materialized (
  select d.id, d.account_id from deliveries d
  where d.state in ('SENT', 'CANCELLED') and d.done_at < now() - $1::interval
  order by d.done_at limit {BATCH} for update skip locked),
tries as (
  delete from delivery_attempts a using old o where a.delivery_id = o.id and a.account_id = o.account_id)
delete from deliveries d using old o where d.id = o.id
returning d.digest_id
"""

# Held by one at a time: the last one to delete of a digest sees what all others have, and takes the digest with it.
_HOLD_DIGESTS = "select 1 from digests where id = any($1) order by id for update"
_FORGET_DIGESTS = """
delete from digests g where g.id = any($1) and not exists (select from deliveries d where d.digest_id = g.id)
"""


async def forget_finished(after: timedelta) -> int:
    """Delete a batch of deliveries that were finished so long ago, and digests of which nothing is left.

    Returns how many deliveries they were.
    """
    async with database.transaction():
        rows = await database.fetch(_FORGET, after)
        digests = list({row["digest_id"] for row in rows if row["digest_id"]})
        if digests:
            await database.fetch(_HOLD_DIGESTS, digests)
            await database.fetch(_FORGET_DIGESTS, digests)
    return len(rows)
