"""A sweep does what is due of one kind, in one statement; what cannot be done is tried alone and set aside at last."""

from dataclasses import dataclass

from sales import database, failures
from sales.database import Row
from sales.failures import Stage

ONLY = "/*only*/"
"""Where a sweep's statement may be told to do one reminder alone, `r`."""

_SET_ASIDE = "update reminders set set_aside_at = now() where account_id = $1 and id = $2 returning 1"


@dataclass(frozen=True)
class Sweep:
    """A statement over reminders `r` that are due, at most `$1` of them; `due_ids` are those that it would take."""

    statement: str
    due_ids: str

    async def run(self, limit: int) -> list[Row]:
        """Do what is due; returns the statement's rows. Safe to call at once, and when nothing is due.

        A reminder that fails is tried alone, counted, and after five tries set aside, so that it stops no other.
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
            return await database.fetch(self.statement.replace(ONLY, "and r.id = $2"), 1, row["id"])
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
