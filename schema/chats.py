"""Chats in which you are told, or in which everybody reads what happens in the account."""

from enum import StrEnum

import strawberry
from strawberry import UNSET

from sales import endpoints
from sales.deliveries.rates import MOST_PER_MINUTE
from sales.endpoints import EndpointKind, chats
from sales.endpoints.chats import USUAL_RATES, NewChat
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids
from schema.endpoints import Endpoint
from schema.mutations import mutation
from schema.words import described


class ChatKind(StrEnum):
    """Which kinds of endpoints are chats."""

    SLACK = "SLACK"
    TEAMS = "TEAMS"
    APPRISE = "APPRISE"


described(
    ChatKind,
    "What kind of chat.",
    SLACK="Slack, or whatever takes Slack's incoming webhooks.",
    TEAMS="Microsoft Teams, by the webhook of a workflow.",
    APPRISE="Another one, by an address of the library apprise; the operator says which are taken.",
)


_USUAL = ", ".join(f"{rate} for {kind.value}" for kind, rate in USUAL_RATES.items()) + ", none for others"


@strawberry.input(description="A chat to tell things in.")
class ChatAddInput:
    kind: ChatKind = strawberry.field(description="What kind of chat. It can't be null.")
    name: str = strawberry.field(description="What you call it. It can't be null.")
    url: str = strawberry.field(
        description="The secret address of its incoming webhook; for APPRISE an address of that library. It can't be "
        "null, and is not shown again."
    )
    is_of_account: bool | None = strawberry.field(
        default=UNSET,
        description="Whether the account's events are told there, rather than your notifications; for administrators. "
        "Left out or null: yours.",
    )
    events: list[str] | None = strawberry.field(
        default=UNSET,
        description="For a chat of the account: the events that are told there, such as `lead.moved`; empty: all of "
        "them. Left out or null: all.",
    )
    rate_per_minute: int | None = strawberry.field(
        default=UNSET,
        description=f"How many messages a minute are sent there at most, 1 to {MOST_PER_MINUTE}; what is over waits. "
        f"Left out: {_USUAL}; null: no limit.",
    )


@strawberry.input(description="A chat in which nothing is to be told any more.")
class ChatRemoveInput:
    id: strawberry.ID = strawberry.field(description="Which. It can't be null.")


@mutation("chat", Endpoint)
async def chat_add(by: Viewer, input: ChatAddInput) -> Outcome:
    """Tell you in a chat, too; or, as administrator, tell the account's events in one."""
    kind = EndpointKind(input.kind)
    rate = USUAL_RATES.get(kind) if input.rate_per_minute is UNSET else input.rate_per_minute
    chat = NewChat(
        kind=kind, name=input.name, url=input.url, is_of_account=bool(input.is_of_account),
        events=tuple(dict.fromkeys(input.events or ())), rate_per_minute=rate,
    )  # fmt: skip
    return await chats.add(by=by, chat=chat)


@mutation("chat", Endpoint)
async def chat_remove(by: Viewer, input: ChatRemoveInput) -> Outcome:
    """Tell nothing in a chat of yours any more; as administrator, in one of the account's. Its payload's `chat` is
    null: there is none any more."""
    return await chats.remove(ids.read(input.id, endpoints.Endpoint), by=by)


MUTATIONS = [chat_add, chat_remove]
