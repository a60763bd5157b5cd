"""Claiming: taking what is due, fairly, so that no receiver waits for another one.

Deliveries go by lanes: one for each endpoint, one for all e-mails. Each look takes as many of each lane as there is
room for, oldest first. A lane that rests, or waits for its rate, is passed by without a look at what waits there,
however much that is.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from sales import database
from sales.deliveries import Channel, rates
from sales.deliveries.policies import AT_ONCE, LEASE, MOST_ATTEMPTS, POLICIES, TRIES_BEFORE_PAUSE


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours to send until the lease ends."""

    id: UUID
    account_id: UUID
    channel: Channel
    notification_id: UUID | None
    endpoint_id: UUID | None
    position: int | None
    lead_id: UUID | None
    attempt: int
    lease: UUID
    digest_id: UUID | None = None
    earlier: int = 0
    """Attempts of before it was replayed, which count no more."""


_MOST_AMBIGUOUS: Final = " ".join(
    f"when '{channel}' then {policy.most_ambiguous}"
    for channel, policy in POLICIES.items()
    if policy.most_ambiguous is not None
)
MOST_AMBIGUOUS: Final = f"case {{delivery}}.channel {_MOST_AMBIGUOUS} else {2**15} end"
"""SQL for how often a delivery may have arrived before it is given up."""

# From one lane to the next by the index alone: what it costs depends on the lanes, not on the deliveries.
_LANES = """
with recursive steps as (
  (select d.lane from deliveries d where d.state = 'PENDING' order by d.lane limit 1)
  union all
  select (select d.lane from deliveries d where d.state = 'PENDING' and d.lane > s.lane order by d.lane limit 1)
  from steps s where s.lane is not null)"""

# What is on its way to an endpoint counts for all workers (two that look at one instant don't see each other). One that
# has failed again and again is tried by one delivery at a time. E-mails are counted by each worker for itself: where
# they leave takes more from more workers, up to its rate.
_ROOMS = f"""
rooms as (
  select s.lane, e.paused_until, e.rate_per_minute, p.provider,
    {rates.FREE_AT.format(endpoint="e", provider="p")} as free_at,
    case when e.id is null then /*mails*/ else
      case when e.failures >= {TRIES_BEFORE_PAUSE} then 1 else {AT_ONCE} end
      - (select count(*) from deliveries d
         where d.lane = s.lane and d.state = 'PENDING' and d.lease is not null and d.next_at > now()) end as room
  from steps s left join endpoints e on e.id = s.lane
  left join provider_rates p on p.provider = {rates.PROVIDER.format(endpoint="e")}
  where s.lane is not null)"""

# A rate is spent by one worker at a time, which holds the row that keeps it until its claim is written; another one
# doesn't wait for it, but passes these lanes by and looks again in a moment.
_IS_NEEDED = """r.room > 0 and (r.paused_until is null or r.paused_until <= now()) and exists (
    select from deliveries d where d.lane = r.lane and d.state = 'PENDING' and d.next_at <= now())"""
_RATES = f"""
paced as materialized (
  select e.id, {rates.ALLOWED.format(row="e")} as allowed from rooms r join endpoints e on e.id = r.lane
  where r.rate_per_minute is not null and {rates.IS_FREE.format(row="e")} and {_IS_NEEDED}
  for no key update of e skip locked),
provided as materialized (
  select p.provider, {rates.ALLOWED.format(row="p")} as allowed from provider_rates p
  where {rates.IS_FREE.format(row="p")} and exists (
    select from rooms r where r.provider = p.provider and {_IS_NEEDED})
  for no key update of p skip locked)"""

_IN_ORDER = """(d.channel <> 'WEBHOOK' or not exists (
      select from deliveries p where p.lane = d.lane and p.lead_id = d.lead_id and p.position < d.position
        and p.state = 'PENDING' and p.channel = 'WEBHOOK'))"""
"""Webhooks arrive in order of each lead; what goes to a person is never held behind another delivery."""

# Who has turned e-mail off, or left, or whose address sends it back, gets none any more; an empty digest is none.
# An expired lease is a due row: first send, retry and rescue are this one query. An attempt that was never ended was
# interrupted if it had not begun to transmit; otherwise nobody knows whether it arrived.
_CLAIM = f"""
{_LANES},
{_ROOMS.replace("/*mails*/", "$4::int")},
{_RATES},
due as materialized (
  select f.* from (
    select n.*, r.provider, v.allowed, row_number() over (partition by r.provider order by n.next_at) as place
    from rooms r left join paced t on t.id = r.lane left join provided v on v.provider = r.provider
    cross join lateral (
      select d.id, d.channel, d.attempt, d.earlier_attempts, d.ambiguous, d.user_id, d.account_id, d.endpoint_id,
        d.next_at, d.digest_id, d.notification_id, d.known_until
      from deliveries d
      where d.lane = r.lane and d.state = 'PENDING' and d.next_at <= now() and {_IN_ORDER}
      order by d.next_at, d.position limit greatest(least(r.room, t.allowed, v.allowed), 0)
      for no key update of d skip locked) n
    where (r.paused_until is null or r.paused_until <= now())
      and (r.rate_per_minute is null or t.id is not null) and (r.provider is null or v.provider is not null)) f
  where f.provider is null or f.place <= f.allowed
  order by f.next_at limit $1),
closed as (
  update delivery_attempts a set ended_at = now(),
    outcome = case when a.transmitting_at is null then 'INTERRUPTED' else 'AMBIGUOUS' end,
    error = 'the worker that sent it went away'
  from due where a.delivery_id = due.id and a.ended_at is null
  returning a.delivery_id, a.transmitting_at is not null as is_ambiguous),
judged as (
  select due.id, due.ambiguous + coalesce(c.is_ambiguous, false)::int as ambiguous,
    case when due.ambiguous + coalesce(c.is_ambiguous, false)::int >= {MOST_AMBIGUOUS.format(delivery="due")}
        then 'ambiguous'
      when due.attempt - due.earlier_attempts >= {MOST_ATTEMPTS} then 'interrupted'
      when e.disabled_at is not null then 'the endpoint is switched off' end as dead_of,
    u.deactivated_at is null and e.deleted_at is null
      and (due.channel <> 'EMAIL' or (u.notify_by_email and u.email_bounced_at is null))
      and (due.digest_id is null or due.notification_id is not null or exists (
        select from deliveries m where m.account_id = due.account_id and m.digest_id = due.digest_id
          and m.state = 'JOINED')) as is_wanted
  from due left join closed c on c.delivery_id = due.id
  left join users u on u.account_id = due.account_id and u.id = due.user_id
  left join endpoints e on e.account_id = due.account_id and e.id = due.endpoint_id),
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
  returning d.id, d.account_id, d.channel, d.notification_id, d.endpoint_id, d.position, d.lead_id, d.attempt, d.lease,
    d.digest_id, d.earlier_attempts as earlier),
let_go as (
  update deliveries m set state = 'CANCELLED', done_at = now() from claimed c
  where c.lease is null and c.digest_id is not null and c.notification_id is null
    and m.account_id = c.account_id and m.digest_id = c.digest_id and m.state = 'JOINED'
    and exists (select from fated f where f.id = c.id and f.fate = 'CANCELLED')),
spent as (
  update endpoints e set free_at = {rates.SPENT.format(row="e", number="s.number")}
  from (select t.id, count(*) as number from paced t join claimed c on c.endpoint_id = t.id
    where c.lease is not null group by t.id) s
  where e.id = s.id),
spent_by_provider as (
  update provider_rates p set free_at = {rates.SPENT.format(row="p", number="s.number")}
  from (select due.provider, count(*) as number from due join claimed c on c.id = due.id
    where due.provider is not null and c.lease is not null group by due.provider) s
  where p.provider = s.provider),
begun as (
  insert into delivery_attempts (delivery_id, account_id, attempt, lease, claimed_at)
  select id, account_id, attempt, lease, now() from claimed where lease is not null)
select * from claimed where lease is not null
"""

# The last look before the bytes go: still ours, still wanted, and enough of the lease left to send in.
_TRANSMITTING = """
update delivery_attempts a set transmitting_at = now() from deliveries d
where a.delivery_id = $1 and a.attempt = $2 and a.lease = $3 and a.ended_at is null
  and d.id = a.delivery_id and d.state = 'PENDING' and d.lease = $3 and d.next_at > now() + $4::interval
  and ($5::int is null or $5 = (select count(*) from deliveries m
    where m.account_id = d.account_id and m.digest_id = d.digest_id and m.state = 'JOINED'))
returning 1
"""

_NEXT = f"""
{_LANES},
{_ROOMS.replace("/*mails*/", "$1::int")}
select extract(epoch from min(greatest(n.next_at, r.paused_until, r.free_at)) - clock_timestamp())::float8 as seconds
from rooms r cross join lateral (
  select d.next_at from deliveries d where d.lane = r.lane and d.state = 'PENDING' and {_IN_ORDER}
  order by d.next_at limit 1) n
where r.room > 0
"""


async def claim(limit: int, *, mails: int | None = None, lease: timedelta = LEASE) -> list[Claim]:
    """Take at most `limit` deliveries that are due, at most `mails` of them e-mails: as many as can be sent at once."""
    rows = await database.fetch(_CLAIM, limit, uuid4(), lease, limit if mails is None else mails)
    return [Claim(**row | {"channel": Channel(row["channel"])}) for row in rows]


async def transmitting(claim: Claim, *, within: timedelta = timedelta(0), things: int | None = None) -> bool:
    """Note that the message goes out now, so that a crash before this is known to have sent nothing.

    False when it must not go: called off, taken over by somebody else, no time left to send in (`within`), or a digest
    of so many `things` of which something was called off since it was written.
    """
    return bool(await database.fetch(_TRANSMITTING, claim.id, claim.attempt, claim.lease, within, things))


async def next_due_in(*, mails: int = 1) -> float | None:
    """Seconds until the next delivery may go, by the database's clock; negative when one may, None without any.

    With no room for `mails` they don't count.
    """
    [row] = await database.fetch(_NEXT, mails)
    seconds: float | None = row["seconds"]
    return seconds
