"""Statuses: the catalogue of the same five, with what the viewer has in each."""

from typing import Annotated

import strawberry

import reads
from reads import Late, Row
from reads.written import literal
from sales import pipelines, steps
from sales.leads import Status
from sales.sentences import say
from sales.statuses import OPEN
from schema import ids
from schema.totals import LeadGrouping, LeadSum, grouped, sums_of


def _catalogue(row: Row, given: reads.Arguments) -> str:
    """A row per status: how it is called, and what is in it."""
    pipeline: Late | None = given.get("pipelineId")
    values = ", ".join(
        f"({n}, {literal(status)}, {_said(row, status)}, {_said(row, status, '-meaning')}, {status in OPEN})"
        for n, status in enumerate(Status)
    )
    totals = grouped(row, None, [LeadGrouping.STATUS], also=lambda lead: _of_pipeline(lead, pipeline))
    return (
        f"(select v.*, coalesce(g.count, 0) as lead_count, g.currencies, g.amounts, g.weights "
        f"from (values {values}) v (place, value, label, meaning, is_open) left join {totals} g on g.status = v.value)"
    )


def _said(row: Row, status: Status, of: str = "") -> str:
    return row.bind(lambda run: say(run.who.locale, f"status-{status.lower()}{of}"), "text")


def _of_pipeline(lead: Row, pipeline: Late | None) -> str:
    if pipeline is None:
        return "true"
    key = lead.bind(ids.late(pipeline, pipelines.Pipeline), "uuid")
    return f"{lead.step_id} in (select s.id from {lead.rows_of(steps.Step)} s where s.pipeline_id = {key})"


@strawberry.type(name="StatusStock", description="One of the five statuses, and what you have in it.")
class CataloguedStatus:
    value: Status = strawberry.field(description="The status. Never null.")
    label: str = strawberry.field(description="What it is called in your language. Never null.")
    meaning: str = strawberry.field(description="What it means, in your language. Never null.")
    is_open: bool = strawberry.field(description="Whether leads in it are alive. Never null.")
    lead_count: int = strawberry.field(description="How many of the leads that you see are in it. Never null.")
    sums: list[LeadSum] = strawberry.field(
        description="What these leads are worth: one sum per currency, by its code; may be empty, never null.",
        metadata=sums_of(),
    )


@strawberry.field(
    graphql_type=list[CataloguedStatus],
    description="The five statuses, always in the same order. Never null.",
    metadata=reads.derived(_catalogue, order=lambda status: status.place),
)
def statuses(
    pipeline_id: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="Only leads of this pipeline count; left out or null: of all pipelines."),
    ] = None,
) -> None: ...


QUERIES = [statuses]
