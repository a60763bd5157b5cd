"""Deciding about leads: standing by, winning, losing, cancelling, and taking it back."""

from datetime import datetime, timedelta

import strawberry
from strawberry import UNSET

from sales import reasons, statuses
from sales.leads import Status
from sales.reminders.terms import Terms
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids, moments, money
from schema.absent import or_none
from schema.leads import Lead
from schema.leads.writing import EXPECTED_VERSION, LeadInput, read
from schema.moments import MomentInput
from schema.money import MoneyInput
from schema.mutations import mutation
from schema.terms import AHEAD, ESCALATE

_ACTIVITY = "What to do then, in a word or two. Left out: nothing; never null."
_NOTE = "What to know then. Left out: nothing; never null."


@strawberry.input(description="A lead to decide about.")
class DecisionInput(LeadInput):
    expected_version: int | None = strawberry.field(default=UNSET, description=EXPECTED_VERSION)


@strawberry.input(description="Until when a lead stands by.")
class LeadStandByInput(DecisionInput):
    until: MomentInput = strawberry.field(description="When it comes back. It can't be null.")
    activity: str = strawberry.field(default="", description=_ACTIVITY)
    note: str = strawberry.field(default="", description=_NOTE)
    ahead_of: list[timedelta] = strawberry.field(
        default_factory=list, description=AHEAD + "Left out: none; never null."
    )
    escalate_after: timedelta | None = strawberry.field(
        default=UNSET, description=ESCALATE + "Left out or null: nobody else is told."
    )


@strawberry.input(description="A lead in standby to take up now.")
class LeadToDoInput(DecisionInput):
    pass


@strawberry.input(description="How a lead is closed.")
class LeadCloseInput(DecisionInput):
    closed_at: datetime | None = strawberry.field(
        default=UNSET, description="When it was decided, in the past. Left out or null: now."
    )
    amount: MoneyInput | None = strawberry.field(
        default=UNSET, description="What it is worth after all. Left out or null: what it is stays."
    )
    reason_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Why, from the account's list. Left out or null: nobody says."
    )


@strawberry.input(description="A lead that is won.")
class LeadWinInput(LeadCloseInput):
    pass


@strawberry.input(description="A lead that a competitor got.")
class LeadLoseInput(LeadCloseInput):
    pass


@strawberry.input(description="A lead of which there is no sale at all.")
class LeadCancelInput(LeadCloseInput):
    pass


@strawberry.input(description="A closed lead to bring back.")
class LeadReopenInput(DecisionInput):
    until: MomentInput | None = strawberry.field(
        default=UNSET, description="Until when it stands by. Left out or null: it is TODO at once."
    )
    activity: str = strawberry.field(default="", description=_ACTIVITY)
    note: str = strawberry.field(default="", description=_NOTE)


@strawberry.input(description="When a closed lead was really closed.")
class LeadCorrectClosingInput(DecisionInput):
    closed_at: datetime = strawberry.field(description="Not before its creation, not in the future; never null.")


@mutation("lead", Lead)
async def lead_stand_by(by: Viewer, input: LeadStandByInput) -> Outcome:
    """Put a lead away until a moment; it comes back by itself. One in STANDBY gets the new moment."""
    return await statuses.stand_by(
        read(input.id),
        by=by,
        until=moments.read(input.until),
        activity=input.activity,
        note=input.note,
        terms=Terms(input.ahead_of, (), or_none(input.escalate_after)),
        expected_version=or_none(input.expected_version),
    )


@mutation("lead", Lead)
async def lead_to_do(by: Viewer, input: LeadToDoInput) -> Outcome:
    """Take a lead in STANDBY up before its moment; what would have woken it is cancelled."""
    return await statuses.take_up(read(input.id), by=by, expected_version=or_none(input.expected_version))


@mutation("lead", Lead)
async def lead_win(by: Viewer, input: LeadWinInput) -> Outcome:
    """Close a lead: the sale is made."""
    return await _close(by, input, Status.WON)


@mutation("lead", Lead)
async def lead_lose(by: Viewer, input: LeadLoseInput) -> Outcome:
    """Close a lead: a competitor got it."""
    return await _close(by, input, Status.LOST)


@mutation("lead", Lead)
async def lead_cancel(by: Viewer, input: LeadCancelInput) -> Outcome:
    """Close a lead: there is no sale at all, for anybody."""
    return await _close(by, input, Status.CANCELLED)


@mutation("lead", Lead)
async def lead_reopen(by: Viewer, input: LeadReopenInput) -> Outcome:
    """Bring a closed lead back, to TODO or to STANDBY. The history keeps when it was closed, and why."""
    return await statuses.reopen(
        read(input.id),
        by=by,
        until=moments.maybe(input.until),
        activity=input.activity,
        note=input.note,
        expected_version=or_none(input.expected_version),
    )


@mutation("lead", Lead)
async def lead_correct_closing(by: Viewer, input: LeadCorrectClosingInput) -> Outcome:
    """Say when a closed lead was really closed."""
    expected = or_none(input.expected_version)
    return await statuses.correct_closing(read(input.id), by=by, closed_at=input.closed_at, expected_version=expected)


async def _close(by: Viewer, input: LeadCloseInput, status: Status) -> Outcome:
    return await statuses.close(
        read(input.id),
        by=by,
        status=status,
        closed_at=or_none(input.closed_at),
        money=money.read(input.amount) if input.amount else None,
        reason_id=ids.maybe(input.reason_id, reasons.Reason, path="reasonId"),
        expected_version=or_none(input.expected_version),
    )


MUTATIONS = [
    lead_stand_by, lead_to_do, lead_win, lead_lose, lead_cancel, lead_reopen, lead_correct_closing,
]  # fmt: skip
