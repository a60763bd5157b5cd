"""What people decide about being told: preferences, watches, and digests of several notices."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from sales.deliveries import Channel, DeliveryState
from sales.ids import new_id
from tortoise.fields.db_defaults import SqlDefault
from sales.notifications import NotificationKind
from sales.watches import Attention
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields

CONSTRAINTS = (
    """alter table preferences add constraint preferences_user
       foreign key (account_id, user_id) references users (account_id, id)""",
    "alter table preferences add constraint preferences_account foreign key (account_id) references accounts (id)",
    "create unique index preferences_of_person on preferences (account_id, user_id) nulls not distinct",
    """alter table watches add constraint watches_user
       foreign key (account_id, user_id) references users (account_id, id)""",
    # What is watched may be deleted; nobody is asked whether somebody watches it.
    """alter table watches add constraint watches_lead
       foreign key (account_id, lead_id) references leads (account_id, id) on delete cascade""",
    """alter table watches add constraint watches_step
       foreign key (account_id, step_id) references steps (account_id, id) on delete cascade""",
    """alter table watches add constraint watches_pipeline
       foreign key (account_id, pipeline_id) references pipelines (account_id, id) on delete cascade""",
    "alter table saved_views add constraint saved_views_in_account unique (account_id, id)",
    """alter table watches add constraint watches_view
       foreign key (account_id, view_id) references saved_views (account_id, id) on delete cascade""",
    """alter table watches add constraint watches_one_thing_valid
       check (num_nonnulls(lead_id, step_id, pipeline_id, view_id) = 1)""",
    "alter table watches add constraint watches_attention_valid check (attention in ('WATCHED', 'MUTED'))",
    """create unique index watches_once on watches (account_id, user_id, lead_id, step_id, pipeline_id, view_id)
       nulls not distinct""",
    "create index watches_of_lead on watches (account_id, lead_id) where lead_id is not null",
    "create index watches_of_step on watches (account_id, step_id) where step_id is not null",
    "create index watches_of_pipeline on watches (account_id, pipeline_id) where pipeline_id is not null",
    "create index watches_of_view on watches (account_id, view_id) where view_id is not null",
    "create index watches_by_time on watches (account_id, user_id, created_at, id)",
    """alter table digests add constraint digests_user
       foreign key (account_id, user_id) references users (account_id, id)""",
    """alter table digests add constraint digests_endpoint
       foreign key (account_id, endpoint_id) references endpoints (account_id, id)""",
    "alter table digests add constraint digests_in_account unique (account_id, id)",
    # One window of one person and channel, so that there is never a second copy.
    """create unique index digests_once on digests (account_id, user_id, channel, endpoint_id, closes_at)
       nulls not distinct""",
    # Not validated against what is there: nothing has joined anything, and to read it all would lock out the senders.
    """alter table deliveries add constraint deliveries_digest
       foreign key (account_id, digest_id) references digests (account_id, id) not valid""",
    "alter table deliveries drop constraint deliveries_of_something_valid",
    """alter table deliveries add constraint deliveries_of_something_valid
       check (num_nonnulls(notification_id, digest_id) > 0
         or (endpoint_id is not null and position is not null)) not valid""",
    "alter table deliveries drop constraint deliveries_state_valid",
    """alter table deliveries add constraint deliveries_state_valid
       check (state in ('PENDING', 'SENT', 'DEAD', 'CANCELLED', 'JOINED')) not valid""",
    "alter table deliveries drop constraint deliveries_done_valid",
    """alter table deliveries add constraint deliveries_done_valid
       check ((state in ('PENDING', 'JOINED')) = (done_at is null)) not valid""",
    "alter table deliveries add constraint deliveries_joined_valid"
    " check (state <> 'JOINED' or num_nonnulls(notification_id, digest_id) = 2) not valid",
    # A digest has one message, and whatever goes within it.
    """create unique index deliveries_of_digest on deliveries (digest_id)
       where digest_id is not null and notification_id is null""",
    "create index deliveries_joined on deliveries (digest_id) where digest_id is not null",
    # What is held for a person, for when they decide otherwise.
    """create index deliveries_held on deliveries (account_id, user_id)
       where attempt = 0 and state in ('PENDING', 'JOINED')""",
    "alter table users alter column notify_of_own set default false",
    "alter table reminders alter column is_urgent set default false",
)


class Migration(migrations.Migration):
    dependencies = [('sales', '0009_webhooks')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Digest',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('account_id', fields.UUIDField()),
                ('user_id', fields.UUIDField()),
                ('channel', fields.CharEnumField(description='EMAIL: EMAIL\nWEBHOOK: WEBHOOK\nPUSH: PUSH\nCHAT: CHAT', enum_type=Channel, max_length=10)),
                ('endpoint_id', fields.UUIDField(null=True, description="Null: the person's e-mail address")),
                ('closes_at', fields.DatetimeField(description='From when on it is sent, never in quiet hours', auto_now=False, auto_now_add=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'digests', 'app': 'sales', 'pk_attr': 'id', 'table_description': 'One window of one person and channel; unique by when it closes, so that there is never a second copy.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Preferences',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('account_id', fields.UUIDField()),
                ('user_id', fields.UUIDField(null=True, description="Whose; null: the account's defaults")),
                ('choices', fields.JSONField(default=dict, description='{kind: {channel: is on}}; what is not there is as for all others', encoder=JSON_DUMPS, decoder=loads)),
                ('paces', fields.JSONField(default=dict, description='{channel: pace}; likewise', encoder=JSON_DUMPS, decoder=loads)),
                ('quiet_hours', fields.JSONField(null=True, description='[{days, start, end}]; null: as for all others', encoder=JSON_DUMPS, decoder=loads)),
                ('working_days', fields.JSONField(null=True, description='From 1, Monday; null: as for all others', encoder=JSON_DUMPS, decoder=loads)),
                ('holidays', fields.JSONField(null=True, description='{country, subdivision}; {}: none; null: as for all others', encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'preferences', 'app': 'sales', 'pk_attr': 'id', 'table_description': 'What one person has decided about being told, or an administrator for all who have decided nothing else.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Watch',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('account_id', fields.UUIDField()),
                ('user_id', fields.UUIDField(description='Whose')),
                ('lead_id', fields.UUIDField(null=True)),
                ('step_id', fields.UUIDField(null=True)),
                ('pipeline_id', fields.UUIDField(null=True)),
                ('view_id', fields.UUIDField(null=True)),
                ('attention', fields.CharEnumField(description='WATCHED: WATCHED\nMUTED: MUTED', enum_type=Attention, max_length=10)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'watches', 'app': 'sales', 'pk_attr': 'id', 'table_description': 'One person who follows, or wants to hear nothing of, one lead, step, pipeline or view.'},
            bases=['Model'],
        ),
        ops.AlterModelOptions(
            name='Delivery',
            options={'table': 'deliveries', 'app': 'sales', 'pk_attr': 'id', 'table_description': 'One notification on its way to one person, a digest of them, or one event to an endpoint.'},
        ),
        ops.AlterField(
            model_name='Delivery',
            name='notification_id',
            field=fields.UUIDField(null=True, description='What a person is told; null: a digest, or an event'),
        ),
        ops.AlterField(
            model_name='Delivery',
            name='state',
            field=fields.CharEnumField(default=DeliveryState.PENDING, description='PENDING: PENDING\nSENT: SENT\nDEAD: DEAD\nCANCELLED: CANCELLED\nJOINED: JOINED', enum_type=DeliveryState, max_length=10),
        ),
        ops.AddField(
            model_name='Delivery',
            name='digest_id',
            field=fields.UUIDField(null=True, description='The digest that it is, or goes in; null: it goes by itself'),
        ),
        ops.AlterField(
            model_name='Notification',
            name='kind',
            field=fields.CharEnumField(description='REMINDER_DUE: REMINDER_DUE\nLEAD_ASSIGNED: LEAD_ASSIGNED\nLEAD_TAKEN_AWAY: LEAD_TAKEN_AWAY\nSTATUS_CHANGED: STATUS_CHANGED\nSTEP_CHANGED: STEP_CHANGED\nAMOUNT_CHANGED: AMOUNT_CHANGED\nOWNER_CHANGED: OWNER_CHANGED', enum_type=NotificationKind, max_length=20),
        ),
        ops.AddField(
            model_name='Reminder',
            name='is_urgent',
            field=fields.BooleanField(default=False, db_default=SqlDefault("false"), description='Told of at once, in quiet hours too'),
        ),
        ops.AddField(
            model_name='User',
            name='notify_of_own',
            field=fields.BooleanField(default=False, db_default=SqlDefault("false"), description='Also of what one has done oneself'),
        ),
        ops.RunSQL(list(CONSTRAINTS)),
    ]
