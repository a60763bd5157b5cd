"""Finding leads: one by its id or number, many by filters of every kind, in any order."""

from typing import TYPE_CHECKING, Annotated

import strawberry

import reads
from reads import Row
from sales import leads
from schema import comparisons, ids
from schema.connections import After, Before, First, Last
from schema.leads import Lead, orders
from schema.leads.conditions import Conditions
from schema.leads.filters import LeadFilter
from schema.leads.orders import LeadOrder
from schema.mistakes import bad_input

if TYPE_CHECKING:
    from schema.totals import LeadList


def _named(lead: Row, given: reads.Arguments) -> str:
    id, number = given.get("id"), given.get("number")
    if (id is None) == (number is None):
        raise bad_input("Give the lead's id or its number: one of the two.")
    if id is not None:
        return f"{lead.id} = {lead.bind(ids.late(id, leads.Lead), 'uuid')}"
    return f"{lead.number} = {comparisons.number(lead)(number)}"


def _matching(lead: Row, given: reads.Arguments) -> str:
    return Conditions(lead).of(given.get("filter"))


def _order(given: reads.Arguments) -> list[LeadOrder]:
    return orders.asked(given.get("orderBy"))


FOUND = reads.connection(
    leads.Lead,
    lambda _, lead, given: _matching(lead, given),
    order=lambda given: orders.sorted_by(_order(given)),
    rows=lambda row, given: orders.sortable(row, _order(given)),
)
"""How leads are found, by `filter` and `orderBy`."""


@strawberry.field(
    name="lead",
    graphql_type=Lead | None,
    description="One lead, by its id or its number. Null when there is none, or you may not see it.",
    metadata=reads.one(leads.Lead, lambda _, lead, given: _named(lead, given)),
)
def lead_by_id(
    id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Its id. Left out or null: give the number.")
    ] = None,
    number: Annotated[
        int | None, strawberry.argument(description="Its number in your account. Left out or null: give the id.")
    ] = None,
) -> None: ...


@strawberry.field(
    name="leads",
    graphql_type=Annotated["LeadList", strawberry.lazy("schema.totals")],
    description="The leads that you may see, by default those with the highest numbers first. Never null.",
    metadata=FOUND,
)
def list_leads(
    filter: Annotated[LeadFilter | None, strawberry.argument(description="Which; null: all.")] = None,
    order_by: Annotated[
        list[LeadOrder] | None,
        strawberry.argument(description="The order, most important first; the id decides last. Null: newest first."),
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> None: ...


QUERIES = [lead_by_id, list_leads]
