"""Reasons: the account's own catalogue of why a lead was won, lost or cancelled."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET

import reads
from reads import Row
from reads.written import literal
from sales import reasons
from sales.leads import Status
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids
from schema.mutations import mutation
from schema.nodes import Node
from schema.words import by_status


@strawberry.type(description="Why a lead was closed, in the words of the account.")
class Reason(Node, over=reasons.Reason):
    status: Status = strawberry.field(description="The closed status that it explains. Never null.")
    label: str = strawberry.field(description="The reason in the account's words. Never null.")
    archived_at: datetime | None = strawberry.field(description="Since when it is offered no more; null: it is.")


def _chosen(reason: Row, given: reads.Arguments) -> str:
    status = given.get("status")
    of_status = f"{reason.status} = {literal(status)}" if status else "true"
    return of_status if given["includeArchived"] else f"{of_status} and {reason.archived_at} is null"


@strawberry.field(
    name="reasons",
    graphql_type=list[Reason],
    description="The reasons of your account by status and in the order in which they were added; never null.",
    metadata=reads.many(
        reasons.Reason,
        lambda _, reason, given: _chosen(reason, given),
        order=lambda reason: f"{by_status(reason.status)}, {reason.created_at}, {reason.id}",
    ),
)
def list_reasons(
    status: Annotated[
        Status | None, strawberry.argument(description="Only those of one status; left out or null: all.")
    ] = None,
    include_archived: Annotated[bool, strawberry.argument(description="Archived ones, too. It can't be null.")] = False,
) -> None: ...


@strawberry.input(description="A new reason.")
class ReasonAddInput:
    status: Status = strawberry.field(description="WON, LOST or CANCELLED. It can't be null.")
    label: str = strawberry.field(description="The reason in your words. It can't be null.")
    id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Your own id for it, `reason_<UUIDv7>`; sent again, it answers the first outcome. "
        "Left out or null: the server makes one.",
    )


@strawberry.input(description="A reason to offer no longer.")
class ReasonArchiveInput:
    id: strawberry.ID = strawberry.field(description="The reason. It can't be null.")


@strawberry.input(description="An archived reason.")
class ReasonRestoreInput(ReasonArchiveInput):
    pass


@mutation("reason", Reason, creates=True)
async def reason_add(by: Viewer, input: ReasonAddInput) -> Outcome:
    """Add a reason for one of the closed statuses. Administrators only."""
    own = ids.own(input.id, reasons.Reason)
    return await reasons.add(by=by, status=input.status, label=input.label, id=own)


@mutation("reason", Reason)
async def reason_archive(by: Viewer, input: ReasonArchiveInput) -> Outcome:
    """Offer a reason no longer; leads closed with it keep it. Administrators only."""
    return await reasons.archive(ids.read(input.id, reasons.Reason), by=by)


@mutation("reason", Reason)
async def reason_restore(by: Viewer, input: ReasonRestoreInput) -> Outcome:
    """Offer an archived reason again. Administrators only."""
    return await reasons.restore(ids.read(input.id, reasons.Reason), by=by)


QUERIES = [list_reasons]
MUTATIONS = [reason_add, reason_archive, reason_restore]
