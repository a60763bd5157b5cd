"""Endpoints: where things are sent besides e-mail addresses, and how they are doing: webhooks, devices and chats."""

from datetime import datetime

import strawberry

import reads
from reads import Row
from sales import endpoints, users
from sales.deliveries import Delivery
from sales.endpoints import EndpointKind, WhyDisabled
from sales.endpoints.offered import offer
from sales.leads import Status
from schema.nodes import Node
from schema.users import User
from schema.words import described

described(
    EndpointKind,
    "What stands at the other end. Kinds are appended: treat an unknown one by its name.",
    WEBHOOK="A server that is told of events, by Standard Webhooks.",
    WEB_PUSH="A browser, by web push.",
    FCM="A telephone or tablet, through Firebase; iPhones, too.",
    SLACK="A channel of Slack, or of whatever takes Slack's incoming webhooks.",
    TEAMS="A channel of Microsoft Teams.",
    APPRISE="Another chat, by an address of the library apprise.",
)
described(
    WhyDisabled,
    "Why nothing is sent to an endpoint any more.",
    BY_HAND="Somebody switched it off.",
    GONE="It says that it is gone for good (410).",
    FAILING="It has taken nothing for five days.",
)


def _listed(name: str, word: str = "") -> reads.Metadata:
    """A list of the filter, as clients know what is in it; null where the filter doesn't have it."""
    return reads.computed(
        lambda endpoint: (
            f"case when {endpoint.lead_filter} ? '{name}' then array(select '{word}' || v "
            f"from jsonb_array_elements_text({endpoint.lead_filter} -> '{name}') v) end"
        )
    )


@strawberry.type(description="Of which leads an endpoint hears: those that fit every list that is there.")
class EndpointFilter:
    pipeline_ids: list[strawberry.ID] | None = strawberry.field(
        description="In one of these pipelines; null: in any.", metadata=_listed("pipelineIds", "pipeline_")
    )
    step_ids: list[strawberry.ID] | None = strawberry.field(
        description="In one of these steps; null: in any.", metadata=_listed("stepIds", "step_")
    )
    owner_ids: list[strawberry.ID] | None = strawberry.field(
        description="Of one of these owners; null: anybody's, and nobody's.", metadata=_listed("ownerIds", "user_")
    )
    statuses: list[Status] | None = strawberry.field(
        description="With one of these statuses; null: with any.", metadata=_listed("statuses")
    )


def _pending(endpoint: Row) -> str:
    """What waits, also within a digest: two indexes."""
    of_it = f"from {endpoint.rows_of(Delivery)} d where d.endpoint_id = {endpoint.id}"
    return (
        f"((select count(*) {of_it} and d.lane = {endpoint.id} and d.state = 'PENDING') + (select count(*) {of_it} "
        f"and d.user_id = {endpoint.user_id} and d.state = 'JOINED' and d.attempt = 0))"
    )


@strawberry.type(description="Where things are sent besides a person's e-mail address.")
class Endpoint(Node, over=endpoints.Endpoint):
    kind: EndpointKind = strawberry.field(description="What stands at the other end. Never null.")
    name: str = strawberry.field(description="What people call it. Never null.")
    created_at: datetime = strawberry.field(description="Since when it is there. Never null.")
    disabled_at: datetime | None = strawberry.field(description="Since when nothing is sent there; null: it is on.")
    disabled_because: WhyDisabled | None = strawberry.field(description="Why it is off; null: it is on.")
    paused_until: datetime | None = strawberry.field(
        description="Until when it is spared because it failed; null, or past: it is not."
    )
    failing_since: datetime | None = strawberry.field(
        description="Since when it has taken nothing; null: it took the last one."
    )
    rate_per_minute: int | None = strawberry.field(
        description="How many messages a minute are sent there at most, what is over waits for its moment; null: as "
        "many as there are."
    )
    failures: int = strawberry.field(description="How often it failed on end. Never null.")
    selection: str | None = strawberry.field(
        description="What it is told of a lead, as GraphQL fields of `Lead`; null: the usual."
    )
    former_until: datetime | None = strawberry.field(
        name="formerSecretUntil",
        description="Until when it is signed with the former secret as well; null: the secret was never rotated.",
        metadata=reads.computed(lambda endpoint: endpoint.former_until),
    )

    address: str = strawberry.field(
        description="As much of the address as may be seen: for a webhook its scheme and host. Never null.",
        metadata=reads.computed(lambda endpoint: endpoint.shown),
    )
    events: list[str] = strawberry.field(
        description="The events that it hears of, such as `lead.moved`; empty: all of them. Never null."
    )
    filter: EndpointFilter = strawberry.field(
        description="Of which leads it hears. Never null.", metadata=reads.same_row()
    )
    is_enabled: bool = strawberry.field(
        description="Whether things are sent there. Never null.",
        metadata=reads.computed(lambda endpoint: f"({endpoint.disabled_at} is null)"),
    )
    pending_count: int = strawberry.field(
        description="How many deliveries wait for it. Never null.", metadata=reads.computed(_pending)
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
