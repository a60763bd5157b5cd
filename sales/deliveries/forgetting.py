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
returning 1
"""


async def forget_finished(after: timedelta) -> int:
    """Delete a batch of deliveries that were finished so long ago; returns how many."""
    return len(await database.fetch(_FORGET, after))
