"""Firing leaves the moment alone from which on a lead is to do: looking for it anew was half of what firing cost.

A reminder that is nobody's yet counts for the lead's owner, and is the owner's when it fires: what comes first for the
owner is the same before and after. A lead without an owner has no such moment.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

FIRED = "old.state = 'PENDING' and new.state = 'FIRED' and old.user_id is null"

# The conditions of 0003, but for the person who is told when it fires.
TODO_AT = f"""
create or replace trigger reminders_todo_at after update of state, due_at, user_id, lead_id on reminders for each row
when ((old.state in ('PENDING', 'FIRED'), old.due_at, old.lead_id)
    is distinct from (new.state in ('PENDING', 'FIRED'), new.due_at, new.lead_id)
  or (old.user_id is distinct from new.user_id and not ({FIRED})))
execute function keep_todo_at()
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0014_ways")]

    initial = False

    operations = [ops.RunSQL([TODO_AT])]
