"""Deliveries: what left, or should leave, the application, how that went, and what to do about it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

import reads
from reads import Key, Row
from sales import deliveries, endpoints, users
from sales.deliveries import Channel, DeliveryOutcome, DeliveryState, ReplayState, decisions
from sales.notifications import NotificationKind
from sales.trails import AnyNotification
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids
from schema.absent import or_none
from schema.comparisons import all_of, id_of, one_of
from schema.connections import After, Before, Connection, First, Last
from schema.mutations import mutation
from schema.nodes import Node
from schema.trails import DELIVERY_TRAIL, TrailStage
from schema.users import User
from schema.why_not import WHY_NOT_DELIVERY, WhyNotDelivered
from schema.words import described

_NEWEST_FIRST = (Key("created_at", datetime, descending=True), Key("id", descending=True))
_IN_ORDER = (Key("attempt", int),)

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
    DEAD="It was given up; `lastError` says why. It stays so until somebody replays or cancels it.",
    CANCELLED="There was nothing left to tell.",
    JOINED="It goes within the message of a digest.",
)
described(
    DeliveryOutcome,
    "How an attempt ended.",
    SENT="The receiver took it.",
    REFUSED="It was not taken, and may be later.",
    REJECTED="It was not taken, and never will be.",
    GONE="There is nobody any more.",
    AMBIGUOUS="It broke off; it may have arrived.",
    INTERRUPTED="It ended before anything was sent.",
)
described(
    ReplayState,
    "How far a replay is.",
    RUNNING="There is more to do.",
    DONE="Everything is on its way again.",
)


@strawberry.type(description="One try at sending.")
class DeliveryAttempt:
    number: int = strawberry.field(
        description="Which try, from 1. Never null.", metadata=reads.computed(lambda attempt: attempt.attempt)
    )
    at: datetime = strawberry.field(
        description="When it began. Never null.", metadata=reads.computed(lambda attempt: attempt.claimed_at)
    )
    milliseconds: int | None = strawberry.field(
        description="How long it took; null: it has not ended.",
        metadata=reads.computed(
            lambda attempt: f"least(extract(epoch from {attempt.ended_at} - {attempt.claimed_at}) * 1000, 2e9)::int"
        ),
    )
    outcome: DeliveryOutcome | None = strawberry.field(description="How it ended; null: it has not.")
    status: int | None = strawberry.field(description="What a server answered by HTTP; null: nothing, or not by HTTP.")
    error: str | None = strawberry.field(description="What went wrong, in the receiver's words; null: nothing did.")


@strawberry.type(description="A notification or an event on its way out. Its id is what the receiver knows it by.")
class Delivery(Node, over=deliveries.Delivery):
    channel: Channel = strawberry.field(description="How it goes. Never null.")
    state: DeliveryState = strawberry.field(description="What has become of it. Never null.")
    created_at: datetime = strawberry.field(description="When it was to be told. Never null.")
    done_at: datetime | None = strawberry.field(description="When it ended; null: it is pending.")
    replayed_at: datetime | None = strawberry.field(description="When it was last sent again by hand; null: never.")
    last_error: str | None = strawberry.field(description="What the last attempt failed of; null: none has failed.")

    attempts: int = strawberry.field(
        description="How often it was tried. Never null.", metadata=reads.computed(lambda delivery: delivery.attempt)
    )
    ambiguous_attempts: int = strawberry.field(
        description="How many attempts may have arrived without our knowing, since it was last replayed. Never null.",
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
        description="To whom it goes. Null when it goes to the account's own endpoint, or that person can't be seen.",
        metadata=reads.to_one(users.User, "user_id"),
    )
    trail: list[TrailStage] = DELIVERY_TRAIL
    why_not_delivered: WhyNotDelivered | None = WHY_NOT_DELIVERY

    @strawberry.field(
        graphql_type=Connection[DeliveryAttempt],
        description="Every try, the first one first. Never null.",
        metadata=reads.connection(
            deliveries.DeliveryAttempt,
            lambda delivery, attempt, _: f"{attempt.delivery_id} = {delivery.id}",
            order=_IN_ORDER,
        ),
    )
    def attempt_log(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> None: ...


@strawberry.type(description="Many deliveries that were given up, being sent again.")
class Replay(Node, over=deliveries.Replay):
    state: ReplayState = strawberry.field(description="How far it is. Never null.")
    total: int = strawberry.field(description="How many there were to do in the beginning. Never null.")
    done: int = strawberry.field(description="How many are on their way again. Never null.")
    created_at: datetime = strawberry.field(description="When it was asked for. Never null.")
    ended_at: datetime | None = strawberry.field(description="When it was done; null: it is not.")
    created_by: User | None = strawberry.field(
        description="Who asked for it. Null when that person can't be seen.",
        metadata=reads.to_one(users.User, "created_by_id"),
    )


_ANY = "Left out or null: "


@strawberry.input(description="Which of the deliveries that were given up. An empty filter means all.")
class DeadDeliveryFilter:
    channels: list[Channel] | None = strawberry.field(
        default=UNSET, description=f"By one of these channels; an empty list: none. {_ANY}by any."
    )
    endpoint_id: strawberry.ID | None = strawberry.field(default=UNSET, description=f"To this endpoint. {_ANY}to any.")
    kinds: list[NotificationKind] | None = strawberry.field(
        default=UNSET,
        description="Of notifications of these kinds, or a digest with some of them; an empty list: none. "
        f"{_ANY}of anything.",
    )
    after: datetime | None = strawberry.field(
        default=UNSET, description=f"Which were to be told then or later. {_ANY}whenever."
    )
    before: datetime | None = strawberry.field(
        default=UNSET, description=f"Which were to be told before then. {_ANY}whenever."
    )


@strawberry.input(description="Which deliveries. An empty filter is no filter.")
class DeliveryFilter(DeadDeliveryFilter):
    states: list[DeliveryState] | None = strawberry.field(
        default=UNSET, description="In one of these states; an empty list: none. Left out or null: in any."
    )


def _meant(delivery: Row, filter: reads.Arguments | None) -> str:
    given = filter or {}
    endpoint, after, before = given.get("endpointId"), given.get("after"), given.get("before")
    kinds = one_of("n.kind", given.get("kinds"))
    of_kind = f"""(exists (select from {delivery.rows_of(AnyNotification)} n
        where n.id = {delivery.notification_id} and {kinds})
      or {delivery.notification_id} is null and exists (
        select from {delivery.rows_of(deliveries.Delivery)} m
        join {delivery.rows_of(AnyNotification)} n on n.id = m.notification_id
        where m.digest_id = {delivery.digest_id} and m.notification_id is not null and {kinds}))"""
    return all_of(
        [
            one_of(delivery.state, given.get("states")),
            one_of(delivery.channel, given.get("channels")),
            "true" if endpoint is None else f"{delivery.endpoint_id} = {id_of(delivery, endpoints.Endpoint)(endpoint)}",
            "true" if given.get("kinds") is None else of_kind,
            "true" if after is None else f"{delivery.created_at} >= {delivery.bind(after, 'timestamptz')}",
            "true" if before is None else f"{delivery.created_at} < {delivery.bind(before, 'timestamptz')}",
        ]
    )


@strawberry.field(
    name="deliveries",
    graphql_type=Connection[Delivery],
    description="What was to reach you outside the application, newest first; for an administrator, to reach anybody "
    "of the account. Never null.",
    metadata=reads.connection(
        deliveries.Delivery, lambda _, delivery, given: _meant(delivery, given.get("filter")), order=_NEWEST_FIRST
    ),
)
def list_deliveries(
    filter: Annotated[DeliveryFilter | None, strawberry.argument(description="Which; null: all.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> None: ...


@strawberry.field(
    name="replays",
    graphql_type=Connection[Replay],
    description="Replays of many deliveries, newest first: yours, or as administrator everybody's. Never null.",
    metadata=reads.connection(deliveries.Replay, lambda *_: "true", order=_NEWEST_FIRST),
)
def list_replays(first: First = None, after: After = None, last: Last = None, before: Before = None) -> None: ...


@strawberry.input(description="A delivery that was given up.")
class DeliveryReplayInput:
    id: strawberry.ID = strawberry.field(description="Which. It can't be null.")


@strawberry.input(description="A delivery to call off.")
class DeliveryCancelInput(DeliveryReplayInput):
    pass


@strawberry.input(description="Deliveries that were given up.")
class DeliveryReplayAllInput:
    filter: DeadDeliveryFilter | None = strawberry.field(
        default=UNSET, description="Which of them. Left out or null: all, of yours or as administrator of everybody's."
    )


@mutation("delivery", Delivery)
async def delivery_replay(by: Viewer, input: DeliveryReplayInput) -> Outcome:
    """Send a delivery again that was given up: at once, under the same id, with all its attempts anew. What was tried
    before stays on record. One that is pending stays as it is; a warning says what may arrive twice."""
    return await decisions.replay(_read(input.id), by=by)


@mutation("delivery", Delivery)
async def delivery_cancel(by: Viewer, input: DeliveryCancelInput) -> Outcome:
    """Call off a delivery that is pending, or put one away that was given up; with the message of a digest all that is
    in it. What is being sent this very moment may still arrive."""
    return await decisions.cancel(_read(input.id), by=by)


@mutation("replay", Replay)
async def delivery_replay_all(by: Viewer, input: DeliveryReplayAllInput) -> Outcome:
    """Send many deliveries again that were given up, yours or as administrator everybody's. It is done in the
    background; `replay` tells how far it is."""
    return await decisions.replay_all(by=by, dead=_dead(input.filter or None))


def _read(id: str) -> Any:
    return ids.read(id, deliveries.Delivery)


def _dead(filter: DeadDeliveryFilter | None) -> decisions.Dead:
    if filter is None:
        return decisions.Dead()
    return decisions.Dead(
        channels=or_none(filter.channels),
        endpoint_id=ids.maybe(or_none(filter.endpoint_id), endpoints.Endpoint, path="filter.endpointId"),
        kinds=or_none(filter.kinds),
        after=or_none(filter.after),
        before=or_none(filter.before),
    )


QUERIES = [list_deliveries, list_replays]
MUTATIONS = [delivery_replay, delivery_cancel, delivery_replay_all]
