"""Workers: which processes are alive, by the database's clock."""

from typing import Final
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault
from tortoise.models import Model

from sales import database
from sales.ids import new_id

ALIVE_SECONDS: Final = 15
"""A worker that was not heard of for longer counts as absent."""

IS_ALIVE: Final = f"beat_at > now() - interval '{ALIVE_SECONDS} s'"
"""SQL for whether a row of `workers` is of one that is there."""


class Worker(Model):
    """A worker process and when it was last heard of."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=120)
    started_at = fields.DatetimeField()
    beat_at = fields.DatetimeField()
    hears_bell = fields.BooleanField(
        default=False, db_default=SqlDefault("false"), description="Whether Redis reaches it"
    )

    class Meta:
        table = "workers"


_BEAT = f"""
with mine as (
  insert into workers (id, name, started_at, beat_at, hears_bell) values ($1, $2, now(), now(), $3)
  on conflict (id) do update set beat_at = now(), hears_bell = excluded.hears_bell)
select 1 + count(*) as alive from workers where id <> $1 and {IS_ALIVE}
"""


async def beat(worker_id: UUID, name: str, *, hears_bell: bool = False) -> int:
    """Say that this worker is alive, and whether Redis reaches it; returns how many are."""
    [row] = await database.fetch(_BEAT, worker_id, name, hears_bell)
    alive: int = row["alive"]
    return alive


async def leave(worker_id: UUID) -> None:
    """Say that this worker has ended in order."""
    await database.fetch("delete from workers where id = $1", worker_id)


async def forget_gone() -> int:
    """Delete workers that have not been heard of for a day; returns how many."""
    return len(await database.fetch("delete from workers where beat_at < now() - interval '1 day' returning 1"))
