"""Reminders: when to come back to a lead."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.db_defaults import SqlDefault
from tortoise.models import Model

from sales.advice import Advice, AdviceCode
from sales.fields import WallTime
from sales.ids import new_id
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.moments import Due, Moment, Morning, resolve, start_of
from sales.names import clean_text
from sales.reminders.terms import NO_TERMS, Terms
from sales.users import User
from sales.verbs import Checks

LONGEST_ACTIVITY = 60
LONGEST_NOTE = 4_000
EMPTY = SqlDefault("'{}'")


class ReminderState(StrEnum):
    """PENDING until it fires, FIRED until somebody acts, then DONE; or CANCELLED."""

    PENDING = "PENDING"
    FIRED = "FIRED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class Reminder(Model):
    """A moment at which somebody wants to come back to a lead."""

    PRIVATE = frozenset({"activity", "note"})

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    lead_id = fields.UUIDField()
    user_id = fields.UUIDField(null=True, description="Who is reminded; null: whoever owns the lead when it fires")
    created_by_id = fields.UUIDField()
    wakes = fields.BooleanField(default=False, description="It brings a standby lead back to TODO")
    state = fields.CharEnumField(ReminderState, max_length=10, default=ReminderState.PENDING)
    due_at = fields.DatetimeField()
    notify_at = fields.DatetimeField(description="When to tell people: a date alone waits for their morning")
    local_date = fields.DateField(null=True)
    local_time: WallTime[time | None] = WallTime(null=True)
    time_zone = fields.CharField(max_length=64, null=True)
    activity = fields.CharField(max_length=60, default="")
    note = fields.TextField(default="")
    is_urgent = fields.BooleanField(
        default=False, db_default=SqlDefault("false"), description="Told of at once, in quiet hours too"
    )
    ahead: list[int] = ArrayField(
        element_type="INT", default=list, db_default=EMPTY, description="Told so many seconds before, too"
    )
    ahead_at = fields.DatetimeField(null=True, description="When the next of these is")
    until: list[str] = ArrayField(element_type="TEXT", default=list, db_default=EMPTY, description="What dissolves it")
    since_activity = fields.BigIntField(null=True, description="Due when nobody touched the lead for so many seconds")
    escalate_after = fields.BigIntField(null=True, description="Seconds for which it may stay unacknowledged")
    escalate_at = fields.DatetimeField(null=True, description="When others are told, unless it is acknowledged by then")
    series_id = fields.UUIDField(null=True, description="What it comes again and again by; null: it comes once")
    occurrence = fields.IntField(default=1, db_default=1, description="Which of its series")
    occurs_on = fields.DateField(null=True, description="The day by the rule of its series, whatever it was moved to")
    is_followed = fields.BooleanField(
        default=False, db_default=SqlDefault("false"), description="The next of its series is set, or there is none"
    )
    created_at = fields.DatetimeField()
    fired_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True, description="When it was done or cancelled")
    set_aside_at = fields.DatetimeField(null=True, description="The clock gave up on it; see failures")

    class Meta:
        table = "reminders"


async def set_waking(
    draft: Draft, lead: Lead, until: Moment, *, activity: str = "", note: str = "", terms: Terms = NO_TERMS
) -> Reminder:
    """Give a locked lead the reminder that wakes it. The one before is cancelled, what has fired is done."""
    now, wanted = await draft.by.now(), terms.columns()
    due = await due_for(lead.owner_id, until, draft=draft, now=now)
    reminder = Reminder(
        account_id=lead.account_id, lead_id=lead.id, created_by_id=draft.by.user.id, wakes=True, created_at=now,
        **columns(due, wanted["ahead"], now), **wanted, **words(activity, note),
    )  # fmt: skip
    for old in await locked_reminders(lead) if lead.number else []:
        if old.wakes:
            end(draft, old, now, ReminderState.CANCELLED if old.state == ReminderState.PENDING else ReminderState.DONE)
    draft.add(reminder)
    draft.change(lead, waking_reminder_id=reminder.id)
    return reminder


def another(reminder: Reminder, **values: Any) -> Reminder:
    """A new reminder that says what this one says, to the same person and on the same terms."""
    return Reminder(
        account_id=reminder.account_id, lead_id=reminder.lead_id, user_id=reminder.user_id,
        activity=reminder.activity, note=reminder.note, is_urgent=reminder.is_urgent, ahead=reminder.ahead,
        until=reminder.until, escalate_after=reminder.escalate_after, **values,
    )  # fmt: skip


async def end_waking(draft: Draft, lead: Lead, *, state: ReminderState = ReminderState.CANCELLED) -> None:
    """End the reminder that would wake a locked standby lead; its status is the caller's affair."""
    end(draft, await _waking(lead), await draft.by.now(), state)
    draft.change(lead, waking_reminder_id=None)


async def tell_new_owner_in_the_morning(draft: Draft, lead: Lead) -> None:
    """A locked lead has changed hands: what wakes it on a day is told of when its new owner's day starts."""
    if lead.waking_reminder_id is None or lead.owner_id is None:
        return
    reminder = await _waking(lead)
    if reminder.local_date is not None and reminder.local_time is None:
        owner = await User.get(id=lead.owner_id)
        told_at = start_of(reminder.local_date, Morning(owner.day_starts_at, owner.time_zone))
        told_at = max(reminder.due_at, told_at)
        now = await draft.by.now()
        draft.change(reminder, notify_at=told_at, ahead_at=next_ahead(told_at, reminder.ahead, now))


async def end_for_closing(draft: Draft, lead: Lead, now: datetime) -> None:
    """Closing cancels what wakes the lead, makes fired reminders done, and keeps the others (a warning names them)."""
    kept = []
    for reminder in await locked_reminders(lead):
        if reminder.state == ReminderState.FIRED:
            end(draft, reminder, now, ReminderState.DONE)
        elif reminder.wakes:
            end(draft, reminder, now, ReminderState.CANCELLED)
        else:
            kept.append(reminder.id)
    draft.change(lead, waking_reminder_id=None)
    if kept:
        draft.warnings.append(Advice(AdviceCode.REMINDERS_KEPT, tuple(kept), {"reminders": len(kept)}))


def end(draft: Draft, reminder: Reminder, now: datetime, state: ReminderState) -> None:
    draft.change(reminder, state=state, ended_at=now, escalate_at=None)


async def locked_reminders(lead: Lead) -> list[Reminder]:
    """The pending and fired reminders of a locked lead, locked by id."""
    return (
        await Reminder.filter(
            account_id=lead.account_id, lead_id=lead.id, state__in=[ReminderState.PENDING, ReminderState.FIRED]
        )
        .order_by("id")
        .select_for_update(no_key=True)
    )


async def due_for(user_id: UUID | None, moment: Moment, *, draft: Draft, now: datetime, path: str = "until") -> Due:
    """When a moment comes, in the viewer's zone; a day is told of when that person's own day starts."""
    by = draft.by.user
    reader = by if user_id in (None, by.id) else await User.get(id=user_id)
    morning = Morning(reader.day_starts_at, reader.time_zone)
    due = resolve(moment, now=now, zone=by.time_zone, morning=morning, path=path)
    if due.moved:
        draft.warnings.append(Advice(AdviceCode.MOMENT_MOVED, (), {"zone": due.time_zone}))
    return due


def columns(due: Due, ahead: Sequence[int], now: datetime) -> dict[str, object]:
    """The columns that keep when it comes due, what the person chose, and when to tell ahead of it."""
    return {
        "ahead_at": next_ahead(due.notify_at, ahead, now),
        "due_at": due.due_at,
        "notify_at": due.notify_at,
        "local_date": due.local_date,
        "local_time": due.local_time,
        "time_zone": due.time_zone,
    }


def next_ahead(notify_at: datetime, ahead: Sequence[int], now: datetime) -> datetime | None:
    """When to tell ahead next; what is past by now is not told. `ahead` are seconds."""
    moments = (notify_at - timedelta(seconds=seconds) for seconds in ahead)
    return min((moment for moment in moments if moment > now), default=None)


def words(activity: str, note: str) -> dict[str, str]:
    """What is to be done, cleaned. Raises InvalidValue, all at once."""
    cleaned, checks = {}, Checks()
    with checks:
        cleaned["activity"] = clean_text(activity, path="activity", longest=LONGEST_ACTIVITY)
    with checks:
        cleaned["note"] = clean_text(note, path="note", longest=LONGEST_NOTE)
    checks.done()
    return cleaned


async def _waking(lead: Lead) -> Reminder:
    reminders = Reminder.filter(account_id=lead.account_id, id=lead.waking_reminder_id)
    waking: Reminder = await reminders.select_for_update(no_key=True).get()
    return waking
