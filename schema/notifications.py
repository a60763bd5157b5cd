"""Notifications: the viewer's inbox."""

from asyncio import gather
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import UNSET

import reads
from reads import Key, Row
from sales import journal, leads, notices, notifications, reminders
from sales.deliveries import Delivery as Sent
from sales.errors import InvalidValue
from sales.notifications import NotificationKind
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids, plans
from schema.connections import After, Before, Connection, First, Last
from schema.context import Info
from schema.deliveries import Delivery
from schema.events import Event
from schema.leads import Lead
from schema.mutations import Answer, mutation
from schema.nodes import Node
from schema.reminders import Reminder
from schema.trails import NOTIFICATION_TRAIL, TrailStage
from schema.why_not import WHY_NOT_NOTIFICATION, WhyNotDelivered

MOST_AT_ONCE = 100

_NEWEST_FIRST = (Key("visible_at", datetime, descending=True), Key("id", descending=True))


async def _sentences(run: reads.Run, ids: list[Any]) -> list[Any]:
    found = await notices.load([UUID(id) for id in ids])
    return [found[UUID(id)].sentence for id in ids]


@strawberry.type(description="What you were told, once per event.")
class Notification(Node, over=notifications.Notification):
    kind: NotificationKind = strawberry.field(description="Why you are told. Never null.")
    read_at: datetime | None = strawberry.field(description="When you read it; null: not yet.")
    archived_at: datetime | None = strawberry.field(description="When you put it away; null: it is in the inbox.")

    at: datetime = strawberry.field(
        description="When you were told. Never null.",
        metadata=reads.computed(lambda notification: notification.visible_at),
    )
    text: str = strawberry.field(
        description="What happened in one sentence, in your language. Never null.",
        metadata=reads.finished(lambda notification: f"to_json({notification.id})", _sentences),
    )
    lead: Lead | None = strawberry.field(
        description="The lead; null: it is about several or none, or you may not see it any more.",
        metadata=reads.to_one(leads.Lead, "lead_id"),
    )
    event: Event | None = strawberry.field(
        description="What happened; null: it is about several leads or none, or you may not see the lead any more.",
        metadata=reads.one(
            journal.Event,
            lambda notification, event, _: (
                f"{event.account_id} = {notification.account_id} and {event.position} = {notification.position}"
            ),
        ),
    )
    reminder: Reminder | None = strawberry.field(
        description="The reminder that it is about; null: it is about something else, or you may not see the lead.",
        metadata=reads.to_one(reminders.Reminder, "reminder_id"),
    )
    deliveries: list[Delivery] = strawberry.field(
        description="How it left the application; empty when it did not. Never null.",
        metadata=reads.many(
            Sent,
            lambda notification, delivery, _: f"{delivery.notification_id} = {notification.id}",
            order=lambda delivery: f"{delivery.created_at}, {delivery.id}",
        ),
    )
    trail: list[TrailStage] = NOTIFICATION_TRAIL
    why_not_delivered: WhyNotDelivered | None = WHY_NOT_NOTIFICATION


def _unread(row: Row) -> str:
    return (
        f"(select count(*) from {row.rows_of(notifications.Notification)} n "
        "where n.read_at is null and n.archived_at is null)"
    )


UNREAD = reads.computed(_unread)
"""How many of the viewer's notifications wait in the inbox."""


@strawberry.type(description="Your inbox, one page of it. Null nowhere.")
class Inbox(Connection[Notification]):
    unread_count: int = strawberry.field(
        description="How many in the inbox you have not read, whatever the filter. Never null.", metadata=UNREAD
    )


@strawberry.input(description="Which notifications. An empty filter is no filter.")
class NotificationFilter:
    is_unread: bool | None = strawberry.field(
        default=UNSET, description="True: not read yet; false: read. Left out or null: both."
    )
    is_archived: bool | None = strawberry.field(
        default=False, description="True: put away; false: in the inbox. Left out: in the inbox; null: both."
    )


_IN_THE_INBOX = {"isArchived": False}


def _wanted(notification: Row, filter: reads.Arguments | None) -> str:
    conditions = [notification.in_app]
    for name, column in (("isUnread", notification.read_at), ("isArchived", notification.archived_at)):
        asked = (filter or _IN_THE_INBOX).get(name)
        if asked is not None:
            conditions.append(f"{column} is {'' if asked is (name == 'isUnread') else 'not '}null")
    return " and ".join(conditions)


@strawberry.field(
    name="notifications",
    graphql_type=Inbox,
    description="What you were told, newest first. Never null.",
    metadata=reads.connection(
        notifications.Notification,
        lambda _, notification, given: _wanted(notification, given.get("filter")),
        order=_NEWEST_FIRST,
    ),
)
def list_notifications(
    filter: Annotated[
        NotificationFilter | None, strawberry.argument(description="Which; left out or null: those in the inbox.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> None: ...


@strawberry.input(description="Some of your notifications.")
class NotificationMarkReadInput:
    ids: list[strawberry.ID] = strawberry.field(description=f"Which, at most {MOST_AT_ONCE}. It can't be null.")


@strawberry.input(description="Some of your notifications, to look at again.")
class NotificationMarkUnreadInput(NotificationMarkReadInput):
    pass


@strawberry.input(description="Some of your notifications, to put away.")
class NotificationArchiveInput(NotificationMarkReadInput):
    pass


async def _same(info: Info, answer: Answer) -> list[Any]:
    found = await gather(*(plans.row(info, notifications.Notification, key) for key in _keys(answer.input)))
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
