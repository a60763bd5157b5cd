"""Webhooks: people are told of an endpoint that was switched off."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from sales.notifications import NotificationKind
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('sales', '0008_endpoints')]

    initial = False

    operations = [
        ops.AlterField(
            model_name='Notification',
            name='kind',
            field=fields.CharEnumField(description='REMINDER_DUE: REMINDER_DUE\nLEAD_ASSIGNED: LEAD_ASSIGNED\nLEAD_TAKEN_AWAY: LEAD_TAKEN_AWAY\nSTATUS_CHANGED: STATUS_CHANGED\nSTEP_CHANGED: STEP_CHANGED\nAMOUNT_CHANGED: AMOUNT_CHANGED\nENDPOINT_DISABLED: ENDPOINT_DISABLED', enum_type=NotificationKind, max_length=20),
        ),
    ]
