"""Leads: a real chance of a sale, the central object."""

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from sales.ids import new_id


class Status(StrEnum):
    """Is it alive, and must I act now? The same five for everyone."""

    TODO = "TODO"
    STANDBY = "STANDBY"
    WON = "WON"
    LOST = "LOST"
    CANCELLED = "CANCELLED"


class Lead(Model):
    """A real chance of a sale."""

    PRIVATE = frozenset({"title", "description"})

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    number = fields.BigIntField(description="For people: 1, 2, 3, ... within the account")
    version = fields.BigIntField(default=1, description="Grows with each change that a person can see")
    title = fields.CharField(max_length=200)
    description = fields.TextField(default="")
    amount = fields.DecimalField(max_digits=18, decimal_places=4, null=True)
    currency = fields.CharField(max_length=3, null=True, description="ISO 4217; set exactly when the amount is")
    probability = fields.SmallIntField(null=True, description="Per cent; null means the step's")
    expected_close_on = fields.DateField(null=True)
    is_starred = fields.BooleanField(default=False)
    status = fields.CharEnumField(Status, max_length=10)
    status_changed_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    reason_id = fields.UUIDField(null=True)
    waking_reminder_id = fields.UUIDField(null=True, description="Set exactly in STANDBY")
    step_id = fields.UUIDField()
    step_entered_at = fields.DatetimeField()
    rank = fields.CharField(max_length=64, description="Order within the step, by bytes; unique there")
    owner_id = fields.UUIDField(null=True)
    created_by_id = fields.UUIDField()
    created_at = fields.DatetimeField(description="When the lead came up; may be back-dated")
    todo_at = fields.DatetimeField(
        null=True, description="The earliest open reminder of its owner's; kept by triggers, in no event"
    )

    class Meta:
        table = "leads"
