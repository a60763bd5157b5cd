"""Endpoints, and deliveries that go to them: in lanes, and in order of each lead where a webhook hears of it."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import uuid
from orjson import loads
from sales.deliveries import Channel, DeliveryOutcome
from sales.endpoints import EndpointKind, WhyDisabled
from sales.ids import new_id
from tortoise.fields.db_defaults import SqlDefault
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields

CONSTRAINTS = (
    """alter table endpoints add constraint endpoints_account foreign key (account_id) references accounts (id)""",
    """alter table endpoints add constraint endpoints_user
       foreign key (account_id, user_id) references users (account_id, id)""",
    """alter table endpoints add constraint endpoints_disabled_valid
       check ((disabled_at is null) = (disabled_because is null))""",
    "create index endpoints_of_account on endpoints (account_id, kind, user_id) where deleted_at is null",
    "alter table endpoints add constraint endpoints_in_account unique (account_id, id)",
    # Not validated against what is there: all of it is of notifications, and to read it all would lock out the senders.
    """alter table deliveries add constraint deliveries_endpoint
       foreign key (account_id, endpoint_id) references endpoints (account_id, id) not valid""",
    """alter table deliveries add constraint deliveries_of_something_valid
       check (notification_id is not null or (endpoint_id is not null and position is not null)) not valid""",
    "drop index deliveries_once",
    """create unique index deliveries_once on deliveries (notification_id, channel, endpoint_id) nulls not distinct
       where notification_id is not null""",
    """create unique index deliveries_of_event on deliveries (endpoint_id, position) where notification_id is null""",
    # From lane to lane, and in each the oldest first.
    "drop index deliveries_due",
    "create index deliveries_due on deliveries (lane, next_at, position) where state = 'PENDING'",
    "create index deliveries_leased on deliveries (lane, next_at) where state = 'PENDING' and lease is not null",
    """create index deliveries_in_order on deliveries (lane, lead_id, position)
       where state = 'PENDING' and channel = 'WEBHOOK'""",
)


class Migration(migrations.Migration):
    dependencies = [('sales', '0007_teams_are_told')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Endpoint',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('account_id', fields.UUIDField()),
                ('user_id', fields.UUIDField(null=True, description="Whose it is; null: the account's")),
                ('kind', fields.CharEnumField(description='WEBHOOK: WEBHOOK\nWEB_PUSH: WEB_PUSH\nFCM: FCM\nAPNS: APNS\nSLACK: SLACK\nTEAMS: TEAMS\nAPPRISE: APPRISE', enum_type=EndpointKind, max_length=10)),
                ('name', fields.CharField(max_length=120)),
                ('address', fields.TextField(description="A URL, a device's token or subscription; sealed", unique=False)),
                ('shown', fields.CharField(description='As much of the address as may be seen', max_length=300)),
                ('secret', fields.TextField(null=True, description='What webhooks are signed with; sealed', unique=False)),
                ('former_secret', fields.TextField(null=True, description='The one before; sealed', unique=False)),
                ('former_until', fields.DatetimeField(null=True, description='Until when the former secret signs too', auto_now=False, auto_now_add=False)),
                ('events', ArrayField(default=list, description='Kinds of events; none: all of them', element_type='TEXT')),
                ('lead_filter', fields.JSONField(default=dict, description='Ids and statuses; {} means all leads', encoder=JSON_DUMPS, decoder=loads)),
                ('selection', fields.TextField(null=True, description='What a webhook tells of a lead, in GraphQL; null: the usual', unique=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('disabled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('disabled_because', fields.CharEnumField(null=True, description='BY_HAND: BY_HAND\nGONE: GONE\nFAILING: FAILING', enum_type=WhyDisabled, max_length=10)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('failures', fields.IntField(default=0, description='On end')),
                ('failing_since', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('paused_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'endpoints', 'app': 'sales', 'pk_attr': 'id', 'table_description': 'Where deliveries go; of a person, or of the account. Its address is a secret: who knows it can post there.'},
            bases=['Model'],
        ),
        ops.AlterModelOptions(
            name='Delivery',
            options={'table': 'deliveries', 'app': 'sales', 'pk_attr': 'id', 'table_description': 'One notification on its way to one person, or one event to an endpoint; its id is what a receiver knows it by.'},
        ),
        ops.AlterField(
            model_name='Delivery',
            name='channel',
            field=fields.CharEnumField(description='EMAIL: EMAIL\nWEBHOOK: WEBHOOK\nPUSH: PUSH\nCHAT: CHAT', enum_type=Channel, max_length=10),
        ),
        ops.AlterField(
            model_name='Delivery',
            name='notification_id',
            field=fields.UUIDField(null=True, description='What a person is told; null: an event for a webhook'),
        ),
        ops.AlterField(
            model_name='Delivery',
            name='user_id',
            field=fields.UUIDField(null=True, description='To whom; null: to an endpoint of the account'),
        ),
        ops.AddField(
            model_name='Delivery',
            name='endpoint_id',
            field=fields.UUIDField(null=True, description="Where it goes; null: to the person's e-mail address"),
        ),
        ops.AddField(
            model_name='Delivery',
            name='lane',
            field=fields.UUIDField(default=uuid.UUID('00000000-0000-0000-0000-000000000001'), db_default=SqlDefault("'00000000-0000-0000-0000-000000000001'"), description='What it shares its turn with: the endpoint, or all e-mails'),
        ),
        ops.AddField(
            model_name='Delivery',
            name='lead_id',
            field=fields.UUIDField(null=True, description='Webhooks arrive in order of each lead'),
        ),
        ops.AddField(
            model_name='Delivery',
            name='position',
            field=fields.BigIntField(null=True, description='The event in the journal'),
        ),
        ops.AlterField(
            model_name='DeliveryAttempt',
            name='outcome',
            field=fields.CharEnumField(null=True, description='SENT: SENT\nREFUSED: REFUSED\nREJECTED: REJECTED\nGONE: GONE\nAMBIGUOUS: AMBIGUOUS\nINTERRUPTED: INTERRUPTED', enum_type=DeliveryOutcome, max_length=12),
        ),
        ops.AddField(
            model_name='DeliveryAttempt',
            name='status',
            field=fields.SmallIntField(null=True, description='What a server answered by HTTP'),
        ),
        ops.RunSQL(list(CONSTRAINTS)),
    ]
