"""Reminders: when to come back to a lead, whom it reminds, and what people decide about it."""

from datetime import date, datetime, time
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

import reads
from reads import Key, Row
from sales import reminders
from sales.leads import Lead
from sales.reminders import ReminderState, decisions
from sales.users import User as Person
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids, moments
from schema.absent import given
from schema.comparisons import all_of, compared, id_of, instant, one_of
from schema.connections import After, Before, Connection, First, Last
from schema.filters import Filter, Instant, RangeFilter
from schema.moments import MomentInput
from schema.mutations import mutation
from schema.nodes import Node
from schema.scalars import TimeZone
from schema.trails import REMINDER_TRAIL, TrailStage
from schema.users import User
from schema.why_not import WHY_NOT_REMINDER, WhyNotDelivered

_BY_MOMENT = (Key("due_at", datetime), Key("id"))


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
    created_at: datetime = strawberry.field(description="When it was set. Never null.")
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
    me = reminder.bind(lambda run: run.who.user.id, "uuid")
    own = f"select l.id from {reminder.rows_of(Lead)} l where l.owner_id = {me}"
    return f"({reminder.user_id} = {me} or ({reminder.user_id} is null and {reminder.lead_id} in ({own})))"


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


_ID = "The reminder. It can't be null."
_ACTIVITY = "What to do, in a word or two. "
_NOTE = "What to know then. "


@strawberry.input(description="A new reminder of a lead.")
class ReminderSetInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead, whatever its status. It can't be null.")
    at: MomentInput = strawberry.field(description="When. It can't be null.")
    user_id: strawberry.ID | None = strawberry.field(default=UNSET, description="Whom; left out or null: yourself.")
    activity: str = strawberry.field(default="", description=_ACTIVITY + "Left out: nothing; never null.")
    note: str = strawberry.field(default="", description=_NOTE + "Left out: nothing; never null.")
    id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Your own id for it, `reminder_<UUIDv7>`; sent again, it answers the first outcome. "
        "Left out or null: the server makes one.",
    )


@strawberry.input(description="Another moment or other words for a pending reminder.")
class ReminderMoveInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    at: MomentInput | None = strawberry.field(default=UNSET, description="When. Left out: stays; never null.")
    activity: str | None = strawberry.field(default=UNSET, description=_ACTIVITY + "Left out: stays; never null.")
    note: str | None = strawberry.field(default=UNSET, description=_NOTE + "Left out: stays; never null.")


@strawberry.input(description="Not now, later.")
class ReminderSnoozeInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    until: MomentInput = strawberry.field(description="When instead. It can't be null.")


@strawberry.input(description="A reminder that is done.")
class ReminderDoneInput:
    id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.input(description="A reminder to call off.")
class ReminderCancelInput(ReminderDoneInput):
    pass


@mutation("reminder", Reminder, creates=True)
async def reminder_set(by: Viewer, input: ReminderSetInput) -> Outcome:
    """Remind somebody of a lead; it notifies and changes nothing. Whoever sees a lead may remind himself."""
    return await decisions.set_reminder(
        ids.read(input.lead_id, Lead, path="leadId"),
        by=by,
        at=moments.read(input.at),
        user_id=ids.maybe(input.user_id, Person, path="userId"),
        activity=input.activity,
        note=input.note,
        id=ids.own(input.id, reminders.Reminder),
    )


@mutation("reminder", Reminder)
async def reminder_move(by: Viewer, input: ReminderMoveInput) -> Outcome:
    """Give a pending reminder another moment or other words; a lead in standby then wakes at the new moment."""
    sent = given(input, "at", "activity", "note", read={"at": moments.read})
    return await decisions.move(_read(input.id), by=by, **sent)


@mutation("reminder", Reminder)
async def reminder_snooze(by: Viewer, input: ReminderSnoozeInput) -> Outcome:
    """Put a reminder off. A fired one is done and a new one takes its place; a lead that it woke stands by again."""
    return await decisions.snooze(_read(input.id), by=by, until=moments.read(input.until))


@mutation("reminder", Reminder)
async def reminder_done(by: Viewer, input: ReminderDoneInput) -> Outcome:
    """Say that what a reminder asked for is done; a lead that it would have woken is TODO."""
    return await decisions.done(_read(input.id), by=by)


@mutation("reminder", Reminder)
async def reminder_cancel(by: Viewer, input: ReminderCancelInput) -> Outcome:
    """Call off a pending reminder; a lead that it would have woken is TODO."""
    return await decisions.cancel(_read(input.id), by=by)


def _read(id: str) -> Any:
    return ids.read(id, reminders.Reminder)


QUERIES = [list_reminders]
MUTATIONS = [reminder_set, reminder_move, reminder_snooze, reminder_done, reminder_cancel]
