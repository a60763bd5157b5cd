"""An account is one company: the tenant. Everything belongs to exactly one."""

from enum import StrEnum

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from sales.ids import new_id


class Privacy(StrEnum):
    """What the people of an account see: everyone everything, or each their own."""

    SHARED = "SHARED"
    PRIVATE = "PRIVATE"


class Account(Model):
    """One company: the tenant."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=120)
    privacy = fields.CharEnumField(Privacy, max_length=20, default=Privacy.SHARED)
    locale = fields.CharField(max_length=10, default="en")
    currency = fields.CharField(max_length=3, default="EUR")
    time_zone = fields.CharField(max_length=64, default="Europe/Paris")
    reason_required: list[str] = ArrayField(
        element_type="text", default=list, description="The closed statuses that need a reason"
    )
    created_at = fields.DatetimeField()

    class Meta:
        table = "accounts"
