"""Failures: rows that the clock or the dispatch could not process, set aside so that they stop nobody else."""

import logging
from enum import StrEnum
from uuid import UUID

import asyncpg
from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.ids import new_id

log = logging.getLogger("relance.failures")

MOST_TRIES = 5
LONGEST_ERROR = 2_000

# What a row can be to blame for: its values, or what the constraints and triggers say of them. A missing column, a
# deadlock or a server that goes away is nobody's fault, and passes or is mended while everything waits.
_OF_THE_ROW = {"21", "22", "23", "P0"}


class Stage(StrEnum):
    """Where it went wrong."""

    CLOCK = "CLOCK"
    DISPATCH = "DISPATCH"


class Failure(Model):
    """An event or a reminder that failed, how often, and why."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    stage = fields.CharEnumField(Stage, max_length=10)
    subject = fields.CharField(max_length=64, description="The reminder's id, or the event's position")
    tries = fields.IntField(default=1)
    error = fields.TextField()
    first_at = fields.DatetimeField()
    last_at = fields.DatetimeField()
    set_aside_at = fields.DatetimeField(null=True)
    replayed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "failures"


# Tries within a second count as one: five of them then take longer than what passes by itself, however many workers
# there are and however often they look.
_COUNT = f"""
insert into failures as f (id, account_id, stage, subject, tries, error, first_at, last_at)
values (uuidv7(), $1, $2, $3, 1, $4, now(), now())
on conflict (account_id, stage, subject) do update set
  tries = f.tries + 1, error = excluded.error, last_at = now(),
  set_aside_at = case when f.tries + 1 >= {MOST_TRIES} then now() end
where f.last_at <= now() - interval '1 second'
returning tries, set_aside_at is not null as is_set_aside
"""

_FORGET = "delete from failures where set_aside_at is null and last_at < now() - interval '7 days' returning 1"


def is_of_the_row(error: BaseException) -> bool:
    """Whether a row is to blame, rather than the database, the network or a statement of ours."""
    cause = error if isinstance(error, asyncpg.PostgresError) else error.__cause__
    if isinstance(cause, asyncpg.PostgresError):
        return str(cause.sqlstate)[:2] in _OF_THE_ROW
    return isinstance(error, LookupError | TypeError | ValueError | AttributeError | ArithmeticError)


async def count(account_id: UUID, stage: Stage, subject: str, error: Exception) -> bool:
    """Note that this failed once more; True when it is thereby to be set aside."""
    words = database.in_words(error)[:LONGEST_ERROR]
    rows = await database.fetch(_COUNT, account_id, stage.value, subject, words)
    for row in rows:
        tries = row["tries"], MOST_TRIES
        log.error("%s %s of account %s failed, try %s of %s: %s", stage.lower(), subject, account_id, *tries, words)
    return any(row["is_set_aside"] for row in rows)


async def set_aside() -> list[Failure]:
    """What is waiting for somebody, oldest first."""
    return await Failure.filter(set_aside_at__isnull=False).order_by("set_aside_at", "id")


async def forget_old() -> int:
    """Delete failures that mended themselves a week ago or more; returns how many."""
    return len(await database.fetch(_FORGET))
