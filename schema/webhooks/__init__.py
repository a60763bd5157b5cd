"""Webhooks: endpoints of the account that are told of events. What they are told lies beside this, as JSON Schema."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry
from strawberry import UNSET, Parent

import reads
from reads import Key, cursors
from sales import database, endpoints
from sales.deliveries.rates import MOST_PER_MINUTE
from sales.endpoints import hearing, webhooks
from sales.endpoints.hearing import PUBLIC_KINDS
from sales.endpoints.webhooks import NAMED_BY_FILTER, NewSecret, WebhookFields
from sales.errors import InvalidValue
from sales.ids import new_id
from sales.journal import Event
from sales.leads import Status
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids, payloads, selections
from schema.absent import given
from schema.connections import After, Before, Connection, First, Last
from schema.endpoints import Endpoint
from schema.events import AS_IT_HAPPENED
from schema.mutations import Answer, deletion, mutation
from schema.scalars import Cursor

_OLDEST_FIRST = (Key("created_at", datetime), Key("id"))


@strawberry.input(description="Of which leads a webhook hears: of those that fit every list that is given. With any, "
                  "it hears of nothing that isn't about a lead.")  # fmt: skip
class WebhookFilterInput:
    pipeline_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="In one of these pipelines. Empty, left out or null: in any."
    )
    step_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="In one of these steps. Empty, left out or null: in any."
    )
    owner_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="Of one of these owners. Empty, left out or null: anybody's, and nobody's."
    )
    statuses: list[Status] | None = strawberry.field(
        default=UNSET, description="With one of these statuses. Empty, left out or null: with any."
    )


_ID = "The webhook. It can't be null."
_NAME = f"What people call it; at most {endpoints.LONGEST_NAME} characters. "
_URL = "Where to POST: https, a public address. Only its host is ever shown again. "
_EVENTS = "The events that it hears of, such as `lead.moved`; empty: all of them. "
_FILTER = "Of which leads it hears. "
_RATE = f"How many requests a minute it is sent at most, 1 to {MOST_PER_MINUTE}; what is over waits, in its order. "
_SELECTION = 'What it is told of a lead, as fields of `Lead`: `"{ id title step { name } }"`. '


@strawberry.input(description="A new webhook.")
class WebhookCreateInput:
    name: str = strawberry.field(description=_NAME + "It can't be null.")
    url: str = strawberry.field(description=_URL + "It can't be null.")
    events: list[str] | None = strawberry.field(default=UNSET, description=_EVENTS + "Left out: all; never null.")
    filter: WebhookFilterInput | None = strawberry.field(
        default=UNSET, description=_FILTER + "Left out or null: of all, and of steps and pipelines."
    )
    selection: str | None = strawberry.field(default=UNSET, description=_SELECTION + "Left out or null: the usual.")
    rate_per_minute: int | None = strawberry.field(default=UNSET, description=_RATE + "Left out or null: no limit.")
    id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Your own id for it, `endpoint_<UUIDv7>`; sent again, it answers the first outcome, without the "
        "secret. Left out or null: the server makes one.",
    )


@strawberry.input(description="What changes on a webhook; what is left out stays.")
class WebhookEditInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    name: str | None = strawberry.field(default=UNSET, description=_NAME + "Left out: stays; never null.")
    url: str | None = strawberry.field(default=UNSET, description=_URL + "Left out: stays; never null.")
    events: list[str] | None = strawberry.field(default=UNSET, description=_EVENTS + "Left out: stays; never null.")
    filter: WebhookFilterInput | None = strawberry.field(
        default=UNSET, description=_FILTER + "Left out: stays; null: of all, and of steps and pipelines."
    )
    selection: str | None = strawberry.field(
        default=UNSET, description=_SELECTION + "Left out: stays; null: the usual."
    )
    rate_per_minute: int | None = strawberry.field(
        default=UNSET, description=_RATE + "Left out: stays; null: no limit."
    )


@strawberry.input(description="A webhook.")
class WebhookRotateSecretInput:
    id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.input(description="A webhook to switch on.")
class WebhookEnableInput:
    id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.input(description="A webhook to switch off.")
class WebhookDisableInput:
    id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.input(description="A webhook to delete.")
class WebhookDeleteInput:
    id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.input(description="A webhook to try on something that has happened. Nothing is sent.")
class WebhookTestInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    position: Cursor = strawberry.field(
        description="An event's place in the journal: a payload's `position`, or an event's. It can't be null."
    )


@strawberry.type(description="A header of a request.")
class Header:
    name: str = strawberry.field(description="Its name, in lower case. Never null.")
    value: str = strawberry.field(description="Its value. Never null.")


@strawberry.type(description="What a webhook would be sent for an event: the request to the byte.")
class WebhookRequest:
    matches: bool = strawberry.field(
        description="Whether the webhook's events and filter let the event pass. It is written down either way. "
        "Never null."
    )
    headers: list[Header] = strawberry.field(
        description="The headers of a first attempt now, with its signature. Never null."
    )
    body: str = strawberry.field(description="The body, which is what the signature is about. Never null.")


@dataclass(frozen=True)
class Tried:
    """A dry run: nothing has changed."""

    outcome: Outcome
    request: WebhookRequest


@strawberry.field(
    description="What receivers check the signature with. Shown this once: null when the same request is answered "
    "again, and when nothing was done."
)
def secret(answer: Parent[Answer]) -> str | None:
    return answer.done.secret if answer.done else None


@strawberry.field(description="What would be sent; null when nothing was done.")
def request(answer: Parent[Answer]) -> WebhookRequest | None:
    return answer.done.request if answer.done else None


@mutation("webhook", Endpoint, creates=True, secret=secret)
async def webhook_create(by: Viewer, input: WebhookCreateInput) -> NewSecret:
    """Tell a server of what happens in the account from now on. For administrators."""
    return await webhooks.create(by=by, fields=_fields(input, by), id=ids.own(input.id, endpoints.Endpoint))


@mutation("webhook", Endpoint)
async def webhook_edit(by: Viewer, input: WebhookEditInput) -> Outcome:
    """Change where a webhook goes, what it hears of, and what it is told. For administrators."""
    return await webhooks.edit(_webhook(input.id), by=by, fields=_fields(input, by))


@mutation("webhook", Endpoint, secret=secret)
async def webhook_rotate_secret(by: Viewer, input: WebhookRotateSecretInput) -> NewSecret:
    """Sign with a new secret, and for 24 hours with the former one as well. For administrators."""
    return await webhooks.rotate_secret(_webhook(input.id), by=by)


@mutation("webhook", Endpoint)
async def webhook_enable(by: Viewer, input: WebhookEnableInput) -> Outcome:
    """Switch a webhook on again, from now on. For administrators."""
    return await webhooks.enable(_webhook(input.id), by=by)


@mutation("webhook", Endpoint)
async def webhook_disable(by: Viewer, input: WebhookDisableInput) -> Outcome:
    """Switch a webhook off: what happens meanwhile is not told later. For administrators."""
    return await webhooks.disable(_webhook(input.id), by=by)


@deletion("webhook")
async def webhook_delete(by: Viewer, input: WebhookDeleteInput) -> Outcome:
    """Delete a webhook; what has not been sent yet is called off. For administrators."""
    return await webhooks.delete(_webhook(input.id), by=by)


@mutation("webhook", Endpoint, request=request)
async def webhook_test(by: Viewer, input: WebhookTestInput) -> Tried:
    """See the very request that an event would be told by, with its signature, without sending it. For
    administrators."""
    webhook_id = _webhook(input.id)
    webhook = await webhooks.seen(webhook_id, by=by)
    event = await _event(input.position, by)
    hears = await hearing.hears(webhook.id, event.position)
    try:
        made = await payloads.request(webhook, event, delivery_id=new_id(), attempt=1, now=await database.now())
    except ValueError as problem:
        raise InvalidValue("id", "webhook_unwritable", problem=str(problem)) from None
    headers = [Header(name=name, value=value) for name, value in made.headers.items()]
    return Tried(Outcome(webhook.id, None), WebhookRequest(matches=hears, headers=headers, body=made.body.decode()))


@strawberry.field(
    name="webhooks",
    graphql_type=Connection[Endpoint],
    description="The account's webhooks, the oldest first; for administrators, an empty page for others. Never null.",
    metadata=reads.connection(
        endpoints.Endpoint,
        lambda _, endpoint, __: f"{endpoint.kind} = 'WEBHOOK' and {endpoint.user_id} is null",
        order=_OLDEST_FIRST,
    ),
)
def list_webhooks(first: First = None, after: After = None, last: Last = None, before: Before = None) -> None: ...


def _webhook(id: str) -> Any:
    return ids.read(id, endpoints.Endpoint)


def _fields(input: WebhookCreateInput | WebhookEditInput, by: Viewer) -> WebhookFields:
    """What of a webhook was sent. Raises InvalidValue for a selection that no lead could be told by."""
    names = ("name", "url", "events", "filter", "selection", "rate_per_minute")
    sent = given(input, *names, clearable={"filter", "selection", "rate_per_minute"}, read={"filter": _filter})
    if sent.get("selection") is not None:
        selections.require_readable(sent["selection"], by=by)
    if "filter" in sent:
        sent["lead_filter"] = sent.pop("filter") or {}
    return sent  # type: ignore[return-value]


def _filter(filter: WebhookFilterInput) -> dict[str, list[Any]]:
    sent = {"pipelineIds": filter.pipeline_ids, "stepIds": filter.step_ids, "ownerIds": filter.owner_ids}
    found: dict[str, list[Any]] = {
        name: [ids.read(id, NAMED_BY_FILTER[name], path=f"filter.{name}.{n}") for n, id in enumerate(given_ids)]
        for name, given_ids in sent.items()
        if given_ids
    }
    return found | ({"statuses": list(filter.statuses)} if filter.statuses else {})


async def _event(position: Cursor, by: Viewer) -> Event:
    [place] = cursors.read(position, AS_IT_HAPPENED)
    event = await Event.filter(account_id=by.account.id, position=place).first()
    if event is None or event.kind not in PUBLIC_KINDS:
        raise InvalidValue("position", "position_unknown")
    return event


QUERIES = [list_webhooks]
MUTATIONS = [
    webhook_create, webhook_edit, webhook_rotate_secret, webhook_enable, webhook_disable, webhook_delete, webhook_test,
]  # fmt: skip
