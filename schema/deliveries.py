"""Deliveries: what left, or should leave, the application, and how that went."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET, Parent

from sales import deliveries, users
from sales.deliveries import Channel, DeliveryState
from schema.connections import After, Before, Connection, First, Last, Page, Slice, paged
from schema.context import Info
from schema.loading import seen
from schema.nodes import Node
from schema.orders import Key
from schema.users import User
from schema.words import described

_NEWEST_FIRST = (Key("created_at", datetime, descending=True), Key("id", descending=True))

described(Channel, "A way out of the application. Treat an unknown one by its name.", EMAIL="An e-mail.")
described(
    DeliveryState,
    "What has become of a delivery.",
    PENDING="It waits for its moment, or for the next attempt.",
    SENT="The receiver took it.",
    DEAD="It was given up; `lastError` says why.",
    CANCELLED="There was nothing left to tell.",
)


@strawberry.type(description="A notification on its way to a person. Its id is the Message-ID's.")
class Delivery(Node, over=deliveries.Delivery):
    channel: Channel = strawberry.field(description="How it goes. Never null.")
    state: DeliveryState = strawberry.field(description="What has become of it. Never null.")
    created_at: datetime = strawberry.field(description="When it was to be told. Never null.")
    done_at: datetime | None = strawberry.field(description="When it ended; null: it is pending.")
    last_error: str | None = strawberry.field(description="What the last attempt failed of; null: none has failed.")

    @strawberry.field(description="How often it was tried. Never null.")
    def attempts(self, delivery: Parent[deliveries.Delivery]) -> int:
        return int(delivery.attempt)

    @strawberry.field(description="How many attempts may have arrived without our knowing. Never null.")
    def ambiguous_attempts(self, delivery: Parent[deliveries.Delivery]) -> int:
        return int(delivery.ambiguous)

    @strawberry.field(description="When it is tried next, at the earliest; null: it has ended.")
    def next_at(self, delivery: Parent[deliveries.Delivery]) -> datetime | None:
        return delivery.next_at if delivery.state == DeliveryState.PENDING else None

    @strawberry.field(graphql_type=User | None, description="To whom it goes. Null when that person can't be seen.")
    async def user(self, delivery: Parent[deliveries.Delivery], info: Info) -> users.User | None:
        return await info.context.loaders.one(users.User).load(delivery.user_id)


@strawberry.input(description="Which deliveries. An empty filter is no filter.")
class DeliveryFilter:
    states: list[DeliveryState] | None = strawberry.field(
        default=UNSET, description="In one of these states; an empty list: none. Left out or null: in any."
    )


@strawberry.field(
    name="deliveries",
    graphql_type=Connection[Delivery],
    description="What was to reach you outside the application, newest first; for an administrator, to reach anybody "
    "of the account. Never null.",
)
async def list_deliveries(
    info: Info,
    filter: Annotated[DeliveryFilter | None, strawberry.argument(description="Which; null: all.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Slice:
    found = await seen(deliveries.Delivery, info.context.by)
    if filter is not None and filter.states not in (None, UNSET):
        found = found.filter(state__in=filter.states)
    return await paged(found, _NEWEST_FIRST, Page.of(first, after, last, before))


QUERIES = [list_deliveries]
