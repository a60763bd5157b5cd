"""Notifications: the viewer's inbox."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import UNSET, Parent

from sales import journal, leads, notifications, reminders
from sales.errors import InvalidValue
from sales.notifications import NotificationKind, inbox_of
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids
from schema.connections import After, Before, Connection, First, Last, Page, Slice, paged
from schema.context import Context, Info
from schema.deliveries import Delivery
from schema.events import Event
from schema.leads import Lead
from schema.mutations import mutation
from schema.nodes import Node
from schema.orders import Key
from schema.reminders import Reminder

MOST_AT_ONCE = 100

_NEWEST_FIRST = (Key("visible_at", datetime, descending=True), Key("id", descending=True))


@strawberry.type(description="What you were told, once per event.")
class Notification(Node, over=notifications.Notification):
    kind: NotificationKind = strawberry.field(description="Why you are told. Never null.")
    read_at: datetime | None = strawberry.field(description="When you read it; null: not yet.")
    archived_at: datetime | None = strawberry.field(description="When you put it away; null: it is in the inbox.")

    @strawberry.field(description="When you were told. Never null.")
    def at(self, notification: Parent[notifications.Notification]) -> datetime:
        return notification.visible_at

    @strawberry.field(description="What happened in one sentence, in your language. Never null.")
    async def text(self, notification: Parent[notifications.Notification], info: Info) -> str:
        return await info.context.loaders.texts.load(notification.id)

    @strawberry.field(
        graphql_type=Lead | None, description="The lead; null: it is about several, or you may not see it any more."
    )
    async def lead(self, notification: Parent[notifications.Notification], info: Info) -> leads.Lead | None:
        return await info.context.loaders.one(leads.Lead).load(notification.lead_id) if notification.lead_id else None

    @strawberry.field(
        graphql_type=Event | None,
        description="What happened; null: it is about several leads, or you may not see the lead any more.",
    )
    async def event(self, notification: Parent[notifications.Notification], info: Info) -> journal.Event | None:
        return await info.context.loaders.events.load(notification.position)

    @strawberry.field(
        graphql_type=Reminder | None,
        description="The reminder that came due; null: it is about something else, or you may not see the lead.",
    )
    async def reminder(self, notification: Parent[notifications.Notification], info: Info) -> Any:
        id = notification.reminder_id
        return await info.context.loaders.one(reminders.Reminder).load(id) if id else None

    @strawberry.field(
        graphql_type=list[Delivery], description="How it left the application; empty when it did not. Never null."
    )
    async def deliveries(self, notification: Parent[notifications.Notification], info: Info) -> Any:
        return await info.context.loaders.deliveries_of.load(notification.id)


@strawberry.type(description="Your inbox, one page of it. Null nowhere.")
class Inbox(Connection[Notification]):
    @strawberry.field(description="How many in the inbox you have not read, whatever the filter. Never null.")
    async def unread_count(self, info: Info) -> int:
        return await unread_count(info.context)


@strawberry.input(description="Which notifications. An empty filter is no filter.")
class NotificationFilter:
    is_unread: bool | None = strawberry.field(
        default=UNSET, description="True: not read yet; false: read. Left out or null: both."
    )
    is_archived: bool | None = strawberry.field(
        default=False, description="True: put away; false: in the inbox. Left out: in the inbox; null: both."
    )


_IN_THE_INBOX = NotificationFilter()


@strawberry.field(name="notifications", graphql_type=Inbox, description="What you were told, newest first. Never null.")
async def list_notifications(
    info: Info,
    filter: Annotated[
        NotificationFilter | None, strawberry.argument(description="Which; left out or null: those in the inbox.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Slice:
    wanted = filter or _IN_THE_INBOX
    found = notifications.Notification.filter(inbox_of(info.context.by, await info.context.now()))
    if isinstance(wanted.is_unread, bool):
        found = found.filter(read_at__isnull=wanted.is_unread)
    if isinstance(wanted.is_archived, bool):
        found = found.filter(archived_at__isnull=not wanted.is_archived)
    return await paged(found, _NEWEST_FIRST, Page.of(first, after, last, before))


async def unread_count(context: Context) -> int:
    inbox = notifications.Notification.filter(inbox_of(context.by, await context.now()))
    return await inbox.filter(read_at__isnull=True, archived_at__isnull=True).count()


@strawberry.input(description="Some of your notifications.")
class NotificationMarkReadInput:
    ids: list[strawberry.ID] = strawberry.field(description=f"Which, at most {MOST_AT_ONCE}. It can't be null.")


@strawberry.input(description="Some of your notifications, to look at again.")
class NotificationMarkUnreadInput(NotificationMarkReadInput):
    pass


@strawberry.input(description="Some of your notifications, to put away.")
class NotificationArchiveInput(NotificationMarkReadInput):
    pass


async def _same(context: Context, _: Any, input: NotificationMarkReadInput) -> list[Any]:
    found = await context.loaders.one(notifications.Notification).load_many(_keys(input))
    return [notification for notification in found if notification]


@mutation("notifications", list[Notification], read=_same)
async def notification_mark_read(by: Viewer, input: NotificationMarkReadInput) -> Outcome:
    """Mark notifications as read."""
    return await notifications.mark_read(_keys(input), by=by)


@mutation("notifications", list[Notification], read=_same)
async def notification_mark_unread(by: Viewer, input: NotificationMarkUnreadInput) -> Outcome:
    """Mark notifications as not read."""
    return await notifications.mark_unread(_keys(input), by=by)


@mutation("notifications", list[Notification], read=_same)
async def notification_archive(by: Viewer, input: NotificationArchiveInput) -> Outcome:
    """Put notifications away: they are read and leave the inbox."""
    return await notifications.archive(_keys(input), by=by)


def _keys(input: NotificationMarkReadInput) -> list[UUID]:
    if len(input.ids) > MOST_AT_ONCE:
        raise InvalidValue("ids", "too_many", most=MOST_AT_ONCE)
    return [ids.read(id, notifications.Notification, path="ids") for id in input.ids]


QUERIES = [list_notifications]
MUTATIONS = [notification_mark_read, notification_mark_unread, notification_archive]
