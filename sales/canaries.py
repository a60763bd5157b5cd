"""The canary: a reminder of nobody's each minute, fired by the clock and told by the dispatch; if it is late, all is.

It is a row of a table of its own, which the same sweeps write right after their own work. An account of its own would
go a longer way, but would have to be hidden from each list, count and invoice, and leave 1,440 events a day in a
journal that is never deleted.
"""

from typing import Final

from tortoise import fields
from tortoise.models import Model

from sales import database

LATE_SECONDS: Final = 150
"""One is due each minute: after two and a half none has been told."""


class Canary(Model):
    """A minute, and when the clock and the dispatch were done with what was due by then."""

    due_at = fields.DatetimeField(primary_key=True)
    fired_at = fields.DatetimeField(null=True)
    dispatched_at = fields.DatetimeField(null=True)

    class Meta:
        table = "canaries"


# Whoever is first fires it; the next one is set by whoever looks. `now()` is the statement's own.
_FIRE = """
with fired as (
  update canaries set fired_at = now() where due_at in (
    select due_at from canaries where fired_at is null and due_at <= now() for update skip locked)
  returning due_at),
set as (
  insert into canaries (due_at) values (date_trunc('minute', now()) + interval '1 minute') on conflict do nothing)
select count(*)::int as fired,
  extract(epoch from date_trunc('minute', now()) + interval '1 minute' - clock_timestamp())::float8 as next_in
from fired
"""

_TELL = """
update canaries set dispatched_at = now() where due_at in (
  select due_at from canaries where fired_at is not null and dispatched_at is null for update skip locked)
returning 1
"""

_FORGET = "delete from canaries where due_at < now() - interval '1 day' returning 1"


def age(canaries: str = "canaries") -> str:
    """SQL for the seconds since the last minute whose canary was told, or since the first was set; null: none was."""
    return f"""(
  select case when count(*) > 0 then greatest(0, extract(epoch from
    now() - coalesce(max(c.due_at) filter (where c.dispatched_at is not null), min(c.due_at)))) end
  from {canaries} c)"""


async def fire() -> tuple[int, float]:
    """Fire the canary that is due, and set the next one; returns how many fired, and the seconds until the next."""
    [row] = await database.fetch(_FIRE)
    return row["fired"], row["next_in"]


async def tell() -> int:
    """Note that what has fired was told; returns how many."""
    return len(await database.fetch(_TELL))


async def forget_old() -> int:
    """Delete those of more than a day ago; returns how many."""
    return len(await database.fetch(_FORGET))
