"""Many rows at once, past the verbs: for tests of races and rates, in which what led to them does not matter."""

from datetime import timedelta
from uuid import UUID

from sales import database, ranks
from sales.viewers import Viewer
from tests.factories import steps_of

# Leads and their waking reminders refer to each other: one statement, at whose end the references hold.
_STANDBYS = """
with numbered as (
  select n, rank, uuidv7() as lead_id, uuidv7() as reminder_id, now() + $5::interval * n + $4::interval as due_at
  from unnest($3::text[]) with ordinality as r(rank, n)),
head as (
  update journal_heads set lead_number = lead_number + cardinality($3::text[]) where account_id = $1
  returning lead_number - cardinality($3::text[]) as taken),
made as (
  insert into leads (id, account_id, number, version, title, description, is_starred, status, status_changed_at,
    waking_reminder_id, step_id, step_entered_at, rank, owner_id, created_by_id, created_at)
  select lead_id, $1, taken + n, 1, 'Lead ' || n, '', false, 'STANDBY', now(), reminder_id, $6, now(), rank, $2, $2,
    now()
  from numbered, head)
insert into reminders (id, account_id, lead_id, created_by_id, wakes, state, due_at, notify_at, activity, note,
  created_at)
select reminder_id, $1, lead_id, $2, true, 'PENDING', due_at, due_at, '', '', now() from numbered order by n
returning id, lead_id
"""


async def many_standbys(
    by: Viewer, count: int, *, first_in: timedelta, every: timedelta = timedelta(0)
) -> dict[UUID, UUID]:
    """That many leads on standby, one coming due after the other; their reminders' ids with their own."""
    step = (await steps_of(by))[0]
    rows = await database.fetch(
        _STANDBYS, by.account.id, by.user.id, ranks.spread(count), first_in - every, every, step.id
    )
    return {row["id"]: row["lead_id"] for row in rows}
