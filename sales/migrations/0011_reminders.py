"""Reminders that tell ahead, come again, wait for inactivity, dissolve and escalate."""

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.db_defaults import SqlDefault
from tortoise.migrations import operations as ops

from sales.fields import WallTime
from sales.ids import new_id
from sales.notifications import NotificationKind

CONSTRAINTS = (
    """alter table reminder_series add constraint reminder_series_account
       foreign key (account_id) references accounts (id)""",
    "alter table reminder_series add constraint reminder_series_in_account unique (account_id, id)",
    """alter table reminder_series add constraint reminder_series_rule_valid
       check ((recurrence is null) = (starts_on is null) and (recurrence is null) = (time_zone is null))""",
    # Nothing that is there has any of these yet: there is nothing to validate.
    """alter table reminders add constraint reminders_series
       foreign key (account_id, series_id) references reminder_series (account_id, id) not valid""",
    """alter table reminders add constraint reminders_waking_comes_valid
       check (not wakes or (series_id is null and until = '{}' and since_activity is null)) not valid""",
    """alter table reminders add constraint reminders_since_activity_valid
       check (since_activity is null or series_id is not null) not valid""",
    "create unique index reminders_once_in_series on reminders (series_id, occurrence) where series_id is not null",
    """create index reminders_ahead on reminders (ahead_at)
       where state = 'PENDING' and set_aside_at is null and ahead_at is not null""",
    """create index reminders_conditional on reminders ((least(due_at, ahead_at)))
       where state = 'PENDING' and set_aside_at is null and (until <> '{}' or since_activity is not null)""",
    """create index reminders_escalating on reminders (escalate_at)
       where set_aside_at is null and escalate_at is not null""",
    """create index reminders_to_follow on reminders (due_at)
       where series_id is not null and not is_followed and state <> 'PENDING' and set_aside_at is null""",
)


class Migration(migrations.Migration):
    dependencies = [("sales", "0010_preferences")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Series",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("recurrence", fields.CharField(null=True, description="RRULE of RFC 5545; null: on inactivity", max_length=200)),
                ("starts_on", fields.DateField(null=True)),
                ("local_time", WallTime(null=True, description="Null: of whole days")),
                ("time_zone", fields.CharField(null=True, max_length=64)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "reminder_series", "app": "sales", "pk_attr": "id", "table_description": "What a reminder comes again by: a rule and the clock that it is told on; or, without a rule, inactivity."},
            bases=["Model"],
        ),
        # Defaults are constants, kept in the catalogue: no row of what may be a large table is written.
        ops.AddField(
            model_name="Reminder",
            name="ahead",
            field=ArrayField(default=list, db_default=SqlDefault("'{}'"), description="Told so many seconds before, too", element_type="INT"),
        ),
        ops.AddField(
            model_name="Reminder",
            name="ahead_at",
            field=fields.DatetimeField(null=True, description="When the next of these is", auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Reminder",
            name="until",
            field=ArrayField(default=list, db_default=SqlDefault("'{}'"), description="What dissolves it", element_type="TEXT"),
        ),
        ops.AddField(
            model_name="Reminder",
            name="since_activity",
            field=fields.BigIntField(null=True, description="Due when nobody touched the lead for so many seconds"),
        ),
        ops.AddField(
            model_name="Reminder",
            name="escalate_after",
            field=fields.BigIntField(null=True, description="Seconds for which it may stay unacknowledged"),
        ),
        ops.AddField(
            model_name="Reminder",
            name="escalate_at",
            field=fields.DatetimeField(null=True, description="When others are told, unless it is acknowledged by then", auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Reminder",
            name="series_id",
            field=fields.UUIDField(null=True, description="What it comes again and again by; null: it comes once"),
        ),
        ops.AddField(
            model_name="Reminder",
            name="occurrence",
            field=fields.IntField(default=1, db_default=1, description="Which of its series"),
        ),
        ops.AddField(
            model_name="Reminder",
            name="occurs_on",
            field=fields.DateField(null=True, description="The day by the rule of its series, whatever it was moved to"),
        ),
        ops.AddField(
            model_name="Reminder",
            name="is_followed",
            field=fields.BooleanField(default=False, db_default=SqlDefault("false"), description="The next of its series is set, or there is none"),
        ),
        ops.AlterField(
            model_name="Notification",
            name="kind",
            field=fields.CharEnumField(description="REMINDER_DUE: REMINDER_DUE\nLEAD_ASSIGNED: LEAD_ASSIGNED\nLEAD_TAKEN_AWAY: LEAD_TAKEN_AWAY\nSTATUS_CHANGED: STATUS_CHANGED\nSTEP_CHANGED: STEP_CHANGED\nAMOUNT_CHANGED: AMOUNT_CHANGED\nREMINDER_AHEAD: REMINDER_AHEAD\nREMINDER_ESCALATED: REMINDER_ESCALATED", enum_type=NotificationKind, max_length=20),
        ),
        ops.RunSQL(list(CONSTRAINTS)),
    ]
