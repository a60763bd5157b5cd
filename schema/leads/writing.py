"""Writing leads: creating and editing them, moving them, and whose they are."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import UNSET

from sales import leads, reasons, steps, users
from sales.leads import Status, edit, moves, owners
from sales.leads.create import Placement, Standing, create
from sales.leads.edit import LeadFields
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids, moments, money
from schema.absent import given, or_none
from schema.leads import Lead
from schema.moments import MomentInput
from schema.money import MoneyInput
from schema.mutations import mutation

EXPECTED_VERSION = (
    "The version that you know: refused where a field that you send has changed since. Left out or null: any."
)
LEAD = "The lead. It can't be null."
_BEFORE = "The lead of that step that it comes before. Left out or null: not before one."
_AFTER = "The lead of that step that it comes after. Left out or null: not after one."


@strawberry.input(description="A lead, and nothing else to say.")
class LeadInput:
    id: strawberry.ID = strawberry.field(description=LEAD)


@strawberry.input(description="A new lead; every field may be given at once.")
class LeadCreateInput:
    title: str = strawberry.field(description="What it is about. It can't be null.")
    description: str = strawberry.field(default="", description="All else there is to know. Left out: nothing.")
    amount: MoneyInput | None = strawberry.field(default=UNSET, description="What it is worth. Null: unknown.")
    probability: int | None = strawberry.field(default=UNSET, description="Per cent, 0 to 100. Null: the step's.")
    expected_close_on: date | None = strawberry.field(
        default=UNSET, description="When a decision is expected. Null: unknown."
    )
    is_starred: bool = strawberry.field(default=False, description="Marked as important. Left out: it isn't.")
    owner_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Whose it is. Left out: yours. Null: nobody's, it can be claimed."
    )
    step_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Its step. Left out or null: the first one of the default pipeline."
    )
    before_id: strawberry.ID | None = strawberry.field(default=UNSET, description=_BEFORE)
    after_id: strawberry.ID | None = strawberry.field(default=UNSET, description=_AFTER)
    status: Status = strawberry.field(default=Status.TODO, description="Its status. Left out: TODO.")
    until: MomentInput | None = strawberry.field(
        default=UNSET, description="With STANDBY: when it comes back. Null with any other status."
    )
    activity: str = strawberry.field(default="", description="With STANDBY: what to do then. Left out: nothing.")
    note: str = strawberry.field(default="", description="With STANDBY: what to know then. Left out: nothing.")
    closed_at: datetime | None = strawberry.field(
        default=UNSET, description="With a closed status: when it was closed. Left out or null: now."
    )
    reason_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="With a closed status: why. Left out or null: nobody says."
    )
    created_at: datetime | None = strawberry.field(
        default=UNSET, description="When it came up, in the past. Left out or null: now."
    )
    id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Your own id for it, `lead_<UUIDv7>`; sent again, it answers the first outcome. "
        "Left out or null: the server makes one.",
    )


@strawberry.input(description="What changes on a lead; what is left out stays.")
class LeadEditInput(LeadInput):
    title: str | None = strawberry.field(default=UNSET, description="What it is about. Left out: stays; never null.")
    description: str | None = strawberry.field(
        default=UNSET, description="All else there is to know. Left out: stays; never null."
    )
    amount: MoneyInput | None = strawberry.field(
        default=UNSET, description="What it is worth. Left out: stays. Null: unknown."
    )
    probability: int | None = strawberry.field(
        default=UNSET, description="Per cent, 0 to 100. Left out: stays. Null: the step's."
    )
    expected_close_on: date | None = strawberry.field(
        default=UNSET, description="When a decision is expected. Left out: stays. Null: unknown."
    )
    expected_version: int | None = strawberry.field(default=UNSET, description=EXPECTED_VERSION)


@strawberry.input(description="Where a lead goes: to the end of a step, or next to another lead.")
class LeadMoveInput(LeadInput):
    step_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The step. Left out or null: that of the lead to put it next to."
    )
    before_id: strawberry.ID | None = strawberry.field(default=UNSET, description=_BEFORE)
    after_id: strawberry.ID | None = strawberry.field(default=UNSET, description=_AFTER)
    expected_version: int | None = strawberry.field(default=UNSET, description=EXPECTED_VERSION)


@strawberry.input(description="Whose a lead becomes.")
class LeadAssignInput(LeadInput):
    owner_id: strawberry.ID | None = strawberry.field(description="Somebody of the account; null: nobody.")
    expected_version: int | None = strawberry.field(default=UNSET, description=EXPECTED_VERSION)


@strawberry.input(description="A lead that nobody owns.")
class LeadClaimInput(LeadInput):
    pass


@strawberry.input(description="A lead that is important.")
class LeadStarInput(LeadInput):
    pass


@strawberry.input(description="A lead that is no longer important.")
class LeadUnstarInput(LeadInput):
    pass


@mutation("lead", Lead, creates=True)
async def lead_create(by: Viewer, input: LeadCreateInput) -> Outcome:
    """Make a lead: TODO, yours, last in the first step of the default pipeline, unless you say otherwise."""
    return await create(
        by=by,
        fields=_fields(input),
        owner_id=by.user.id if input.owner_id is UNSET else _owner(input.owner_id),
        is_starred=input.is_starred,
        placement=Placement(**_place(input)),
        standing=_standing(input),
        created_at=or_none(input.created_at),
        id=ids.own(input.id, leads.Lead),
    )


@mutation("lead", Lead, confirms=True)
async def lead_edit(by: Viewer, input: LeadEditInput) -> Outcome:
    """Change what is written on a lead; on a closed one, too."""
    return await edit.edit(
        read(input.id), by=by, fields=_fields(input), expected_version=or_none(input.expected_version)
    )


@mutation("lead", Lead, confirms=True)
async def lead_move(by: Viewer, input: LeadMoveInput) -> Outcome:
    """Put a lead into a step, before or after another lead. Its status stays what it is."""
    return await moves.move(read(input.id), by=by, expected_version=or_none(input.expected_version), **_place(input))


@mutation("lead", Lead)
async def lead_assign(by: Viewer, input: LeadAssignInput) -> Outcome:
    """Give a lead to somebody, or to nobody. What wakes it goes with it."""
    owner_id = _owner(input.owner_id)
    return await owners.assign(
        read(input.id), by=by, owner_id=owner_id, expected_version=or_none(input.expected_version)
    )


@mutation("lead", Lead)
async def lead_claim(by: Viewer, input: LeadClaimInput) -> Outcome:
    """Take a lead that nobody owns. Of two at once one wins, and the other is told who."""
    return await owners.claim(read(input.id), by=by)


@mutation("lead", Lead, confirms=True)
async def lead_star(by: Viewer, input: LeadStarInput) -> Outcome:
    """Mark a lead as important, for everybody."""
    return await edit.star(read(input.id), by=by)


@mutation("lead", Lead, confirms=True)
async def lead_unstar(by: Viewer, input: LeadUnstarInput) -> Outcome:
    """Take a lead's mark away, for everybody."""
    return await edit.unstar(read(input.id), by=by)


def read(id: str) -> UUID:
    return ids.read(id, leads.Lead)


def _owner(id: str | None) -> UUID | None:
    return ids.maybe(id, users.User, path="ownerId")


def _fields(input: LeadCreateInput | LeadEditInput) -> LeadFields:
    """What of a lead was sent."""
    clearable = ("amount", "probability", "expected_close_on")
    sent = given(input, "title", "description", *clearable, clearable=clearable, read={"amount": money.read})
    if "amount" in sent:
        sent["money"] = sent.pop("amount")
    fields: LeadFields = sent  # type: ignore[assignment]
    return fields


def _place(input: LeadCreateInput | LeadMoveInput) -> dict[str, Any]:
    return {
        "step_id": ids.maybe(input.step_id, steps.Step, path="stepId"),
        "before_id": ids.maybe(input.before_id, leads.Lead, path="beforeId"),
        "after_id": ids.maybe(input.after_id, leads.Lead, path="afterId"),
    }


def _standing(input: LeadCreateInput) -> Standing:
    return Standing(
        status=input.status,
        until=moments.maybe(input.until),
        activity=input.activity,
        note=input.note,
        closed_at=or_none(input.closed_at),
        reason_id=ids.maybe(input.reason_id, reasons.Reason, path="reasonId"),
    )


MUTATIONS = [lead_create, lead_edit, lead_move, lead_assign, lead_claim, lead_star, lead_unstar]
