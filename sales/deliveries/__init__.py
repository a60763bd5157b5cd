"""Deliveries: the outbox of what leaves the database, with every attempt on record.

policies.py   how often and how late each channel is tried
claiming.py   taking what is due, fairly, and the last look before it goes
rates.py      how many messages a minute, to an endpoint or by a provider
settling.py   what became of an attempt: sent, to be tried again, given up; and of the endpoint
knowing.py    until when a receiver knows a repeat by its key
decisions.py  what people decide about one, or many: send it again, call it off
replaying.py  sending many again, batch by batch
forgetting.py what is finished is deleted after a while
"""

from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault
from tortoise.models import Model

from sales.ids import new_id

MAIL_LANE: Final = UUID(int=1)
"""The lane of all e-mails, which leave by one server or provider; anything else goes by the lane of its endpoint."""


class Channel(StrEnum):
    """A way out of the application."""

    EMAIL = "EMAIL"
    WEBHOOK = "WEBHOOK"
    PUSH = "PUSH"
    CHAT = "CHAT"


class DeliveryState(StrEnum):
    """PENDING until it is SENT, or given up as DEAD, or CANCELLED because there is nothing left to tell.

    What has JOINED goes within the message of its digest, and is SENT when that is.
    """

    PENDING = "PENDING"
    SENT = "SENT"
    DEAD = "DEAD"
    CANCELLED = "CANCELLED"
    JOINED = "JOINED"


class ReplayState(StrEnum):
    """RUNNING until every dead delivery that is meant was sent on its way again."""

    RUNNING = "RUNNING"
    DONE = "DONE"


class DeliveryOutcome(StrEnum):
    """How one attempt ended.

    REFUSED may do better later, REJECTED never will, and where it was GONE nothing ever will. AMBIGUOUS may have
    arrived; INTERRUPTED has sent nothing.
    """

    SENT = "SENT"
    REFUSED = "REFUSED"
    REJECTED = "REJECTED"
    GONE = "GONE"
    AMBIGUOUS = "AMBIGUOUS"
    INTERRUPTED = "INTERRUPTED"


class Delivery(Model):
    """One notification on its way to one person, a digest of them, or one event to an endpoint.

    Its id is what a receiver knows it by.
    """

    SECRET = frozenset({"last_error", "lease"})
    """What a server says of a failure may quote an address."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    notification_id = fields.UUIDField(null=True, description="What a person is told; null: a digest, or an event")
    digest_id = fields.UUIDField(null=True, description="The digest that it is, or goes in; null: it goes by itself")
    user_id = fields.UUIDField(null=True, description="To whom; null: to an endpoint of the account")
    endpoint_id = fields.UUIDField(null=True, description="Where it goes; null: to the person's e-mail address")
    channel = fields.CharEnumField(Channel, max_length=10)
    position = fields.BigIntField(null=True, description="The event in the journal")
    lead_id = fields.UUIDField(null=True, description="Webhooks arrive in order of each lead")
    lane = fields.UUIDField(
        default=MAIL_LANE,
        db_default=SqlDefault(f"'{MAIL_LANE}'"),
        description="What it shares its turn with: the endpoint, or all e-mails",
    )
    state = fields.CharEnumField(DeliveryState, max_length=10, default=DeliveryState.PENDING)
    attempt = fields.IntField(default=0)
    ambiguous = fields.SmallIntField(default=0, description="Attempts that may have arrived without our knowing")
    next_at = fields.DatetimeField(description="When to look at it next; claiming pushes it by the lease")
    lease = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    done_at = fields.DatetimeField(null=True)
    last_error = fields.TextField(null=True)
    earlier_attempts = fields.IntField(
        default=0, db_default=0, description="Of before it was last replayed; they count no more"
    )
    replayed_at = fields.DatetimeField(null=True, description="When somebody had it sent again, the last time")
    held_until = fields.DatetimeField(null=True, description="It was not to go before then; null: at once")
    held_because = fields.CharField(max_length=20, null=True, description="Why, in one word; null: nobody says")
    known_until = fields.DatetimeField(
        null=True,
        description="Until when its receiver knows a repeat by its key, and so how long what may have arrived goes "
        "again; null: it went to nobody who keeps keys",
    )

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
    status = fields.SmallIntField(null=True, description="What a server answered by HTTP")
    error = fields.TextField(null=True)

    class Meta:
        table = "delivery_attempts"


class Replay(Model):
    """Many dead deliveries that somebody has sent again, batch by batch."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    created_by_id = fields.UUIDField()
    user_id = fields.UUIDField(null=True, description="Only what goes to this person; null: to anybody")
    meant: dict[str, Any] = fields.JSONField(default=dict, description="Which of the dead; {} means all")
    state = fields.CharEnumField(ReplayState, max_length=10, default=ReplayState.RUNNING)
    total = fields.IntField(description="How many there were to do in the beginning")
    done = fields.IntField(default=0)
    last_id = fields.UUIDField(null=True, description="How far it has come, by the ids of deliveries")
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "delivery_replays"
