"""What is held for a person is found whether it was tried before or not: both are planned again."""

from tortoise import migrations
from tortoise.migrations import operations as ops

HELD = (
    "drop index deliveries_held",
    """create index deliveries_held on deliveries (account_id, user_id)
       where user_id is not null and state in ('PENDING', 'JOINED')""",
)


class Migration(migrations.Migration):
    dependencies = [("sales", "0017_keys_kept")]

    initial = False

    operations = [ops.RunSQL(list(HELD))]
