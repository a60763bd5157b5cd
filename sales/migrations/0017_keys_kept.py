"""Keys that receivers keep: until when what may have arrived can go again without arriving twice."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('sales', '0016_rates')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Delivery',
            name='known_until',
            field=fields.DatetimeField(null=True, description='Until when its receiver knows a repeat by its key, and so how long what may have arrived goes again; null: it went to nobody who keeps keys', auto_now=False, auto_now_add=False),
        ),
    ]
