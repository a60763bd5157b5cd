"""Boards of the past: how a pipeline lay at a moment, and what moved between two.

What is shown here as it was has no id of its own: a client's cache would take it for the row of today.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Parent

from reads.pages import DEFAULT_SIZE, LARGEST_SIZE, page_size
from sales import leads, money, steps, users
from sales.boards import diff, facts, past
from sales.errors import Refusal
from sales.leads import Status
from schema import ids, plans
from schema.context import Context, Info
from schema.mistakes import bad_input
from schema.money import Money
from schema.steps import Step
from schema.users import User

if TYPE_CHECKING:
    from schema.leads import Lead

_SUMS = "one sum per currency, by its code; may be empty, never null."


@dataclass(frozen=True)
class PastColumns:
    """The columns of a board of the past, and when that was."""

    at: datetime
    columns: list[past.PastColumn]


@dataclass(frozen=True)
class Diff:
    """The columns of a diff, and of which stretch of time they are."""

    start: datetime
    end: datetime
    columns: list[diff.ColumnDiff]


@strawberry.type(description="A step as it was.")
class PastStep:
    @strawberry.field(description="The id of the step, which may have been deleted since. Never null.")
    def step_id(self, step: Parent[facts.PastStep]) -> strawberry.ID:
        return ids.shown(steps.Step, step.id)

    @strawberry.field(graphql_type=Step | None, description="The step as it is now; null: it was deleted since.")
    async def now(self, step: Parent[facts.PastStep], info: Info) -> Any:
        return await plans.row(info, steps.Step, step.id)

    name: str = strawberry.field(description="What it was called. Never null.")
    position: int = strawberry.field(description="Its place among the steps of the pipeline then, from 1. Never null.")
    probability: int | None = strawberry.field(
        description="Per cent, for leads without a probability of their own; null: it had none."
    )
    archived_at: datetime | None = strawberry.field(description="Since when it took no more leads; null: it did.")
    exists: bool = strawberry.field(
        description="Whether it was there. A back-dated lead may lie in a step that was made only later; what moved "
        "before a step was deleted is told of it, too. Never null."
    )


@strawberry.type(description="A lead as it was, while it was open.")
class PastLead:
    @strawberry.field(description="The lead's id. Never null.")
    def lead_id(self, lead: Parent[past.PastLead]) -> strawberry.ID:
        return ids.shown(leads.Lead, lead.id)

    @strawberry.field(
        graphql_type=Annotated["Lead", strawberry.lazy("schema.leads")] | None,
        description="The lead as it is now; null: it went out of your sight this very moment.",
    )
    async def now(self, lead: Parent[past.PastLead], info: Info) -> Any:
        return await plans.row(info, leads.Lead, lead.id)

    number: int = strawberry.field(description="For people: 1, 2, 3, ... within the account. Never null.")
    title: str | None = strawberry.field(description="What it was called; null: that was erased since.")
    status: Status = strawberry.field(description="TODO or STANDBY. Never null.")

    @strawberry.field(graphql_type=User | None, description="Whose it was; null: nobody's.")
    async def owner(self, lead: Parent[past.PastLead], info: Info) -> Any:
        return await plans.row(info, users.User, lead.owner_id) if lead.owner_id else None

    @strawberry.field(graphql_type=Money | None, description="What it was worth; null: nobody had said.")
    def amount(self, lead: Parent[past.PastLead]) -> money.Money | None:
        return lead.money

    probability: int | None = strawberry.field(
        description="Per cent: its own, or its step's, as they were; null: neither had one."
    )
    own_probability: int | None = strawberry.field(
        description="Per cent, as it was set on the lead itself; null: the step's counted."
    )


@strawberry.type(description="A step as it was, with the open leads that lay in it.")
class PastColumn:
    @strawberry.field(graphql_type=PastStep, description="The step. Never null.")
    def step(self, column: Parent[past.PastColumn]) -> facts.PastStep:
        return column.step

    @strawberry.field(
        graphql_type=list[PastLead],
        description=f"The first of its leads, in the order of the column then; at most {LARGEST_SIZE}, `leadCount` "
        "tells of the rest. Never null.",
    )
    def leads(
        self,
        column: Parent[past.PastColumn],
        first: Annotated[
            int | None,
            strawberry.argument(description=f"How many from the top, 1 to {LARGEST_SIZE}; null means {DEFAULT_SIZE}."),
        ] = None,
    ) -> list[past.PastLead]:
        return column.leads[: page_size(first)]

    @strawberry.field(description="How many open leads lay in it, all of them. Never null.")
    def lead_count(self, column: Parent[past.PastColumn]) -> int:
        return column.count

    @strawberry.field(graphql_type=list[Money], description=f"What all of these were worth: {_SUMS}")
    def sums(self, column: Parent[past.PastColumn]) -> list[money.Money]:
        return column.sums

    @strawberry.field(
        graphql_type=list[Money],
        description="The same, each amount times its probability; an amount that had none counts as nothing: " + _SUMS,
    )
    def weighted_sums(self, column: Parent[past.PastColumn]) -> list[money.Money]:
        return column.weighted


@strawberry.type(
    description="A pipeline at a moment of the past, made from its history. A back-dated creation or closing counts "
    "from the date that it was given, as last corrected. You see the leads that you may see now."
)
class PastBoard:
    at: datetime = strawberry.field(description="When this was. Never null.")

    @strawberry.field(
        graphql_type=list[PastColumn],
        description="The steps that were open to leads, and others in which leads lay, in their order then; empty "
        "before there was the pipeline, never null.",
    )
    def columns(self, board: Parent[PastColumns]) -> list[past.PastColumn]:
        return board.columns


@strawberry.type(description="So many leads, and what they were worth.")
class BoardFigures:
    count: int = strawberry.field(description="How many. Never null.")

    @strawberry.field(graphql_type=list[Money], description="Their amounts: " + _SUMS)
    def sums(self, figures: Parent[diff.Figures]) -> list[money.Money]:
        return figures.sums


@strawberry.type(
    description="What moved in one column. Each passage counts: a lead that left and came back has left once and "
    "entered once. It adds up, in the counts (without `up` and `down`) and in the sums of each currency: "
    "`atStart + entered + reopened - left - won - lost - cancelled + up - down = atEnd`."
)
class ColumnDiff:
    @strawberry.field(graphql_type=PastStep, description="The step as it was at the end. Never null.")
    def step(self, column: Parent[diff.ColumnDiff]) -> facts.PastStep:
        return column.step

    at_start: BoardFigures = strawberry.field(description="The open leads in it at the start. Never null.")
    entered: BoardFigures = strawberry.field(
        description="Open leads that came in, from another step or pipeline or newly created. Never null."
    )
    reopened: BoardFigures = strawberry.field(description="Closed leads that came back to life in it. Never null.")
    left: BoardFigures = strawberry.field(description="Leads that went to another step, still open. Never null.")
    won: BoardFigures = strawberry.field(
        description="Leads in it that were won, at the amount at which they were. Never null."
    )
    lost: BoardFigures = strawberry.field(description="Leads in it that were lost. Never null.")
    cancelled: BoardFigures = strawberry.field(description="Leads in it that were cancelled. Never null.")
    up: BoardFigures = strawberry.field(
        description="By how much amounts grew while their leads were in it, and how often; a first amount grows from "
        "nothing, and so does one in another currency. Never null."
    )
    down: BoardFigures = strawberry.field(
        description="By how much amounts shrank, and how often; one that was removed, or set in another currency, "
        "shrank to nothing. Never null."
    )
    at_end: BoardFigures = strawberry.field(description="The open leads in it at the end. Never null.")


@strawberry.type(
    description="What moved on a pipeline's board after one moment, up to and including another. You see the leads "
    "that you may see now."
)
class BoardDiff:
    start: datetime = strawberry.field(name="from", description="After which moment. Never null.")
    end: datetime = strawberry.field(name="to", description="Up to which moment. Never null.")

    @strawberry.field(
        graphql_type=list[ColumnDiff],
        description="The steps that were open to leads at the end, and others of which there is a figure, in their "
        "order; may be empty, never null.",
    )
    def columns(self, diff_: Parent[Diff]) -> list[diff.ColumnDiff]:
        return diff_.columns


async def board_as_of(context: Context, pipeline_id: UUID, at: datetime) -> PastColumns:
    """Raises BAD_USER_INPUT for the future."""
    with _refusals_told(context):
        found = await past.as_of(pipeline_id, at, by=context.by, first=LARGEST_SIZE)
    return PastColumns(at, found)


async def board_diff(context: Context, pipeline_id: UUID, start: datetime, end: datetime) -> Diff:
    """Raises BAD_USER_INPUT for an end in the future or before the start."""
    with _refusals_told(context):
        found = await diff.diff(pipeline_id, start, end, by=context.by)
    return Diff(start, end, found)


@contextmanager
def _refusals_told(context: Context) -> Iterator[None]:
    """In a query there is no payload to tell a refusal in: it is the request's mistake."""
    try:
        yield
    except Refusal as refused:
        raise bad_input(f"{refused.path}: {refused.message(context.locale)}") from None
