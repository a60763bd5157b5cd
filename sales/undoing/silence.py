"""Whether people were told already; calling off what they would have been told."""

from typing import Final

from sales import database
from sales.journal import Event
from sales.journal.drafts import Draft
from sales.reminders import Reminder, ReminderState
from sales.undoing import silent_until

# Either the dispatch has told of the event and all that came of it is here, or it waits, and then finds it undone.
_HOLD_THE_DISPATCH: Final = "select 1 from dispatch_cursors where account_id = $1 for no key update"

# A sender that is claiming one of these is waited for: it has them, or they are never claimed any more.
_DELIVERIES: Final = """
select d.attempt > 0 as is_claimed from notifications n join deliveries d on d.notification_id = n.id
where n.account_id = $1 and n.position = $2 order by d.id for no key update of d
"""

_IS_IN_TIME: Final = """
select clock_timestamp() < $3 and not exists (
  select from notifications where account_id = $1 and position = $2 and in_app and cancelled_at is null
    and visible_at <= clock_timestamp()) as is_in_time
"""

_CALL_OFF: Final = """
with told as (select id from notifications where account_id = $1 and position = $2),
hidden as (
  update notifications n set cancelled_at = clock_timestamp() from told
  where n.account_id = $1 and n.id = told.id and n.cancelled_at is null)
update deliveries d set state = 'CANCELLED', done_at = clock_timestamp() from told
where d.account_id = $1 and d.notification_id = told.id and d.state = 'PENDING'
"""

_TELL_AFTER_ALL: Final = """
with told as (
  select id from notifications
  where account_id = $1 and reminder_id = any($2) and kind = 'REMINDER_DUE' and position < $3),
shown as (
  update notifications n set cancelled_at = null from told
  where n.account_id = $1 and n.id = told.id and n.cancelled_at is not null)
update deliveries d set state = 'PENDING', done_at = null from told
where d.account_id = $1 and d.notification_id = told.id and d.state = 'CANCELLED'
"""


async def fall_silent(event: Event, draft: Draft) -> bool:
    """Keep people from hearing of an event that the draft undoes, and of the draft; False: it is too late for that.

    Either way a reminder that has fired, and that the event had ended, is told of again.
    """
    await database.fetch(_HOLD_THE_DISPATCH, event.account_id)
    fired = [
        row.row.pk
        for row in draft.all_rows()
        if isinstance(row.row, Reminder) and row.row.state == ReminderState.FIRED and "state" in row.changes
    ]
    if fired:
        await database.fetch(_TELL_AFTER_ALL, event.account_id, fired, event.position)
    deliveries = await database.fetch(_DELIVERIES, event.account_id, event.position)
    until = silent_until(event.at)
    if until is None or any(delivery["is_claimed"] for delivery in deliveries):
        return False
    [row] = await database.fetch(_IS_IN_TIME, event.account_id, event.position, until)
    if row["is_in_time"]:
        await database.fetch(_CALL_OFF, event.account_id, event.position)
    return bool(row["is_in_time"])
