"""An index for what the journal tells of steps: a few rows among millions, which every board of the past reads."""

from tortoise import migrations
from tortoise.migrations import operations as ops

INDEXES = (
    # An event of a lead, as nearly all are, is told by its first condition that it isn't in here.
    """create index journal_steps on journal (account_id, position)
       where lead_id is null and (kind like 'step.%' or changes ? 'steps')""",
)


class Migration(migrations.Migration):
    dependencies = [("sales", "0005_reading_indexes")]

    initial = False

    operations = [ops.RunSQL(list(INDEXES))]
