"""Endpoints: where things are sent besides e-mail addresses: devices and chats of a person, and the account's own."""

from datetime import datetime

import strawberry

import reads
from sales import endpoints, users
from sales.endpoints import EndpointKind, WhyDisabled
from sales.endpoints.offered import offer
from schema.nodes import Node
from schema.users import User
from schema.words import described

described(
    EndpointKind,
    "What stands at the other end. Kinds are appended: treat an unknown one by its name.",
    WEBHOOK="A server, by Standard Webhooks.",
    WEB_PUSH="A browser, by web push.",
    FCM="A telephone, through Firebase; iPhones, too.",
    SLACK="A channel of Slack, or of whatever takes Slack's incoming webhooks.",
    TEAMS="A channel of Microsoft Teams.",
    APPRISE="Another chat, by an address of the library apprise.",
)
described(
    WhyDisabled,
    "Why nothing is sent to an endpoint any more.",
    BY_HAND="Somebody switched it off.",
    GONE="It answered that it is gone for good.",
    FAILING="It has taken nothing for five days.",
)


@strawberry.type(description="Where things are sent: a webhook, a device or a chat, of a person or of the account.")
class Endpoint(Node, over=endpoints.Endpoint):
    kind: EndpointKind = strawberry.field(description="What stands there. Never null.")
    name: str = strawberry.field(description="What it is called. Never null.")
    address: str = strawberry.field(
        description="As much of the address as may be seen. Never null.",
        metadata=reads.computed(lambda endpoint: endpoint.shown),
    )
    events: list[str] = strawberry.field(
        description="The events that it hears of, such as `lead.moved`; empty: all of them. Never null."
    )
    created_at: datetime = strawberry.field(description="When it was added. Never null.")
    disabled_at: datetime | None = strawberry.field(description="Since when nothing is sent there; null: it is on.")
    disabled_because: WhyDisabled | None = strawberry.field(description="Why nothing is sent there; null: it is on.")
    failures: int = strawberry.field(description="How many attempts have failed on end. Never null.")
    paused_until: datetime | None = strawberry.field(
        description="Until when it is spared, since it failed; null: it is not."
    )
    user: User | None = strawberry.field(
        description="Whose it is. Null: the account's.", metadata=reads.to_one(users.User, "user_id")
    )


@strawberry.type(description="What a browser needs to subscribe to push messages.")
class WebPush:
    public_key: str | None = strawberry.field(
        description="The `applicationServerKey`, in base64url; null: this deployment sends none to browsers.",
        metadata=reads.computed(lambda row: row.bind(lambda _: offer().vapid_public_key, "text")),
    )


@strawberry.field(
    graphql_type=WebPush, description="How browsers are reached here. Never null.", metadata=reads.same_row()
)
def web_push() -> None: ...


QUERIES = [web_push]
