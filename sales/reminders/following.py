"""A series goes on: what is over and not followed is followed, by the clock where no verb has done so."""

from sales import database, failures
from sales.accounts import Account
from sales.database import Row
from sales.journal import Kind
from sales.journal.drafts import Draft, write
from sales.leads import Lead
from sales.reminders import Reminder
from sales.reminders.series import follow
from sales.sweeps import set_aside
from sales.users import User
from sales.viewers import Viewer

BATCH = 50

DUE = "r.series_id is not null and not r.is_followed and r.state <> 'PENDING' and r.set_aside_at is null"

_DUE_IDS = f"select r.id, r.account_id, r.lead_id from reminders r where {DUE} order by r.due_at limit $1"

# Locked as a verb does, the lead first; what somebody else is at is looked at again.
_LEAD = "select from leads where account_id = $1 and id = $2 for no key update skip locked"
_REMINDER = f"select from reminders r where r.account_id = $1 and r.id = $2 and {DUE} for no key update"


async def follow_due(limit: int = BATCH) -> int:
    """Set the next reminder of each series whose last is over; returns of how many. Each is a transaction.

    Killed in between, the rest is found by the next look; (series, occurrence) is unique.
    """
    return sum([await _follow(row) for row in await database.fetch(_DUE_IDS, limit)])


async def _follow(row: Row) -> bool:
    try:
        async with database.transaction():
            return await _followed(row)
    except Exception as error:
        if not failures.is_of_the_row(error):
            raise
        await set_aside(row, error)
        return False


async def _followed(row: Row) -> bool:
    account_id, id = row["account_id"], row["id"]
    if not await database.fetch(_LEAD, account_id, row["lead_id"]):
        return False
    if not await database.fetch(_REMINDER, account_id, id):
        return False
    lead, reminder = await Lead.get(id=row["lead_id"]), await Reminder.get(id=id)
    creator = await User.get(id=reminder.created_by_id)
    by = Viewer(account=await Account.get(id=account_id), user=creator)
    draft = Draft(Kind.REMINDER_SET, reminder, by=by, lead=lead, is_clocks=True)
    following = await follow(draft, reminder, now=await database.now())
    if following is None:
        draft.kind = Kind.REMINDER_SERIES_ENDED
    else:
        draft.subject = following
    await write(draft)
    return True
