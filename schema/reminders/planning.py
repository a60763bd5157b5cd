"""Planning: setting, moving and snoozing reminders, and ending them."""

from datetime import timedelta
from typing import Any

import strawberry
from strawberry import UNSET

from sales import reminders
from sales.leads import Lead
from sales.reminders import decisions
from sales.reminders.terms import Terms, Until
from sales.users import User as Person
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids, moments
from schema.absent import given, or_none
from schema.moments import MomentInput
from schema.mutations import mutation
from schema.reminders import Reminder
from schema.terms import AHEAD, ESCALATE

_ID = "The reminder. It can't be null."
_ACTIVITY = "What to do, in a word or two. "
_NOTE = "What to know then. "
_UNTIL = "What makes it pointless: nobody is told of it once one of these has happened. "


@strawberry.input(description="A new reminder of a lead.")
class ReminderSetInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead, whatever its status. It can't be null.")
    at: MomentInput | None = strawberry.field(
        default=UNSET,
        description="When; with `recurrence` a local time or a day. Left out or null: `sinceActivity`.",
    )
    recurrence: str | None = strawberry.field(
        default=UNSET,
        description="By which rule it comes again, as in RFC 5545: `FREQ=WEEKLY;BYDAY=MO`, at most once a day, on the "
        "days from `at` on that it names. Left out or null: it comes once.",
    )
    since_activity: timedelta | None = strawberry.field(
        default=UNSET,
        description="Instead of a moment: when nobody has touched the lead for so long, a day at least; then again "
        "when somebody has and nobody has since. Left out or null: it comes at a moment.",
    )
    ahead_of: list[timedelta] = strawberry.field(
        default_factory=list, description=AHEAD + "Left out: none; never null."
    )
    until: list[Until] = strawberry.field(default_factory=list, description=_UNTIL + "Left out: nothing; never null.")
    escalate_after: timedelta | None = strawberry.field(
        default=UNSET, description=ESCALATE + "Left out or null: nobody else is told."
    )
    user_id: strawberry.ID | None = strawberry.field(default=UNSET, description="Whom; left out or null: yourself.")
    activity: str = strawberry.field(default="", description=_ACTIVITY + "Left out: nothing; never null.")
    note: str = strawberry.field(default="", description=_NOTE + "Left out: nothing; never null.")
    is_urgent: bool = strawberry.field(
        default=False, description="Told of at once, in quiet hours too and in no digest. Left out: no; never null."
    )
    id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Your own id for it, `reminder_<UUIDv7>`; sent again, it answers the first outcome. "
        "Left out or null: the server makes one.",
    )


@strawberry.input(description="Another moment, other words or other terms for a pending reminder.")
class ReminderMoveInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    at: MomentInput | None = strawberry.field(default=UNSET, description="When. Left out: stays; never null.")
    activity: str | None = strawberry.field(default=UNSET, description=_ACTIVITY + "Left out: stays; never null.")
    note: str | None = strawberry.field(default=UNSET, description=_NOTE + "Left out: stays; never null.")
    ahead_of: list[timedelta] | None = strawberry.field(
        default=UNSET, description=AHEAD + "Left out: they stay; never null."
    )
    until: list[Until] | None = strawberry.field(default=UNSET, description=_UNTIL + "Left out: stays; never null.")
    escalate_after: timedelta | None = strawberry.field(
        default=UNSET, description=ESCALATE + "Left out: stays. Null: nobody else is told."
    )


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
        at=moments.maybe(or_none(input.at)),
        recurrence=or_none(input.recurrence),
        since_activity=or_none(input.since_activity),
        terms=Terms(input.ahead_of, input.until, or_none(input.escalate_after)),
        user_id=ids.maybe(input.user_id, Person, path="userId"),
        activity=input.activity,
        note=input.note,
        urgent=input.is_urgent,
        id=ids.own(input.id, reminders.Reminder),
    )


@mutation("reminder", Reminder)
async def reminder_move(by: Viewer, input: ReminderMoveInput) -> Outcome:
    """Give a pending reminder another moment, other words or other terms; a lead in standby then wakes then."""
    sent = given(
        input, "at", "activity", "note", "ahead_of", "until", "escalate_after", clearable={"escalate_after"},
        read={"at": moments.read},
    )  # fmt: skip
    terms = {name: sent.pop(own) for own, name in _TERMS.items() if own in sent}
    return await decisions.move(_read(input.id), by=by, **sent, terms=terms)


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
    """Call off a pending reminder; a lead that it would have woken is TODO. Of a series only this one."""
    return await decisions.cancel(_read(input.id), by=by)


_TERMS = {"ahead_of": "ahead", "until": "until", "escalate_after": "escalate_after"}


def _read(id: str) -> Any:
    return ids.read(id, reminders.Reminder)


MUTATIONS = [reminder_set, reminder_move, reminder_snooze, reminder_done, reminder_cancel]
