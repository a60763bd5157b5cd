"""Rates: how many messages a minute, to an endpoint and by a provider."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from sales.deliveries.rates import Provider
from tortoise import fields

CONSTRAINTS = (
    """alter table endpoints add constraint endpoints_rate_valid
       check (rate_per_minute between 1 and 6000)""",
    """alter table provider_rates add constraint provider_rates_rate_valid
       check (rate_per_minute > 0)""",
)


class Migration(migrations.Migration):
    dependencies = [('sales', '0015_firing')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ProviderRate',
            fields=[
                ('provider', fields.CharEnumField(primary_key=True, unique=True, db_index=True, description='MAIL: MAIL\nWEB_PUSH: WEB_PUSH\nFCM: FCM', enum_type=Provider, max_length=10)),
                ('rate_per_minute', fields.IntField()),
                ('free_at', fields.DatetimeField(null=True, description='From when on the next message may go; null: at once', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'provider_rates', 'app': 'sales', 'pk_attr': 'provider', 'table_description': 'How many messages a minute leave by a provider, of all accounts and workers; without a row as many as can.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Endpoint',
            name='free_at',
            field=fields.DatetimeField(null=True, description='From when on its rate lets the next message go', auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Endpoint',
            name='rate_per_minute',
            field=fields.IntField(null=True, description='So many messages at most; null: as many as there are'),
        ),
        ops.RunSQL(list(CONSTRAINTS)),
    ]
