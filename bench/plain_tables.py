"""The tables as the plain side sees them: Tortoise models of its own, with relations."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=120)

    class Meta:
        table = "users"


class Pipeline(Model):
    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    name = fields.CharField(max_length=120)
    steps: fields.ReverseRelation["Step"]

    class Meta:
        table = "pipelines"


class Step(Model):
    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    pipeline: fields.ForeignKeyRelation[Pipeline] = fields.ForeignKeyField("plain.Pipeline", related_name="steps")
    name = fields.CharField(max_length=60)
    position = fields.IntField()
    probability = fields.SmallIntField(null=True)
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "steps"


class Lead(Model):
    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    number = fields.BigIntField()
    version = fields.BigIntField()
    title = fields.CharField(max_length=200)
    description = fields.TextField()
    amount = fields.DecimalField(max_digits=18, decimal_places=4, null=True)
    currency = fields.CharField(max_length=3, null=True)
    probability = fields.SmallIntField(null=True)
    is_starred = fields.BooleanField()
    status = fields.CharField(max_length=10)
    waking_reminder_id = fields.UUIDField(null=True)
    step: fields.ForeignKeyRelation[Step] = fields.ForeignKeyField("plain.Step", related_name="leads")
    step_entered_at = fields.DatetimeField()
    rank = fields.CharField(max_length=64)
    owner: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "plain.User", related_name="leads", null=True
    )
    created_at = fields.DatetimeField()

    class Meta:
        table = "leads"


class Reminder(Model):
    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField("plain.Lead", related_name="reminders")
    user_id = fields.UUIDField(null=True)
    state = fields.CharField(max_length=10)
    due_at = fields.DatetimeField()

    class Meta:
        table = "reminders"


class JournalHead(Model):
    account_id = fields.UUIDField(primary_key=True)
    position = fields.BigIntField()
    last_at = fields.DatetimeField()

    class Meta:
        table = "journal_heads"


class Event(Model):
    position = fields.BigIntField(primary_key=True)
    account_id = fields.UUIDField()
    kind = fields.CharField(max_length=40)
    at = fields.DatetimeField()
    happened_at = fields.DatetimeField()
    actor_kind = fields.CharField(max_length=10, source_field="actor")
    actor: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "plain.User", related_name="events", null=True
    )
    subject_id = fields.UUIDField()
    lead: fields.ForeignKeyNullableRelation[Lead] = fields.ForeignKeyField(
        "plain.Lead", related_name="events", null=True
    )
    lead_version = fields.BigIntField(null=True)
    owner_id = fields.UUIDField(null=True)
    changes: dict[str, Any] = fields.JSONField()
    private: dict[str, Any] = fields.JSONField()
    data: dict[str, Any] = fields.JSONField()

    class Meta:
        table = "journal"
