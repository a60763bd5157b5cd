"""Reminders: when to come back to a lead, and whom it reminds."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated

import strawberry
from strawberry import UNSET

import reads
from reads import Key, Row
from sales import reminders
from sales.leads import Lead
from sales.reminders import ReminderState
from sales.reminders.series import Series
from sales.reminders.terms import Until
from sales.users import User as Person
from schema.comparisons import all_of, compared, id_of, instant, one_of
from schema.connections import After, Before, Connection, First, Last
from schema.filters import Filter, Instant, RangeFilter
from schema.nodes import Node
from schema.rights import me
from schema.scalars import TimeZone
from schema.trails import REMINDER_TRAIL, TrailStage
from schema.users import User
from schema.why_not import WHY_NOT_REMINDER, WhyNotDelivered

_BY_MOMENT = (Key("due_at", datetime), Key("id"))


def _of_series(column: str) -> Callable[[Row], str]:
    return lambda reminder: f"(select s.{column} from {reminder.rows_of(Series)} s where s.id = {reminder.series_id})"


@strawberry.type(description="A moment at which somebody wants to come back to a lead.")
class Reminder(Node, over=reminders.Reminder):
    state: ReminderState = strawberry.field(description="What became of it. Never null.")
    wakes: bool = strawberry.field(description="Whether it brings a lead in standby back to TODO. Never null.")
    due_at: datetime = strawberry.field(description="When it comes due. Never null.")
    notify_at: datetime = strawberry.field(
        description="When people are told: for a day without a time, when that person's day starts. Never null."
    )
    local_date: date | None = strawberry.field(description="The day as it was chosen; null: no day was.")
    local_time: time | None = strawberry.field(description="The local time as it was chosen; null: none was.")
    time_zone: TimeZone | None = strawberry.field(description="The zone of that day and time; null: none was chosen.")
    activity: str = strawberry.field(description="What to do, in a word or two; may be empty, never null.")
    note: str = strawberry.field(description="What to know then; may be empty, never null.")
    is_urgent: bool = strawberry.field(description="Told of at once, in quiet hours too and in no digest. Never null.")
    ahead_of: list[timedelta] = strawberry.field(
        description="How long before its moment (`notifyAt`) people are told of it too; may be empty, never null.",
        metadata=reads.computed(lambda reminder: reminder.ahead),
    )
    ahead_at: datetime | None = strawberry.field(
        description="When they are told so next; null: not any more.",
        metadata=reads.computed(
            lambda reminder: f"case when {reminder.state} = 'PENDING' then {reminder.ahead_at} end"
        ),
    )
    recurrence: str | None = strawberry.field(
        description="The rule by which it comes again, as in RFC 5545; null: by none.",
        metadata=reads.computed(_of_series("recurrence")),
    )
    since_activity: timedelta | None = strawberry.field(
        description="It comes when nobody has touched the lead for so long; `dueAt` is then the earliest that this can "
        "be. Null: it comes at a moment.",
        metadata=reads.computed(lambda reminder: reminder.since_activity),
    )
    occurrence: int = strawberry.field(description="Which of its series it is, from 1 on. Never null.")
    series_ended_at: datetime | None = strawberry.field(
        description="Since when its series comes no more; null: it does, or it is of none.",
        metadata=reads.computed(_of_series("ended_at")),
    )
    until: list[Until] = strawberry.field(
        description="What makes it pointless: when it comes due after one of these, it is cancelled, nobody is told. "
        "May be empty, never null.",
    )
    escalate_after: timedelta | None = strawberry.field(
        description="How long it may stay unacknowledged before others are told; null: for ever.",
        metadata=reads.computed(lambda reminder: reminder.escalate_after),
    )
    escalates_at: datetime | None = strawberry.field(
        description="When others are told, unless it is acknowledged by then; null: it has not fired, or nobody is.",
        metadata=reads.computed(
            lambda reminder: f"case when {reminder.state} = 'FIRED' then {reminder.escalate_at} end"
        ),
    )
    created_at: datetime = strawberry.field(
        description="When it was set; of one that follows another, when that one was over. Never null."
    )
    fired_at: datetime | None = strawberry.field(description="When it fired; null: it has not.")
    ended_at: datetime | None = strawberry.field(description="When it was done or cancelled; null: it is open.")
    user: User | None = strawberry.field(
        description="Who is reminded; null: whoever owns the lead when it fires.",
        metadata=reads.to_one(Person, "user_id"),
    )
    created_by: User | None = strawberry.field(
        description="Who set it. Null when that person can't be seen.", metadata=reads.to_one(Person, "created_by_id")
    )
    lead: Annotated["Lead", strawberry.lazy("schema.leads")] | None = strawberry.field(
        description="What it is about. Null when you may not see the lead.", metadata=reads.to_one(Lead, "lead_id")
    )
    is_late: bool = strawberry.field(
        description="Whether its moment is past and nobody has acted on it. Never null.",
        metadata=reads.computed(
            lambda reminder: f"({reminder.state} in ('PENDING', 'FIRED') and {reminder.due_at} < now())"
        ),
    )
    trail: list[TrailStage] = REMINDER_TRAIL
    why_not_delivered: WhyNotDelivered | None = WHY_NOT_REMINDER


@strawberry.input(description="Which reminders. An empty filter is no filter.")
class ReminderFilter:
    states: list[ReminderState] | None = strawberry.field(
        default=UNSET, description="In one of these states; an empty list: none. Left out or null: in any."
    )
    due: RangeFilter[Instant] | None = strawberry.field(
        default=UNSET, description="By when they come due. Null: whenever."
    )
    lead: Filter[strawberry.ID] | None = strawberry.field(default=UNSET, description="By their lead. Null: of any.")
    user: Filter[strawberry.ID] | None = strawberry.field(
        default=UNSET,
        description="By the person reminded. Left out or null: yours, and those of your leads that name nobody.",
    )


def _matching(reminder: Row, filter: reads.Arguments | None) -> str:
    given = filter or {}
    whose = given.get("user")
    return all_of(
        [
            compared(reminder.user_id, whose, id_of(reminder, Person)) if whose is not None else _mine(reminder),
            one_of(reminder.state, given.get("states")),
            compared(reminder.due_at, given.get("due"), instant(reminder)),
            compared(reminder.lead_id, given.get("lead"), id_of(reminder, Lead)),
        ]
    )


def _mine(reminder: Row) -> str:
    """Those that name the viewer, and those of own leads that name nobody."""
    who = me(reminder)
    own = f"select l.id from {reminder.rows_of(Lead)} l where l.owner_id = {who}"
    return f"({reminder.user_id} = {who} or ({reminder.user_id} is null and {reminder.lead_id} in ({own})))"


@strawberry.field(
    name="reminders",
    graphql_type=Connection[Reminder],
    description="Reminders by their moment, the earliest first: yours, unless the filter says whose. Never null.",
    metadata=reads.connection(
        reminders.Reminder, lambda _, reminder, given: _matching(reminder, given.get("filter")), order=_BY_MOMENT
    ),
)
def list_reminders(
    filter: Annotated[
        ReminderFilter | None, strawberry.argument(description="Which; null: all of yours, ended ones too.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> None: ...


QUERIES = [list_reminders]
