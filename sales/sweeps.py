"""A sweep does what is due of one kind, in one statement; what cannot be done is tried alone and set aside at last."""

from dataclasses import dataclass

from sales import database, failures
from sales.database import Row
from sales.failures import Stage

BATCH = 500

_ONLY = "/*only*/"  # where a statement may be told to do one reminder alone

_SET_ASIDE = "update reminders set set_aside_at = now() where account_id = $1 and id = $2 returning 1"


HEADS = """
numbered as (
  select d.*, row_number() over (partition by d.account_id order by d.due_at, d.id) as n,
    count(*) over (partition by d.account_id) as events
  from due d),
locked_heads as materialized (  -- the last locks, in the house's order
  select h.account_id from journal_heads h where h.account_id in (select account_id from due)
  order by h.account_id for no key update),
heads as (
  update journal_heads h set position = h.position + n.events, last_at = greatest(h.last_at, clock_timestamp())
  from numbered n, locked_heads l where n.n = 1 and h.account_id = n.account_id and l.account_id = h.account_id
  returning h.account_id, h.position - n.events as base, h.last_at as at)
"""
"""The places in the journal of what is `due`: an event for each, `n`th of its account after `base`, written `at`."""


def these(row: str, id: str) -> str:
    """Which rows an update from `due d` changes: by their keys, or the planner might read the whole table."""
    return f"{row}.id = any(array(select {id} from due)) and {row}.account_id = d.account_id and {row}.id = d.{id}"


def locked(columns: str, *, due: str, at: str) -> str:
    """The beginning of a sweep: `locked`, the reminders `r` that are due in the order of `at`, with their leads `l`.

    A reminder is found by an index alone, and its lead by its key. Who is at one of them keeps both out. The planner
    takes a parameter for a tenth of all that might be due, and would read whole tables for it, so the number that it
    goes by is written out. What is kept out counts for `$1`, how far it looks, until it is free or moved.
    """
    return f"""
locked as materialized (
  select {columns} from (
    select * from reminders r where {due} {_ONLY}
    order by {at}, r.id limit $1 for no key update skip locked) r
  cross join lateral (
    select * from leads where account_id = r.account_id and id = r.lead_id for no key update skip locked) l
  limit {BATCH})
"""


@dataclass(frozen=True)
class Sweep:
    """A statement over the first `$1` reminders `r` that are due; `due_ids` are those that it would take."""

    statement: str
    due_ids: str

    async def run(self, limit: int) -> list[Row]:
        """Do what is due, at most `limit` of it and a batch; returns the statement's rows.

        Safe to call at once, and when nothing is due. A reminder that fails is tried alone, counted, and after five
        tries set aside, so that it stops no other.
        """
        try:
            return await database.fetch(self.statement, limit)
        except Exception as error:
            if not failures.is_of_the_row(error):
                raise
        due = await database.fetch(self.due_ids, limit)
        return [done for row in due for done in await self._alone(row)]

    async def _alone(self, row: Row) -> list[Row]:
        try:
            return await database.fetch(self.statement.replace(_ONLY, "and r.id = $2"), 1, row["id"])
        except Exception as error:
            if not failures.is_of_the_row(error):
                raise
            await set_aside(row, error)
            return []


async def set_aside(row: Row, error: Exception) -> None:
    """Count that this reminder (account_id, id) failed once more, and leave it be after the fifth time."""
    async with database.transaction():
        if await failures.count(row["account_id"], Stage.CLOCK, str(row["id"]), error):
            await database.fetch(_SET_ASIDE, row["account_id"], row["id"])


def iso(instant: str) -> str:
    """The SQL that writes an instant as Python does in UTC, so that the journal reads the same whoever wrote it."""
    text = f"to_char({instant} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    return f"replace({text}, '.000000', '') || '+00:00'"
