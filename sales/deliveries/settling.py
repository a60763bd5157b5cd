"""Settling: what became of an attempt, of the delivery, and of the endpoint that took it or didn't."""

from datetime import timedelta
from typing import Final

from sales import database
from sales.deliveries import DeliveryOutcome, DeliveryState
from sales.deliveries.claiming import MOST_AMBIGUOUS, Claim
from sales.deliveries.policies import (
    FAILING_FOR,
    FIRST_PAUSE,
    JITTER,
    LONGEST_PAUSE,
    LONGEST_WAIT,
    TRIES_BEFORE_PAUSE,
    retry_after,
)
from sales.endpoints import WhyDisabled
from sales.endpoints.switching import switch_off

LONGEST_ERROR: Final = 500

# It ends when it is written, and not when the statement began: it may have waited for who has just taken it over.
_SENT = """
with ended as (
  update delivery_attempts set ended_at = now(), outcome = 'SENT', status = $3
  where delivery_id = $1 and attempt = $2 and ended_at is null),
within as (
  update deliveries m set state = 'SENT', done_at = now() from deliveries d
  where d.id = $1 and d.notification_id is null and m.account_id = d.account_id and m.digest_id = d.digest_id
    and m.state = 'JOINED'),
well as (
  update endpoints e set failures = 0, failing_since = null, paused_until = null
  from deliveries d where d.id = $1 and e.account_id = d.account_id and e.id = d.endpoint_id and e.failures > 0)
update deliveries set state = 'SENT', done_at = clock_timestamp(), lease = null, last_error = null
where id = $1 and state <> 'SENT' returning 1
"""

_PAUSE = f"""
least(interval '{FIRST_PAUSE.total_seconds()} s' * power(2, least(e.failures + 1 - {TRIES_BEFORE_PAUSE}, 20)),
  interval '{LONGEST_PAUSE.total_seconds()} s') * ({1 - JITTER} + {2 * JITTER} * random())"""

# What may have arrived by its key, and would be tried next when nobody knows that key any more, or never.
_NOBODY_KNOWS = """$4 <> 'REJECTED' and d.ambiguous + ($4 = 'AMBIGUOUS')::int > 0
        and d.known_until < coalesce(now() + $6::interval, 'infinity')"""

# A failure counts only from the holder of the lease, for the delivery and for its endpoint.
_FAILED = f"""
with ended as (
  update delivery_attempts set ended_at = now(), outcome = $4, error = $5, status = $7
  where delivery_id = $1 and attempt = $2 and lease = $3 and ended_at is null),
judged as materialized (  -- locked, so that whoever takes it over meanwhile is seen before anything counts
  select d.id, d.account_id, d.endpoint_id, d.ambiguous + ($4 = 'AMBIGUOUS')::int as ambiguous,
    case when d.ambiguous + ($4 = 'AMBIGUOUS')::int >= {MOST_AMBIGUOUS.format(delivery="d")} then 'ambiguous: ' || $5
      when {_NOBODY_KNOWS} then 'ambiguous: ' || $5
      when $6::interval is null or $4 in ('REJECTED', 'GONE') then $5 end as dead_of
  from deliveries d where d.id = $1 and d.state = 'PENDING' and d.lease = $3 for no key update of d),
spared as (
  update endpoints e set failures = e.failures + 1, failing_since = coalesce(e.failing_since, now()),
    paused_until = greatest(e.paused_until, now() + $8::interval,
      case when e.failures + 1 >= {TRIES_BEFORE_PAUSE} then now() + {_PAUSE} end)
  from judged j where e.account_id = j.account_id and e.id = j.endpoint_id and $4 in ('REFUSED', 'AMBIGUOUS')
  returning e.failing_since <= now() - interval '{FAILING_FOR.total_seconds()} s' as has_failed_long)
update deliveries d set ambiguous = j.ambiguous, lease = null, last_error = coalesce(j.dead_of, $5),
  state = case when j.dead_of is null then 'PENDING' else 'DEAD' end,
  done_at = case when j.dead_of is null then null else clock_timestamp() end,
  next_at = now() + coalesce($6::interval, interval '0')
from judged j where d.id = j.id
returning d.state, coalesce((select has_failed_long from spared), false) as has_failed_long
"""


def in_one_line(said: str) -> str:
    """What somebody else said, so that it can be kept: no null byte, and nothing that wasn't UTF-8."""
    readable = said.replace("\0", "").encode("utf-8", "replace").decode()
    return " ".join(readable.split())[:LONGEST_ERROR]


async def sent(claim: Claim, *, status: int | None = None) -> None:
    """It arrived. Not fenced by the lease, and stronger than a cancellation: what arrived has arrived."""
    await database.fetch(_SENT, claim.id, claim.attempt, status)


async def failed(
    claim: Claim,
    outcome: DeliveryOutcome,
    error: str,
    *,
    status: int | None = None,
    wished: timedelta | None = None,
) -> DeliveryState | None:
    """It did not arrive, or nobody knows; returns what becomes of it, None when it is no longer ours to say.

    An endpoint that is gone, or has failed for days, is switched off. `wished` is for how long it wants to be spared.
    """
    words = in_one_line(error)
    delay = retry_after(claim.channel, claim.attempt - claim.earlier, wished=wished)
    rest = min(wished, LONGEST_WAIT) if wished else None
    values = claim.id, claim.attempt, claim.lease, outcome.value, words, delay, status, rest
    rows = await database.fetch(_FAILED, *values)
    if not rows:
        return None
    if claim.endpoint_id and (outcome == DeliveryOutcome.GONE or rows[0]["has_failed_long"]):
        because = WhyDisabled.GONE if outcome == DeliveryOutcome.GONE else WhyDisabled.FAILING
        await switch_off(claim.account_id, claim.endpoint_id, because)
    return DeliveryState(rows[0]["state"])
