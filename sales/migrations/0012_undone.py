"""Indexes for undoing: what was undone by which event, unique, so that nothing is undone twice; and who was told."""

from tortoise import migrations
from tortoise.migrations import operations as ops

INDEXES = (
    """create unique index journal_undone on journal (account_id, ((data ->> 'undoes')::bigint))
       where data ? 'undoes'""",
    # The account comes second: by an index that begins with it foreign keys would be checked, one account's rows each.
    "create index notifications_of_event on notifications (position, account_id)",
)


class Migration(migrations.Migration):
    dependencies = [("sales", "0011_reminders")]

    initial = False

    operations = [ops.RunSQL(list(INDEXES))]
