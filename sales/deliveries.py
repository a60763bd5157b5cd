"""Deliveries: the outbox of what leaves the database, with every attempt on record."""

import random
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.ids import new_id

LEASE = timedelta(seconds=60)
"""How long a claimed delivery is its sender's; then somebody else may take it, so a sender must be quicker."""

RETRY_AFTER = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 5 * 60, 15 * 60, 60 * 60, 4 * 60 * 60, 12 * 60 * 60)
)
JITTER = 0.2
MOST_ATTEMPTS = 20
"""Of a sender that never comes back to say how it went, such as one that this very delivery kills."""

MOST_AMBIGUOUS = 2
"""What may have arrived is sent once more: a reminder twice is better than never. Not three times."""

LONGEST_ERROR = 500


class Channel(StrEnum):
    """A way out of the application."""

    EMAIL = "EMAIL"


class DeliveryState(StrEnum):
    """PENDING until it is SENT, or given up as DEAD, or CANCELLED because there is nothing left to tell."""

    PENDING = "PENDING"
    SENT = "SENT"
    DEAD = "DEAD"
    CANCELLED = "CANCELLED"


class DeliveryOutcome(StrEnum):
    """How one attempt ended."""

    SENT = "SENT"
    REFUSED = "REFUSED"
    REJECTED = "REJECTED"
    AMBIGUOUS = "AMBIGUOUS"
    INTERRUPTED = "INTERRUPTED"


class Delivery(Model):
    """One notification on its way to one person through one channel; its id is the Message-ID."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    notification_id = fields.UUIDField()
    user_id = fields.UUIDField()
    channel = fields.CharEnumField(Channel, max_length=10)
    state = fields.CharEnumField(DeliveryState, max_length=10, default=DeliveryState.PENDING)
    attempt = fields.IntField(default=0)
    ambiguous = fields.SmallIntField(default=0, description="Attempts that may have arrived without our knowing")
    next_at = fields.DatetimeField(description="When to look at it next; claiming pushes it by the lease")
    lease = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)
    last_error = fields.TextField(null=True)

    class Meta:
        table = "deliveries"


class DeliveryAttempt(Model):
    """One try at sending; the key is (delivery_id, attempt)."""

    delivery_id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    attempt = fields.IntField()
    lease = fields.UUIDField()
    claimed_at = fields.DatetimeField()
    transmitting_at = fields.DatetimeField(null=True, description="From here on it may have arrived")
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.CharEnumField(DeliveryOutcome, max_length=12, null=True)
    error = fields.TextField(null=True)

    class Meta:
        table = "delivery_attempts"


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours to send until the lease ends."""

    id: UUID
    notification_id: UUID
    attempt: int
    lease: UUID


# Who has turned e-mail off, or left, since it was held back gets none any more.
# An expired lease is a due row: first send, retry and rescue are this one query. An attempt that was never ended was
# interrupted if it had not begun to transmit; otherwise nobody knows whether it arrived.
_CLAIM = f"""
with due as materialized (
  select d.id, d.attempt, d.ambiguous, u.deactivated_at is null and u.notify_by_email as is_wanted
  from deliveries d join users u on u.account_id = d.account_id and u.id = d.user_id
  where d.state = 'PENDING' and d.next_at <= now()
  order by d.next_at limit $1 for no key update of d skip locked),
closed as (
  update delivery_attempts a set ended_at = now(),
    outcome = case when a.transmitting_at is null then 'INTERRUPTED' else 'AMBIGUOUS' end
  from due where a.delivery_id = due.id and a.ended_at is null
  returning a.delivery_id, a.transmitting_at is not null as is_ambiguous),
judged as (
  select due.id, due.ambiguous + coalesce(c.is_ambiguous, false)::int as ambiguous,
    case when due.ambiguous + coalesce(c.is_ambiguous, false)::int >= {MOST_AMBIGUOUS} then 'ambiguous'
      when due.attempt >= {MOST_ATTEMPTS} then 'interrupted' end as dead_of,
    due.is_wanted
  from due left join closed c on c.delivery_id = due.id),
fated as (
  select *, case when not is_wanted then 'CANCELLED' when dead_of is not null then 'DEAD' else 'PENDING' end as fate
  from judged),
claimed as (
  update deliveries d set ambiguous = j.ambiguous, state = j.fate,
    done_at = case when j.fate = 'PENDING' then null else now() end,
    last_error = coalesce(j.dead_of, d.last_error),
    attempt = case when j.fate = 'PENDING' then d.attempt + 1 else d.attempt end,
    lease = case when j.fate = 'PENDING' then $2::uuid end,
    next_at = now() + $3::interval
  from fated j where d.id = j.id
  returning d.id, d.account_id, d.notification_id, d.attempt, d.lease),
begun as (
  insert into delivery_attempts (delivery_id, account_id, attempt, lease, claimed_at)
  select id, account_id, attempt, lease, now() from claimed where lease is not null)
select id, notification_id, attempt, lease from claimed where lease is not null
"""

# The last look before the bytes go: still ours, still wanted, and enough of the lease left to send in.
_TRANSMITTING = """
update delivery_attempts a set transmitting_at = now() from deliveries d
where a.delivery_id = $1 and a.attempt = $2 and a.lease = $3 and a.ended_at is null
  and d.id = a.delivery_id and d.state = 'PENDING' and d.lease = $3 and d.next_at > now() + $4::interval
returning 1
"""

_SENT = """
with ended as (
  update delivery_attempts set ended_at = now(), outcome = 'SENT'
  where delivery_id = $1 and attempt = $2 and ended_at is null)
update deliveries set state = 'SENT', done_at = now(), lease = null, last_error = null
where id = $1 and state <> 'SENT' returning 1
"""

_FAILED = f"""
with ended as (
  update delivery_attempts set ended_at = now(), outcome = $4, error = $5
  where delivery_id = $1 and attempt = $2 and lease = $3 and ended_at is null),
judged as (
  select d.id, d.ambiguous + ($4 = 'AMBIGUOUS')::int as ambiguous,
    case when d.ambiguous + ($4 = 'AMBIGUOUS')::int >= {MOST_AMBIGUOUS} then 'ambiguous: ' || $5
      when $6::interval is null or $4 = 'REJECTED' then $5 end as dead_of
  from deliveries d where d.id = $1)
update deliveries d set ambiguous = j.ambiguous, lease = null, last_error = coalesce(j.dead_of, $5),
  state = case when j.dead_of is null then 'PENDING' else 'DEAD' end,
  done_at = case when j.dead_of is null then null else now() end,
  next_at = now() + coalesce($6::interval, interval '0')
from judged j where d.id = j.id and d.state = 'PENDING' and d.lease = $3
returning d.state
"""

_NEXT = """
select extract(epoch from min(next_at) - clock_timestamp())::float8 as seconds from deliveries where state = 'PENDING'
"""


async def claim(limit: int, *, lease: timedelta = LEASE) -> list[Claim]:
    """Take at most `limit` deliveries that are due; claim no more than can be sent at once."""
    return [Claim(**row) for row in await database.fetch(_CLAIM, limit, uuid4(), lease)]


async def transmitting(claim: Claim, *, within: timedelta = timedelta(0)) -> bool:
    """Note that the message goes out now, so that a crash before this is known to have sent nothing.

    False when it must not go: called off, taken over by somebody else, or no time left to send in (`within`).
    """
    return bool(await database.fetch(_TRANSMITTING, claim.id, claim.attempt, claim.lease, within))


async def sent(claim: Claim) -> None:
    """It arrived. Not fenced by the lease, and stronger than a cancellation: what arrived has arrived."""
    await database.fetch(_SENT, claim.id, claim.attempt)


async def failed(claim: Claim, outcome: DeliveryOutcome, error: str) -> DeliveryState | None:
    """It did not arrive, or nobody knows; returns what becomes of it, None when it is no longer ours to say."""
    words, delay = " ".join(error.split())[:LONGEST_ERROR], retry_after(claim.attempt)
    rows = await database.fetch(_FAILED, claim.id, claim.attempt, claim.lease, outcome.value, words, delay)
    return DeliveryState(rows[0]["state"]) if rows else None


def retry_after(attempt: int) -> timedelta | None:
    """How long to wait after this attempt (from 1), give or take a fifth; None: that was the last one.

    Spread, so that what failed together does not come back together.
    """
    if attempt > len(RETRY_AFTER):
        return None
    return RETRY_AFTER[attempt - 1] * random.uniform(1 - JITTER, 1 + JITTER)


async def next_due_in() -> float | None:
    """Seconds until the next delivery is due, by the database's clock; negative when one is, None without any."""
    [row] = await database.fetch(_NEXT)
    seconds: float | None = row["seconds"]
    return seconds
