"""Ways to people: calendar addresses, devices that are known again, and e-mail that somebody doesn't want or get."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from sales.endpoints import EndpointKind
from sales.ids import new_id
from sales.notifications import NotificationKind
from tortoise.contrib.postgres.fields import ArrayField
from tortoise import fields

CONSTRAINTS = (
    """alter table calendar_feeds add constraint calendar_feeds_user
       foreign key (account_id, user_id) references users (account_id, id)""",
    "create unique index calendar_feeds_token on calendar_feeds (token_hash)",
    "create index calendar_feeds_user on calendar_feeds (account_id, user_id)",
    """create unique index endpoints_device on endpoints (account_id, address_hash)
       where address_hash is not null and deleted_at is null""",
)


class Migration(migrations.Migration):
    dependencies = [('sales', '0013_black_box')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('account_id', fields.UUIDField()),
                ('user_id', fields.UUIDField(description='Whose reminders it shows')),
                ('name', fields.CharField(max_length=120)),
                ('token_hash', fields.CharField(description='SHA-256 of the token, in hexadecimal', max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('revoked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'calendar_feeds', 'app': 'sales', 'pk_attr': 'id', 'table_description': "A secret address of a person's calendar, for one program; shown once, stored as a hash."},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Endpoint',
            name='address_hash',
            field=fields.CharField(null=True, description='SHA-256 of what tells a device from others; null: nothing has to', max_length=64),
        ),
        ops.AddField(
            model_name='User',
            name='email_bounced_at',
            field=fields.DatetimeField(null=True, description='Since when nothing is sent to the address', auto_now=False, auto_now_add=False),
        ),
        ops.AlterField(
            model_name='Endpoint',
            name='kind',
            field=fields.CharEnumField(description='WEBHOOK: WEBHOOK\nWEB_PUSH: WEB_PUSH\nFCM: FCM\nSLACK: SLACK\nTEAMS: TEAMS\nAPPRISE: APPRISE', enum_type=EndpointKind, max_length=10),
        ),
        ops.AlterField(
            model_name='Notification',
            name='kind',
            field=fields.CharEnumField(description='REMINDER_DUE: REMINDER_DUE\nLEAD_ASSIGNED: LEAD_ASSIGNED\nLEAD_TAKEN_AWAY: LEAD_TAKEN_AWAY\nSTATUS_CHANGED: STATUS_CHANGED\nSTEP_CHANGED: STEP_CHANGED\nAMOUNT_CHANGED: AMOUNT_CHANGED\nENDPOINT_DISABLED: ENDPOINT_DISABLED\nOWNER_CHANGED: OWNER_CHANGED\nREMINDER_AHEAD: REMINDER_AHEAD\nREMINDER_ESCALATED: REMINDER_ESCALATED\nEMAIL_BOUNCED: EMAIL_BOUNCED', enum_type=NotificationKind, max_length=20),
        ),
        ops.RunSQL(list(CONSTRAINTS)),
    ]
