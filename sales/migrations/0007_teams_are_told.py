"""Whoever joins, leaves or manages a team may see and change other leads: their account's row becomes a new version.

So who asks is confirmed by comparing the versions of two rows (`sales/callers.py`), and teams need not be read again.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

TRIGGERS = (
    """create function renew_account() returns trigger language plpgsql as $$ begin
         update accounts set name = name where id = coalesce(new.account_id, old.account_id);
         return null;
       end $$""",
    """create trigger renew_account after insert or update or delete on memberships
       for each row execute function renew_account()""",
    """create trigger renew_account after update or delete on teams
       for each row execute function renew_account()""",
)


class Migration(migrations.Migration):
    dependencies = [("sales", "0006_journal_of_steps")]

    initial = False

    operations = [ops.RunSQL(list(TRIGGERS))]
