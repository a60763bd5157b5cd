"""Indexes for undoing: what was undone by which event, unique, so that nothing is undone twice; and who was told."""

from tortoise import migrations
from tortoise.migrations import operations as ops

INDEXES = (
    """create unique index journal_undone on journal (account_id, ((data ->> 'undoes')::bigint))
       where data ? 'undoes'""",
    "create index notifications_of_event on notifications (account_id, position)",
)


class Migration(migrations.Migration):
    dependencies = [("sales", "0008_endpoints")]

    initial = False

    operations = [ops.RunSQL(list(INDEXES))]
