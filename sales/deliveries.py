"""Deliveries: the outbox of what leaves the database, with every attempt on record."""

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from sales.ids import new_id


class Channel(StrEnum):
    """A way out of the application."""

    EMAIL = "EMAIL"


class DeliveryState(StrEnum):
    """PENDING until it is SENT, or given up as DEAD, or CANCELLED because there is nothing left to tell."""

    PENDING = "PENDING"
    SENT = "SENT"
    DEAD = "DEAD"
    CANCELLED = "CANCELLED"


class DeliveryOutcome(StrEnum):
    """How one attempt ended."""

    SENT = "SENT"
    REFUSED = "REFUSED"
    REJECTED = "REJECTED"
    AMBIGUOUS = "AMBIGUOUS"
    INTERRUPTED = "INTERRUPTED"


class Delivery(Model):
    """One notification on its way to one person through one channel; its id is the Message-ID."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    notification_id = fields.UUIDField()
    user_id = fields.UUIDField()
    channel = fields.CharEnumField(Channel, max_length=10)
    state = fields.CharEnumField(DeliveryState, max_length=10, default=DeliveryState.PENDING)
    attempt = fields.IntField(default=0)
    ambiguous = fields.SmallIntField(default=0, description="Attempts that may have arrived without our knowing")
    next_at = fields.DatetimeField(description="When to look at it next; claiming pushes it by the lease")
    lease = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)
    last_error = fields.TextField(null=True)

    class Meta:
        table = "deliveries"


class DeliveryAttempt(Model):
    """One try at sending; the key is (delivery_id, attempt)."""

    delivery_id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    attempt = fields.IntField()
    lease = fields.UUIDField()
    claimed_at = fields.DatetimeField()
    transmitting_at = fields.DatetimeField(null=True, description="From here on it may have arrived")
    ended_at = fields.DatetimeField(null=True)
    outcome = fields.CharEnumField(DeliveryOutcome, max_length=12, null=True)
    error = fields.TextField(null=True)

    class Meta:
        table = "delivery_attempts"
