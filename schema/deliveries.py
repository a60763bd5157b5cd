"""Deliveries: what left, or should leave, the application, and how that went."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET

import reads
from reads import Key, Row
from sales import deliveries, users
from sales.deliveries import Channel, DeliveryState
from schema.comparisons import one_of
from schema.connections import After, Before, Connection, First, Last
from schema.nodes import Node
from schema.users import User
from schema.words import described

_NEWEST_FIRST = (Key("created_at", datetime, descending=True), Key("id", descending=True))

described(
    Channel,
    "A way out of the application. Treat an unknown one by its name.",
    EMAIL="An e-mail.",
    WEBHOOK="A request to a server, by Standard Webhooks.",
    PUSH="A push message to a browser or a telephone.",
    CHAT="A message in a chat: Slack, Microsoft Teams or another.",
)
described(
    DeliveryState,
    "What has become of a delivery.",
    PENDING="It waits for its moment, or for the next attempt.",
    SENT="The receiver took it.",
    DEAD="It was given up; `lastError` says why.",
    CANCELLED="There was nothing left to tell.",
    JOINED="It goes within the message of a digest.",
)


@strawberry.type(description="A notification on its way to a person. Its id is the Message-ID's.")
class Delivery(Node, over=deliveries.Delivery):
    channel: Channel = strawberry.field(description="How it goes. Never null.")
    state: DeliveryState = strawberry.field(description="What has become of it. Never null.")
    created_at: datetime = strawberry.field(description="When it was to be told. Never null.")
    done_at: datetime | None = strawberry.field(description="When it ended; null: it is pending.")
    last_error: str | None = strawberry.field(description="What the last attempt failed of; null: none has failed.")

    attempts: int = strawberry.field(
        description="How often it was tried. Never null.", metadata=reads.computed(lambda delivery: delivery.attempt)
    )
    ambiguous_attempts: int = strawberry.field(
        description="How many attempts may have arrived without our knowing. Never null.",
        metadata=reads.computed(lambda delivery: delivery.ambiguous),
    )
    next_at: datetime | None = strawberry.field(
        description="When it is tried next, at the earliest; null: it has ended.",
        metadata=reads.computed(
            lambda delivery: f"case when {delivery.state} in ('PENDING', 'JOINED') then {delivery.next_at} end"
        ),
    )
    digest: Annotated["Delivery", strawberry.lazy("schema.deliveries")] | None = strawberry.field(
        description="The message that it goes within; null: it goes by itself, or is that message.",
        metadata=reads.one(
            deliveries.Delivery,
            lambda delivery, message, _: (
                f"{message.digest_id} = {delivery.digest_id} and {message.notification_id} is null "
                f"and {delivery.notification_id} is not null"
            ),
        ),
    )
    user: User | None = strawberry.field(
        description="To whom it goes. Null when that person can't be seen.",
        metadata=reads.to_one(users.User, "user_id"),
    )


@strawberry.input(description="Which deliveries. An empty filter is no filter.")
class DeliveryFilter:
    states: list[DeliveryState] | None = strawberry.field(
        default=UNSET, description="In one of these states; an empty list: none. Left out or null: in any."
    )


def _in_states(delivery: Row, filter: reads.Arguments | None) -> str:
    return one_of(delivery.state, (filter or {}).get("states"))


@strawberry.field(
    name="deliveries",
    graphql_type=Connection[Delivery],
    description="What was to reach you outside the application, newest first; for an administrator, to reach anybody "
    "of the account. Never null.",
    metadata=reads.connection(
        deliveries.Delivery, lambda _, delivery, given: _in_states(delivery, given.get("filter")), order=_NEWEST_FIRST
    ),
)
def list_deliveries(
    filter: Annotated[DeliveryFilter | None, strawberry.argument(description="Which; null: all.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> None: ...


QUERIES = [list_deliveries]
