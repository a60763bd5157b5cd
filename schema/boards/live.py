"""The board: the steps of a pipeline in order, each with its leads in the order that people gave them."""

from collections.abc import Mapping
from typing import Any

import strawberry

import reads
from reads import Key, Row
from sales import leads, steps
from sales.leads import Status
from schema.comparisons import one_of
from schema.connections import After, Before, Connection, First, Last
from schema.leads import Lead
from schema.leads.conditions import Conditions
from schema.steps import Step
from schema.totals import LeadSum, count_of, grouped, sums_of

OPEN = (Status.TODO, Status.STANDBY)

_BY_RANK = (Key("rank", str), Key("id"))


def on_board(step: Row, lead: Row) -> str:
    """The condition on a lead (or on the totals of leads) for being in this column of the board."""
    statuses = step.arguments.get("statuses")
    if statuses is None:
        statuses = None if _names_status(step.arguments.get("filter")) else OPEN
    return f"{lead.step_id} = {step.id} and {one_of(lead.status, statuses)}"


def _names_status(filter: Mapping[str, Any] | None) -> bool:
    """Whether a filter says itself which statuses are wanted, so that the board needs not."""
    given = filter or {}
    parts = [*(given.get("and") or []), *(given.get("or") or []), *([given["not"]] if given.get("not") else [])]
    return bool(given.get("status")) or any(map(_names_status, parts))


def _is_shown(step: Row) -> str:
    lead = Row(step.statement, step.statement.name("l"), leads.Lead)
    there_are_leads = f"exists (select from {step.rows_of(leads.Lead)} {lead} where {on_board(step, lead)})"
    return f"({step.archived_at} is null or {there_are_leads})"


def _totals(step: Row) -> Row:
    return step.beside(
        "totals", lambda: grouped(step, step.arguments.get("filter"), [], also=lambda lead: on_board(step, lead))
    )


@strawberry.type(description="One step of the board, with the leads that are in it.")
class BoardColumn:
    step: Step = strawberry.field(description="The step. Never null.", metadata=reads.same_row())
    count: int = strawberry.field(
        description="How many leads are in it, on this page or not. Never null.", metadata=count_of(_totals)
    )
    sums: list[LeadSum] = strawberry.field(
        description="What they are worth, one sum per currency by its code; may be empty, never null.",
        metadata=sums_of(_totals),
    )

    @strawberry.field(
        graphql_type=Connection[Lead],
        description="Its leads in the order of the board; a page has the board's size unless you say. Never null.",
        metadata=reads.connection(
            leads.Lead,
            lambda step, lead, _: f"{on_board(step, lead)} and {Conditions(lead).of(step.arguments.get('filter'))}",
            order=_BY_RANK,
        ),
    )
    def leads(self, first: First = None, after: After = None, last: Last = None, before: Before = None) -> None: ...


@strawberry.type(description="A pipeline with what is in it.")
class Board:
    columns: list[BoardColumn] = strawberry.field(
        description="The steps in order; an archived one as long as leads of the board are in it. Never null.",
        metadata=reads.many(
            steps.Step,
            lambda pipeline, step, _: f"{step.pipeline_id} = {pipeline.id} and {_is_shown(step)}",
            order=lambda step: step.position,
        ),
    )
