"""Indexes for what is read all day: a board's columns, somebody's leads in a status, what has fired of a lead."""

from tortoise import migrations
from tortoise.migrations import operations as ops

INDEXES = (
    # The columns of a board, sorted to the last key: without the id each page was sorted again.
    "drop index leads_board",
    "create index leads_board on leads (account_id, step_id, rank, id) where status in ('TODO', 'STANDBY')",
    # Somebody's leads in a status, newest first, however many are closed. Partial for the reason that 0003 gives.
    """create index leads_owner_status on leads (account_id, owner_id, status, number desc, id)
       where owner_id is not null""",
    # The moment beside a lead: most have no fired reminder, and a small index says so.
    "create index reminders_fired on reminders (account_id, lead_id, due_at) where state = 'FIRED'",
    # Which open reminders there are: leads without a next action, those that are overdue, and the order by either.
    """create index reminders_open on reminders (account_id, state, due_at) include (lead_id)
       where state in ('PENDING', 'FIRED')""",
)


class Migration(migrations.Migration):
    dependencies = [("sales", "0004_saved_views")]

    initial = False

    operations = [ops.RunSQL(list(INDEXES))]
