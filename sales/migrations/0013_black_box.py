"""The black box: what was held and replayed, canaries, replays of many; and indexes for health and for forgetting."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from sales.deliveries import ReplayState
from sales.ids import new_id
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault

CONSTRAINTS = (
    "alter table deliveries alter column earlier_attempts set default 0",
    "alter table workers alter column hears_bell set default false",
    """alter table delivery_replays add constraint delivery_replays_account
       foreign key (account_id) references accounts (id)""",
    """alter table delivery_replays add constraint delivery_replays_created_by
       foreign key (account_id, created_by_id) references users (account_id, id)""",
    """alter table delivery_replays add constraint delivery_replays_user
       foreign key (account_id, user_id) references users (account_id, id)""",
    """alter table delivery_replays add constraint delivery_replays_ended_valid
       check ((state = 'DONE') = (ended_at is not null))""",
    "create index delivery_replays_running on delivery_replays (created_at) where state = 'RUNNING'",
    "create index delivery_replays_of_account on delivery_replays (account_id, created_at, id)",
    # What is old enough to be forgotten, and what has ended lately.
    "create index deliveries_finished on deliveries (done_at) where state in ('SENT', 'CANCELLED')",
    # What a minute has brought: each grows at its end only.
    "create index reminders_fired_at on reminders (fired_at) where fired_at is not null",
    "create index delivery_attempts_claimed_at on delivery_attempts (claimed_at)",
)


class Migration(migrations.Migration):
    dependencies = [('sales', '0012_undone')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Canary',
            fields=[
                ('due_at', fields.DatetimeField(primary_key=True, unique=True, db_index=True, auto_now=False, auto_now_add=False)),
                ('fired_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('dispatched_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'canaries', 'app': 'sales', 'pk_attr': 'due_at', 'table_description': 'A minute, and when the clock and the dispatch were done with what was due by then.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Replay',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('account_id', fields.UUIDField()),
                ('created_by_id', fields.UUIDField()),
                ('user_id', fields.UUIDField(null=True, description='Only what goes to this person; null: to anybody')),
                ('meant', fields.JSONField(default=dict, description='Which of the dead; {} means all', encoder=JSON_DUMPS, decoder=loads)),
                ('state', fields.CharEnumField(default=ReplayState.RUNNING, description='RUNNING: RUNNING\nDONE: DONE', enum_type=ReplayState, max_length=10)),
                ('total', fields.IntField(description='How many there were to do in the beginning')),
                ('done', fields.IntField(default=0)),
                ('last_id', fields.UUIDField(null=True, description='How far it has come, by the ids of deliveries')),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'delivery_replays', 'app': 'sales', 'pk_attr': 'id', 'table_description': 'Many dead deliveries that somebody has sent again, batch by batch.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Delivery',
            name='earlier_attempts',
            field=fields.IntField(default=0, db_default=0, description='Of before it was last replayed; they count no more'),
        ),
        ops.AddField(
            model_name='Delivery',
            name='held_because',
            field=fields.CharField(null=True, description='Why, in one word; null: nobody says', max_length=20),
        ),
        ops.AddField(
            model_name='Delivery',
            name='held_until',
            field=fields.DatetimeField(null=True, description='It was not to go before then; null: at once', auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Delivery',
            name='replayed_at',
            field=fields.DatetimeField(null=True, description='When somebody had it sent again, the last time', auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Worker',
            name='hears_bell',
            field=fields.BooleanField(default=False, db_default=SqlDefault("false"), description='Whether Redis reaches it'),
        ),
        ops.RunSQL(list(CONSTRAINTS)),
    ]
