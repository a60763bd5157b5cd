"""The journal: one row for everything that happened, in order, never changed.

History, notifications, live updates and reports are all read from it; nothing else says what happened.
"""

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields
from tortoise.models import Model

Changes = dict[str, Any]


class Kind(StrEnum):
    """What can happen. New kinds are appended; none is renamed, since the journal is never changed."""

    ACCOUNT_OPENED = "account.opened"
    ACCOUNT_REASONS_REQUIRED = "account.reasons_required"
    USER_ADDED = "user.added"
    USER_PREFERENCES_SET = "user.preferences_set"
    TEAM_CREATED = "team.created"
    TEAM_MEMBER_ADDED = "team.member_added"
    SESSION_OPENED = "session.opened"
    SESSION_REVOKED = "session.revoked"
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    PIPELINE_CREATED = "pipeline.created"
    PIPELINE_RENAMED = "pipeline.renamed"
    PIPELINE_MOVED = "pipeline.moved"
    PIPELINE_MADE_DEFAULT = "pipeline.made_default"
    PIPELINE_ARCHIVED = "pipeline.archived"
    PIPELINE_RESTORED = "pipeline.restored"
    PIPELINE_DELETED = "pipeline.deleted"
    STEP_CREATED = "step.created"
    STEP_EDITED = "step.edited"
    STEP_MOVED = "step.moved"
    STEP_ARCHIVED = "step.archived"
    STEP_RESTORED = "step.restored"
    STEP_DELETED = "step.deleted"
    STEP_REBALANCED = "step.rebalanced"
    REASON_ADDED = "reason.added"
    REASON_ARCHIVED = "reason.archived"
    REASON_RESTORED = "reason.restored"
    LEAD_CREATED = "lead.created"
    LEAD_EDITED = "lead.edited"
    LEAD_MOVED = "lead.moved"
    LEAD_ASSIGNED = "lead.assigned"
    LEAD_CLAIMED = "lead.claimed"
    LEAD_STARRED = "lead.starred"
    LEAD_UNSTARRED = "lead.unstarred"
    LEAD_STOOD_BY = "lead.stood_by"
    LEAD_TAKEN_UP = "lead.taken_up"
    LEAD_WON = "lead.won"
    LEAD_LOST = "lead.lost"
    LEAD_CANCELLED = "lead.cancelled"
    LEAD_REOPENED = "lead.reopened"
    LEAD_CLOSING_CORRECTED = "lead.closing_corrected"
    REMINDER_SET = "reminder.set"
    REMINDER_MOVED = "reminder.moved"
    REMINDER_SNOOZED = "reminder.snoozed"
    REMINDER_FIRED = "reminder.fired"
    REMINDER_DONE = "reminder.done"
    REMINDER_CANCELLED = "reminder.cancelled"
    NOTIFICATION_READ = "notification.read"
    NOTIFICATION_UNREAD = "notification.unread"
    NOTIFICATION_ALL_READ = "notification.all_read"
    NOTIFICATION_ARCHIVED = "notification.archived"
    VIEW_CREATED = "view.created"
    VIEW_EDITED = "view.edited"
    VIEW_DELETED = "view.deleted"
    ENDPOINT_CREATED = "endpoint.created"
    ENDPOINT_EDITED = "endpoint.edited"
    ENDPOINT_SECRET_ROTATED = "endpoint.secret_rotated"
    ENDPOINT_ENABLED = "endpoint.enabled"
    ENDPOINT_DISABLED = "endpoint.disabled"
    ENDPOINT_DELETED = "endpoint.deleted"
    LEAD_UNDONE = "lead.undone"
    STEP_UNDONE = "step.undone"
    PIPELINE_UNDONE = "pipeline.undone"
    PREFERENCES_SET = "preferences.set"
    WATCH_SET = "watch.set"
    WATCH_ENDED = "watch.ended"
    REMINDER_AHEAD = "reminder.ahead"
    REMINDER_SKIPPED = "reminder.skipped"
    REMINDER_SERIES_ENDED = "reminder.series_ended"
    REMINDER_POSTPONED = "reminder.postponed"
    REMINDER_DISSOLVED = "reminder.dissolved"
    REMINDER_ESCALATED = "reminder.escalated"
    REMINDER_ACKNOWLEDGED = "reminder.acknowledged"
    DELIVERY_REPLAYED = "delivery.replayed"
    DELIVERY_CANCELLED = "delivery.cancelled"
    DELIVERIES_REPLAYED = "deliveries.replayed"
    CALENDAR_FEED_CREATED = "calendar_feed.created"
    CALENDAR_FEED_ROTATED = "calendar_feed.rotated"
    CALENDAR_FEED_REVOKED = "calendar_feed.revoked"
    USER_EMAIL_BOUNCED = "user.email_bounced"
    USER_EMAIL_CONFIRMED = "user.email_confirmed"


class JournalHead(Model):
    """How far an account's journal has come; every writer locks it, last of all, in its last statement."""

    account_id = fields.UUIDField(primary_key=True)
    position = fields.BigIntField(default=0)
    last_at = fields.DatetimeField()
    lead_number = fields.BigIntField(default=0)

    class Meta:
        table = "journal_heads"


class DispatchCursor(Model):
    """How far the dispatch has read an account's journal."""

    account_id = fields.UUIDField(primary_key=True)
    dispatched = fields.BigIntField(default=0)

    class Meta:
        table = "dispatch_cursors"


class Event(Model):
    """Something that happened; the key is (account_id, position)."""

    position = fields.BigIntField(primary_key=True)
    account_id = fields.UUIDField()
    kind = fields.CharField(max_length=40)
    at = fields.DatetimeField(description="When it was written; never runs backwards within an account")
    happened_at = fields.DatetimeField(description="When it took place in business")
    actor = fields.CharField(max_length=10, description="USER, KEY or CLOCK")
    actor_id = fields.UUIDField(null=True, description="The person, also where a key acted for one")
    key_id = fields.UUIDField(null=True)
    request_id = fields.CharField(max_length=64, null=True)
    subject_id = fields.UUIDField()
    lead_id = fields.UUIDField(null=True)
    lead_version = fields.BigIntField(null=True)
    owner_id = fields.UUIDField(null=True, description="The lead's owner after the event")
    caused_by = fields.BigIntField(null=True, description="Position of the bulk event that this is a part of")
    changes: Changes = fields.JSONField(description="{column: [from, to]} of the subject, {table: {id: ...}} of others")
    private: Changes = fields.JSONField(description="The same for free text; emptied when a person is erased")
    data: dict[str, Any] = fields.JSONField(description="What else a reader needs; its meaning depends on the kind")

    class Meta:
        table = "journal"

    @property
    def changes_of_lead(self) -> Changes:
        """What changed of the lead's own columns, whether the event is about the lead or about a reminder of it."""
        return of_lead(self.all_changes, subject_id=self.subject_id, lead_id=self.lead_id)

    @property
    def all_changes(self) -> Changes:
        """Changes and private changes of the subject and of the other rows, merged."""
        return _merged(self.changes, self.private)


def of_lead(changes: Changes, *, subject_id: UUID, lead_id: UUID | None) -> Changes:
    """The lead's part of an event's changes: at the top where it is the subject, under `leads` where it is not."""
    own: Changes = changes if subject_id == lead_id else changes.get("leads", {}).get(str(lead_id), {})
    return own


def plain(value: Any) -> Any:
    """A column's value as the journal keeps it: text for what JSON has no word for; instants in UTC."""
    match value:
        case datetime():
            return value.isoformat()
        case date() | time():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case UUID():
            return str(value)
        case StrEnum():
            return value.value
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def dumps(value: Any) -> str:
    return orjson.dumps(value, default=plain).decode()


def _merged(first: Changes, second: Changes) -> Changes:
    merged = dict(first)
    for name, change in second.items():
        merged[name] = _merged(merged[name], change) if isinstance(merged.get(name), dict) else change
    return merged
