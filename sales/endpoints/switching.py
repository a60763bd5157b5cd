"""Switching an endpoint off by itself: one that is gone, or has failed for days. It is told like anything else."""

from uuid import UUID

from sales import database
from sales.endpoints import WhyDisabled

_SWITCH_OFF = """
with off as (
  update endpoints e set disabled_at = now(), disabled_because = $3::text
  where e.account_id = $1 and e.id = $2 and e.disabled_at is null and e.deleted_at is null
  returning e.user_id),
head as (
  update journal_heads set position = position + 1, last_at = greatest(last_at, clock_timestamp())
  where account_id = $1 and exists (select from off) returning position, last_at)
insert into journal (account_id, position, kind, at, happened_at, actor, subject_id, changes, private, data)
select $1, h.position, 'endpoint.disabled', h.last_at, h.last_at, 'CLOCK', $2,
  jsonb_build_object('disabled_because', jsonb_build_array(null, $3::text)), '{}',
  jsonb_build_object('user_id', off.user_id)
from head h, off returning position
"""

# What somebody is sending this very moment, or decides about, is left: whoever looks at it next finds the endpoint off.
_GIVE_UP = """
update deliveries d set state = 'DEAD', done_at = now(), last_error = 'the endpoint is switched off'
from (select id from deliveries where account_id = $1 and lane = $2 and state = 'PENDING' and lease is null
  for no key update skip locked) waiting
where d.id = waiting.id
"""


async def switch_off(account_id: UUID, endpoint_id: UUID, because: WhyDisabled) -> bool:
    """Send nothing there any more; False where that was so already.

    What waits for it is given up at once: one after the other it would take as long as the endpoint rests, and more.
    """
    is_new = bool(await database.fetch(_SWITCH_OFF, account_id, endpoint_id, because.value))
    await database.fetch(_GIVE_UP, account_id, endpoint_id)
    return is_new
