"""Failures: rows that the clock or the dispatch could not process, set aside so that they stop nobody else."""

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from sales.ids import new_id


class Stage(StrEnum):
    """Where it went wrong."""

    CLOCK = "CLOCK"
    DISPATCH = "DISPATCH"


class Failure(Model):
    """An event or a reminder that failed, how often, and why."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    stage = fields.CharEnumField(Stage, max_length=10)
    subject = fields.CharField(max_length=64, description="The reminder's id, or the event's position")
    tries = fields.IntField(default=1)
    error = fields.TextField()
    first_at = fields.DatetimeField()
    last_at = fields.DatetimeField()
    set_aside_at = fields.DatetimeField(null=True)
    replayed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "failures"
