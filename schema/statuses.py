"""Statuses: the catalogue of the same five, with what the viewer has in each."""

from dataclasses import dataclass, field
from typing import Annotated

import strawberry
from strawberry import Parent
from tortoise.expressions import Subquery
from tortoise.functions import Count, Sum

from sales import leads, money, pipelines, steps
from sales.leads import Status
from sales.sentences import say
from sales.statuses import OPEN
from schema import ids
from schema.context import Info
from schema.loading import seen
from schema.money import Money


@dataclass
class Stock:
    """A status and what lies in it."""

    status: Status
    leads: int = 0
    sums: list[money.Money] = field(default_factory=list)


@strawberry.type(name="StatusStock", description="One of the five statuses, and what you have in it.")
class CataloguedStatus:
    @strawberry.field(description="The status. Never null.")
    def value(self, stock: Parent[Stock]) -> Status:
        return stock.status

    @strawberry.field(description="What it is called in your language. Never null.")
    def label(self, stock: Parent[Stock], info: Info) -> str:
        return say(info.context.locale, f"status-{stock.status.lower()}")

    @strawberry.field(description="What it means, in your language. Never null.")
    def meaning(self, stock: Parent[Stock], info: Info) -> str:
        return say(info.context.locale, f"status-{stock.status.lower()}-meaning")

    @strawberry.field(description="Whether leads in it are alive. Never null.")
    def is_open(self, stock: Parent[Stock]) -> bool:
        return stock.status in OPEN

    @strawberry.field(description="How many of the leads that you see are in it. Never null.")
    def lead_count(self, stock: Parent[Stock]) -> int:
        return stock.leads

    @strawberry.field(
        graphql_type=list[Money],
        description="What these leads are worth: one sum per currency, by its code; may be empty, never null.",
    )
    def sums(self, stock: Parent[Stock]) -> list[money.Money]:
        return stock.sums


@strawberry.field(
    graphql_type=list[CataloguedStatus], description="The five statuses, always in the same order. Never null."
)
async def statuses(
    info: Info,
    pipeline_id: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="Only leads of this pipeline count; left out or null: of all pipelines."),
    ] = None,
) -> list[Stock]:
    found = await seen(leads.Lead, info.context.by)
    if pipeline_id is not None:
        of_pipeline = steps.Step.filter(pipeline_id=ids.asked(pipeline_id, pipelines.Pipeline))
        found = found.filter(step_id__in=Subquery(of_pipeline.values("id")))
    groups = found.annotate(leads=Count("id"), total=Sum("amount")).group_by("status", "currency").order_by("currency")
    stocks = {status: Stock(status) for status in Status}
    for group in await groups.values("status", "currency", "leads", "total"):
        stock = stocks[group["status"]]
        stock.leads += group["leads"]
        if group["currency"] is not None:
            stock.sums.append(money.Money(group["total"], group["currency"]))
    return list(stocks.values())


QUERIES = [statuses]
