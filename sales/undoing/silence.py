"""Whether people were told already; calling off what they would have been told."""

from typing import Final

from sales import database
from sales.dispatch import hold_cursor
from sales.journal import Event
from sales.journal.drafts import Draft
from sales.reminders import Reminder, ReminderState
from sales.undoing import silent_until

# A sender that is claiming one of these is waited for: it has them, or they are never claimed any more. What has joined
# a digest goes with its message, which comes before what has joined it, as everywhere.
_MESSAGES: Final = """
select m.attempt > 0 as is_claimed from deliveries m
where m.account_id = $1 and m.notification_id is null and m.digest_id in (
  select d.digest_id from notifications n join deliveries d on d.account_id = n.account_id and d.notification_id = n.id
  where n.account_id = $1 and n.position = $2 and d.state = 'JOINED')
order by m.id for no key update of m
"""
_DELIVERIES: Final = """
select d.attempt > 0 or d.state = 'SENT' as is_claimed
from notifications n join deliveries d on d.account_id = n.account_id and d.notification_id = n.id
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
where d.account_id = $1 and d.notification_id = told.id and d.state in ('PENDING', 'JOINED')
"""

# What somebody had called off before the event stays so. A reminder that is still to come is told of ahead, and by the
# moment alone where that is here; whoever was to be told because nobody acknowledged it, is. It joins its digest again
# where that has not left, and goes by itself where it has.
_TELL_AFTER_ALL: Final = """
with told as (
  select n.id from notifications n join reminders r on r.account_id = n.account_id and r.id = n.reminder_id
  where n.account_id = $1 and n.reminder_id = any($2) and n.position < $3
    and (n.kind <> 'REMINDER_AHEAD' or (r.id = any($5) and r.notify_at > clock_timestamp()))),
shown as (
  update notifications n set cancelled_at = null from told
  where n.account_id = $1 and n.id = told.id and n.cancelled_at >= $4),
windows as materialized (
  select m.digest_id from deliveries m
  where m.account_id = $1 and m.notification_id is null and m.state = 'PENDING' and m.attempt = 0 and m.digest_id in (
    select d.digest_id from told join deliveries d on d.account_id = $1 and d.notification_id = told.id)
  order by m.id for no key update of m)
update deliveries d set done_at = null,
  state = case when d.digest_id in (select digest_id from windows) then 'JOINED' else 'PENDING' end,
  digest_id = case when d.digest_id in (select digest_id from windows) then d.digest_id end
from told
where d.account_id = $1 and d.notification_id = told.id and d.state = 'CANCELLED' and d.done_at >= $4
"""


async def fall_silent(event: Event, draft: Draft) -> bool:
    """Keep people from hearing of an event that the draft undoes, and of the draft; False: it is too late for that.

    Either way a reminder that the event had ended is told of again.
    """
    # Either the dispatch has told of the event and all that came of it is here, or it waits, and then finds it undone.
    await hold_cursor(event.account_id)
    await _tell_after_all(event, draft)
    deliveries = await database.fetch(_MESSAGES, event.account_id, event.position)
    deliveries += await database.fetch(_DELIVERIES, event.account_id, event.position)
    until = silent_until(event.at)
    if until is None or any(delivery["is_claimed"] for delivery in deliveries):
        return False
    [row] = await database.fetch(_IS_IN_TIME, event.account_id, event.position, until)
    if row["is_in_time"]:
        await database.fetch(_CALL_OFF, event.account_id, event.position)
    return bool(row["is_in_time"])


async def _tell_after_all(event: Event, draft: Draft) -> None:
    back = [change.row for change in draft.all_rows() if isinstance(change.row, Reminder) and "state" in change.changes]
    alive = [reminder.pk for reminder in back if reminder.state in (ReminderState.PENDING, ReminderState.FIRED)]
    to_come = [reminder.pk for reminder in back if reminder.state == ReminderState.PENDING]
    if alive:
        await database.fetch(_TELL_AFTER_ALL, event.account_id, alive, event.position, event.at, to_come)
