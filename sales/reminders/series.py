"""Series: reminders that come again, by a rule or on inactivity; each is a row, set when the one before is over.

A reminder that is over and not followed is what the clock looks for (index reminders_to_follow), so a series goes on
wherever it was interrupted; (series, occurrence) is unique, so that it never goes on twice.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from tortoise import fields
from tortoise.models import Model

from sales.errors import InvalidValue
from sales.fields import WallTime
from sales.ids import new_id
from sales.journal.drafts import Draft
from sales.moments import Due, Local, Moment, Morning, On
from sales.reminders import Reminder, another, columns
from sales.reminders.rules import Rule, checked
from sales.users import User

SHORTEST_INACTIVITY, LONGEST_INACTIVITY = timedelta(days=1), timedelta(days=3_653)


class Series(Model):
    """What a reminder comes again by: a rule and the clock that it is told on; or, without a rule, inactivity."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    recurrence = fields.CharField(max_length=200, null=True, description="RRULE of RFC 5545; null: on inactivity")
    starts_on = fields.DateField(null=True)
    local_time: WallTime[time | None] = WallTime(null=True, description="Null: of whole days")
    time_zone = fields.CharField(max_length=64, null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "reminder_series"

    @property
    def rule(self) -> Rule | None:
        if self.recurrence is None or self.starts_on is None or self.time_zone is None:
            return None
        return Rule(self.recurrence, self.starts_on, self.local_time, self.time_zone)


def by_rule(draft: Draft, text: str, at: Moment, *, now: datetime) -> tuple[Series, date]:
    """A new series from a day on, and its first day. Raises InvalidValue."""
    text, zone, by = checked(text), draft.by.user.time_zone, draft.by
    match at:
        case Local(day, clock, zone):
            series = Series(account_id=by.account.id, recurrence=text, starts_on=day, local_time=clock, time_zone=zone)
        case On(day):
            series = Series(account_id=by.account.id, recurrence=text, starts_on=day, time_zone=zone)
        case _:
            raise InvalidValue("at", "recurrence_needs_day")
    assert series.rule is not None, "it was given one"
    first = series.rule.next_day(after=day - timedelta(days=1), now=now)
    if first is None:
        raise InvalidValue("recurrence", "recurrence_never")
    draft.add(series)
    return series, first


def on_inactivity(draft: Draft, length: timedelta, *, now: datetime) -> tuple[Series, Due]:
    """A new series that is due when nobody has touched the lead for so long. Raises InvalidValue."""
    if not SHORTEST_INACTIVITY <= length <= LONGEST_INACTIVITY:
        raise InvalidValue("sinceActivity", "inactivity_out_of_range")
    series = Series(account_id=draft.by.account.id)
    draft.add(series)
    return series, Due(due_at=now + length, notify_at=now + length)


async def follow(draft: Draft, reminder: Reminder, *, now: datetime) -> Reminder | None:
    """Set the next of a series after a locked reminder that is over, or end the series where there is none."""
    draft.change(reminder, is_followed=True)
    series = await Series.get(account_id=reminder.account_id, id=reminder.series_id)
    planned = await _planned(series, reminder, now)
    if planned is None:
        if series.ended_at is None:
            draft.change(series, ended_at=now)
        return None
    following = another(
        reminder, created_by_id=reminder.created_by_id, since_activity=reminder.since_activity, series_id=series.id,
        occurrence=reminder.occurrence + 1,
        # What happens between the two counts for the second.
        created_at=reminder.fired_at or reminder.ended_at, **planned,
    )  # fmt: skip
    draft.add(following)
    return following


async def _planned(series: Series, reminder: Reminder, now: datetime) -> dict[str, Any] | None:
    """The columns that say when the next one comes due."""
    if series.ended_at is not None:
        return None
    if series.rule is None:
        assert reminder.since_activity is not None
        ended_at = reminder.fired_at or reminder.ended_at
        assert ended_at is not None, "it is over"
        due_at = ended_at + timedelta(seconds=reminder.since_activity)
        return columns(Due(due_at, due_at), reminder.ahead, now)
    day = series.rule.next_day(after=reminder.occurs_on, now=now)
    if day is None:
        return None
    user = await User.get(id=reminder.user_id)
    due = series.rule.due(day, now=now, morning=Morning(user.day_starts_at, user.time_zone))
    return {"occurs_on": day, **columns(due, reminder.ahead, now)}
