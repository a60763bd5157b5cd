"""Health: whether what is to be told of this account is told, for its administrators."""

from datetime import datetime

import strawberry

import reads
from reads import Row
from sales.canaries import LATE_SECONDS, Canary, age
from sales.deliveries import Delivery
from sales.deliveries.rates import KEEPS_PACE
from sales.reminders import Reminder
from sales.trails import Line
from sales.workers import ALIVE_SECONDS, IS_ALIVE, Worker
from schema.rights import is_administrator


@strawberry.type(description="A process that fires reminders, tells people, and sends.")
class DeliveryWorker:
    started_at: datetime = strawberry.field(description="When it started. Never null.")
    heartbeat_at: datetime = strawberry.field(
        description="When it was last heard of. Never null.", metadata=reads.computed(lambda worker: worker.beat_at)
    )
    is_alive: bool = strawberry.field(
        description=f"Whether that is at most {ALIVE_SECONDS} seconds ago. Never null.",
        metadata=reads.computed(lambda worker: f"({worker}.{IS_ALIVE})"),
    )
    hears_bell: bool = strawberry.field(
        description="Whether Redis reaches it; if not, it looks by itself every second. Never null."
    )


@strawberry.type(description="Whether reminders fire and deliveries leave, in your account.")
class DeliveryHealth:
    pending: int = strawberry.field(
        description="Deliveries that wait for their moment or their turn, also within a digest. Never null."
    )
    dead: int = strawberry.field(description="Deliveries that were given up and wait for somebody. Never null.")
    oldest_due_seconds: int | None = strawberry.field(
        description="How long the oldest of what is due has waited, reminder or delivery, leaving out endpoints in "
        "pause, and those to which as much goes as their rate allows; null: nothing is due. Over 30 for a minute is "
        "an alarm."
    )
    fired_last_minute: int = strawberry.field(description="Reminders that fired in the last minute. Never null.")
    endpoints_paused: int = strawberry.field(
        description="Endpoints that are spared for a while because they fail. Never null."
    )
    redis_reachable: bool = strawberry.field(
        description="Whether a living worker hears the bell through Redis. Without it all is told within a second. "
        "Never null."
    )
    canary_seconds: int | None = strawberry.field(
        description="Seconds since the last minute whose reminder of nobody's was fired and told; null: no worker has "
        "ever set one. It is below 60 or so when all is well."
    )
    is_late: bool = strawberry.field(
        description=f"Whether there is no such reminder of the last {LATE_SECONDS} seconds: an alarm. Never null."
    )
    workers: list[DeliveryWorker] = strawberry.field(
        description="Processes that were heard of within a day, the youngest heartbeat first. Never null.",
        metadata=reads.derived(lambda health: health.rows_of(Worker), order=lambda worker: f"{worker.beat_at} desc"),
    )


def _state(row: Row) -> str:
    """The one row of it, for administrators."""
    # A message of a digest that was given up holds what is in it until somebody decides.
    joined = f"""from {row.rows_of(Delivery)} d where d.state = 'JOINED' and d.attempt = 0 and not exists (
      select from {row.rows_of(Delivery)} m
      where m.digest_id = d.digest_id and m.notification_id is null and m.state = 'DEAD')"""
    pending = f"from {row.rows_of(Delivery)} d where d.state = 'PENDING'"
    resting = f"from {row.rows_of(Line)} e where e.paused_until > now()"
    waits = f"(e.paused_until > now() or {KEEPS_PACE.format(endpoint='e')})"
    due = f"""(select extract(epoch from now() - min(x.at))::int from (
      (select r.due_at as at from {row.rows_of(Reminder)} r
       where r.state = 'PENDING' and r.set_aside_at is null and r.due_at <= now() order by r.due_at limit 1)
      union all
      select min(d.next_at) {pending} and d.next_at <= now() and not exists (
         select from {row.rows_of(Line)} e where e.id = d.lane and {waits})) x)"""
    return f"""(select (select count(*) {pending}) + (select count(*) {joined}) as pending,
      (select count(*) from {row.rows_of(Delivery)} d where d.state = 'DEAD') as dead,
      {due} as oldest_due_seconds,
      (select count(*) from {row.rows_of(Reminder)} r where r.fired_at > now() - interval '1 minute')
        as fired_last_minute,
      (select count(*) {resting}) as endpoints_paused,
      exists (select from {row.rows_of(Worker)} w where w.hears_bell and w.{IS_ALIVE}) as redis_reachable,
      c.seconds as canary_seconds,
      coalesce(c.seconds, {LATE_SECONDS} + 1) > {LATE_SECONDS} as is_late
      from (select {age(row.rows_of(Canary))}::int as seconds) c where {is_administrator(row)})"""


@strawberry.field(
    name="deliveryHealth",
    graphql_type=DeliveryHealth | None,
    description="Whether all is well. Null for whoever is no administrator.",
    metadata=reads.only(_state),
)
def delivery_health() -> None: ...


QUERIES = [delivery_health]
