"""Endpoints: where things are sent besides a person's e-mail address: webhooks, devices and chats."""

from enum import StrEnum
from typing import Any, Final

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from sales.deliveries import Channel
from sales.ids import new_id


class EndpointKind(StrEnum):
    """What stands at the other end."""

    WEBHOOK = "WEBHOOK"
    WEB_PUSH = "WEB_PUSH"
    FCM = "FCM"
    SLACK = "SLACK"
    TEAMS = "TEAMS"
    APPRISE = "APPRISE"


LONGEST_NAME: Final = 120

CHANNELS: Final = {
    EndpointKind.WEBHOOK: Channel.WEBHOOK,
    EndpointKind.WEB_PUSH: Channel.PUSH,
    EndpointKind.FCM: Channel.PUSH,
    EndpointKind.SLACK: Channel.CHAT,
    EndpointKind.TEAMS: Channel.CHAT,
    EndpointKind.APPRISE: Channel.CHAT,
}


class WhyDisabled(StrEnum):
    """Why nothing is sent to an endpoint any more."""

    BY_HAND = "BY_HAND"
    GONE = "GONE"
    FAILING = "FAILING"


class Endpoint(Model):
    """Where deliveries go; of a person, or of the account. Its address is a secret: who knows it can post there."""

    SECRET = frozenset({"address", "address_hash", "secret", "former_secret"})
    PRIVATE = frozenset({"name"})

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    user_id = fields.UUIDField(null=True, description="Whose it is; null: the account's")
    kind = fields.CharEnumField(EndpointKind, max_length=10)
    name = fields.CharField(max_length=LONGEST_NAME)
    address = fields.TextField(description="A URL, a device's token or subscription; sealed")
    address_hash = fields.CharField(
        max_length=64, null=True, description="SHA-256 of what tells a device from others; null: nothing has to"
    )
    shown = fields.CharField(max_length=300, description="As much of the address as may be seen")
    secret = fields.TextField(null=True, description="What webhooks are signed with; sealed")
    former_secret = fields.TextField(null=True, description="The one before; sealed")
    former_until = fields.DatetimeField(null=True, description="Until when the former secret signs too")
    events = ArrayField(element_type="TEXT", default=list, description="Kinds of events; none: all of them")
    lead_filter: dict[str, Any] = fields.JSONField(default=dict, description="Ids and statuses; {} means all leads")
    selection = fields.TextField(null=True, description="What a webhook tells of a lead, in GraphQL; null: the usual")
    rate_per_minute = fields.IntField(null=True, description="So many messages at most; null: as many as there are")
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)
    disabled_because = fields.CharEnumField(WhyDisabled, max_length=10, null=True)
    deleted_at = fields.DatetimeField(null=True)
    # What follows is kept by those who send, in no event.
    failures = fields.IntField(default=0, description="On end")
    failing_since = fields.DatetimeField(null=True)
    paused_until = fields.DatetimeField(null=True)
    free_at = fields.DatetimeField(null=True, description="From when on its rate lets the next message go")

    class Meta:
        table = "endpoints"
