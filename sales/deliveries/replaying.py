"""Replaying: many dead deliveries are sent on their way again, batch by batch, each in one statement.

Whoever is killed has done a batch or has not; the next one carries on after the last id.
"""

from typing import Final

from sales import database
from sales.deliveries.policies import POLICIES

BATCH: Final = 1_000

_KNOWS_NO_REPEAT = ", ".join(
    f"'{channel}'" for channel, policy in POLICIES.items() if policy.most_ambiguous is not None
)

# `r` is the replay and `d` a delivery. What has died since the replay was asked for is not meant. A digest is of all
# kinds that are in it.
_MEANT = """
d.account_id = r.account_id and d.state = 'DEAD' and d.done_at <= r.created_at
  and (r.user_id is null or d.user_id = r.user_id)
  and (r.meant -> 'channels' is null or r.meant -> 'channels' ? d.channel)
  and (r.meant ->> 'endpoint_id' is null or d.endpoint_id = (r.meant ->> 'endpoint_id')::uuid)
  and (r.meant ->> 'after' is null or d.created_at >= (r.meant ->> 'after')::timestamptz)
  and (r.meant ->> 'before' is null or d.created_at < (r.meant ->> 'before')::timestamptz)
  and (r.meant -> 'kinds' is null or exists (
    select from notifications n
    where n.account_id = d.account_id and n.id = d.notification_id and r.meant -> 'kinds' ? n.kind)
    or exists (
    select from deliveries m join notifications n on n.account_id = m.account_id and n.id = m.notification_id
    where m.account_id = d.account_id and m.digest_id = d.digest_id and m.state = 'JOINED'
      and d.notification_id is null and r.meant -> 'kinds' ? n.kind))
"""

COUNT: Final = f"""
select count(*)::int as total,
  count(*) filter (where d.ambiguous > 0 and d.channel in ({_KNOWS_NO_REPEAT}))::int as ambiguous
from (select $1::uuid as account_id, $2::jsonb as meant, $3::uuid as user_id, now() as created_at) r
join deliveries d on {_MEANT}
"""
"""SQL for how many a filter means, and how many of them may arrive twice."""

_BATCH = f"""
with job as materialized (
  select r.* from delivery_replays r where r.state = 'RUNNING'
  order by r.created_at limit 1 for no key update skip locked),
batch as materialized (
  select d.id from job r join deliveries d on {_MEANT} and (r.last_id is null or d.id > r.last_id)
  order by d.id limit $1 for no key update of d),
again as (
  update deliveries d set state = 'PENDING', earlier_attempts = d.attempt, ambiguous = 0, done_at = null,
    next_at = now(), lease = null, replayed_at = now()
  from batch b where d.id = b.id returning d.id),
counted as (select count(*)::int as done from again)
update delivery_replays r set done = r.done + c.done,
  last_id = coalesce((select id from batch order by id desc limit 1), r.last_id),
  state = case when c.done < $1 then 'DONE' else r.state end,
  ended_at = case when c.done < $1 then now() end
from job, counted c where r.id = job.id
returning c.done
"""


async def replay_some(limit: int = BATCH) -> int:
    """Do the next batch of the oldest replay that nobody else is at; returns how many were sent on their way."""
    rows = await database.fetch(_BATCH, limit)
    return sum(row["done"] for row in rows)
