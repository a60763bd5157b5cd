"""Workers: which processes are alive, by the database's clock."""

from tortoise import fields
from tortoise.models import Model

from sales.ids import new_id


class Worker(Model):
    """A worker process and when it was last heard of."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=120)
    started_at = fields.DatetimeField()
    beat_at = fields.DatetimeField()

    class Meta:
        table = "workers"
