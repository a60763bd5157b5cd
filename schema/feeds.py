"""The secret addresses under which calendar programs read your reminders."""

from datetime import datetime

import strawberry
from strawberry import Parent

from sales import feeds
from sales.feeds import NewFeed
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids
from schema.mutations import Answer, mutation
from schema.nodes import Node


@strawberry.type(description="A secret address of your calendar, from which a program reads your reminders.")
class CalendarFeed(Node, over=feeds.CalendarFeed):
    name: str = strawberry.field(description="What it is for. Never null.")
    created_at: datetime = strawberry.field(description="When it was made. Never null.")
    revoked_at: datetime | None = strawberry.field(description="Since when nothing is found there; null: it works.")


@strawberry.input(description="A new secret address of your calendar.")
class CalendarFeedCreateInput:
    name: str = strawberry.field(description="What it is for, such as the program that reads it. It can't be null.")


@strawberry.input(description="A secret address of your calendar to be replaced.")
class CalendarFeedRotateInput:
    id: strawberry.ID = strawberry.field(description="Which of yours. It can't be null.")


@strawberry.input(description="A secret address of your calendar to end.")
class CalendarFeedRevokeInput:
    id: strawberry.ID = strawberry.field(description="Which of yours. It can't be null.")


@strawberry.field(
    description="The address on this server, such as `/calendar/….ics`: whoever knows it reads your reminders. Shown "
    "this once: null when the same request is answered again, and when nothing was done."
)
def path(answer: Parent[Answer]) -> str | None:
    return f"/calendar/{answer.done.token}.ics" if answer.done and answer.done.token else None


@mutation("calendar_feed", CalendarFeed, path=path)
async def calendar_feed_create(by: Viewer, input: CalendarFeedCreateInput) -> NewFeed:
    """Make a secret address of your calendar, for one program. At most 10 a person."""
    return await feeds.create(by=by, name=input.name)


@mutation("calendar_feed", CalendarFeed, path=path)
async def calendar_feed_rotate(by: Viewer, input: CalendarFeedRotateInput) -> NewFeed:
    """Give your calendar another secret address: nothing is found at the one before from now on."""
    return await feeds.rotate(ids.read(input.id, feeds.CalendarFeed), by=by)


@mutation("calendar_feed", CalendarFeed)
async def calendar_feed_revoke(by: Viewer, input: CalendarFeedRevokeInput) -> Outcome:
    """End a secret address of your calendar: nothing is found there from now on."""
    return await feeds.revoke(ids.read(input.id, feeds.CalendarFeed), by=by)


MUTATIONS = [calendar_feed_create, calendar_feed_rotate, calendar_feed_revoke]
