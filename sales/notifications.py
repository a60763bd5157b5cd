"""Notifications: what a person is told, once per event, in the application."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.models import Model

from sales import database
from sales.errors import NotFound
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.verbs import verb
from sales.viewers import Viewer


class NotificationKind(StrEnum):
    """Why somebody is told."""

    REMINDER_DUE = "REMINDER_DUE"
    LEAD_ASSIGNED = "LEAD_ASSIGNED"
    LEAD_TAKEN_AWAY = "LEAD_TAKEN_AWAY"
    STATUS_CHANGED = "STATUS_CHANGED"
    STEP_CHANGED = "STEP_CHANGED"
    AMOUNT_CHANGED = "AMOUNT_CHANGED"
    ENDPOINT_DISABLED = "ENDPOINT_DISABLED"
    OWNER_CHANGED = "OWNER_CHANGED"
    REMINDER_AHEAD = "REMINDER_AHEAD"
    REMINDER_ESCALATED = "REMINDER_ESCALATED"
    EMAIL_BOUNCED = "EMAIL_BOUNCED"


class Notification(Model):
    """One person told of one event; the words are made from the event in the reader's language."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    user_id = fields.UUIDField()
    kind = fields.CharEnumField(NotificationKind, max_length=20)
    position = fields.BigIntField(description="The event in the journal")
    lead_id = fields.UUIDField(null=True)
    reminder_id = fields.UUIDField(null=True)
    dedupe_key = fields.CharField(max_length=120, description="One notification per event and person")
    in_app = fields.BooleanField(default=True, description="Shown in the inbox")
    created_at = fields.DatetimeField()
    visible_at = fields.DatetimeField(description="Held back until then")
    read_at = fields.DatetimeField(null=True)
    archived_at = fields.DatetimeField(null=True)
    cancelled_at = fields.DatetimeField(null=True, description="Ended before it became visible")

    class Meta:
        table = "notifications"


def inbox_of(by: Viewer, now: datetime) -> Q:
    """The notifications that a person sees now: their own, in the application, not held back, not called off."""
    own = Q(account_id=by.account.id, user_id=by.user.id, in_app=True, cancelled_at__isnull=True)
    return own & Q(visible_at__lte=now)


@verb
async def mark_read(ids: list[UUID], *, by: Viewer) -> Draft:
    """Read these; those that are read already stay as they are. Raises NotFound for one that isn't the viewer's."""
    return await _marked(ids, Kind.NOTIFICATION_READ, by, read=True)


@verb
async def mark_unread(ids: list[UUID], *, by: Viewer) -> Draft:
    return await _marked(ids, Kind.NOTIFICATION_UNREAD, by, read=False)


@verb
async def mark_all_read(*, by: Viewer, up_to: datetime | None = None) -> Draft:
    """Read everything that is in the inbox now, or was at `up_to`."""
    now = await database.now()
    unread = (
        await Notification.filter(inbox_of(by, min(up_to or now, now)), read_at__isnull=True)
        .order_by("id")
        .select_for_update(no_key=True)
    )
    draft = Draft(Kind.NOTIFICATION_ALL_READ, by.user, by=by)
    for notification in unread:
        draft.change(notification, read_at=now)
    return draft


@verb
async def archive(ids: list[UUID], *, by: Viewer) -> Draft:
    """Put these away: they leave the inbox and can still be looked up."""
    notifications, now = await _locked(ids, by), await database.now()
    draft = Draft(Kind.NOTIFICATION_ARCHIVED, by.user, by=by)
    for notification in notifications:
        draft.change(notification, archived_at=notification.archived_at or now, read_at=notification.read_at or now)
    return draft


async def _marked(ids: list[UUID], kind: Kind, by: Viewer, *, read: bool) -> Draft:
    notifications, now = await _locked(ids, by), await database.now()
    draft = Draft(kind, by.user, by=by)
    for notification in notifications:
        draft.change(notification, read_at=(notification.read_at or now) if read else None)
    return draft


async def _locked(ids: list[UUID], by: Viewer) -> list[Notification]:
    now = await database.now()
    found = await Notification.filter(inbox_of(by, now), id__in=ids).order_by("id").select_for_update(no_key=True)
    if len(found) != len(set(ids)):
        raise NotFound("notification", "ids")
    return found
