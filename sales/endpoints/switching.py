"""Switching endpoints off, by itself where one is gone or has failed for days, and on again by adding it anew."""

from uuid import UUID

from sales import database, sealed
from sales.endpoints import Endpoint, WhyDisabled
from sales.journal.drafts import Draft

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
    """Send nothing there any more, which is told like anything else; False where that was so already."""
    is_new = bool(await database.fetch(_SWITCH_OFF, account_id, endpoint_id, because.value))
    await give_up(account_id, endpoint_id)
    return is_new


async def give_up(account_id: UUID, endpoint_id: UUID) -> None:
    """Send nothing of what waits for it: one after the other it would take as long as it rests, and more."""
    await database.fetch(_GIVE_UP, account_id, endpoint_id)


def switch_on(endpoint: Endpoint, *, draft: Draft, address: str) -> None:
    """Send there again, by this address: its keys may be others by now, and whoever adds it has shown that it works."""
    if not sealed.holds(endpoint.address, address):
        draft.change(endpoint, address=sealed.seal(address))
    if endpoint.disabled_at is not None:
        draft.change(
            endpoint, disabled_at=None, disabled_because=None, failures=0, failing_since=None, paused_until=None
        )
