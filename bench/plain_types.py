"""The types of the plain side: Strawberry's, over Tortoise rows, with DataLoaders for their relations."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from bench import plain_tables as tables
from bench.plain_loaders import OPEN, loaders_of


def places(amount: Decimal) -> str:
    return format(round(amount, 2), "f")


def instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


@strawberry.type
class Money:
    amount: str
    currency: str


@strawberry.type
class Sum:
    currency: str
    amount: str
    weighted: str


@strawberry.type
class Named:
    id: strawberry.ID
    name: str


@strawberry.type
class Actor:
    name: str


@strawberry.type
class Event:
    kind: str
    at: str
    row: strawberry.Private[Any]

    @strawberry.field
    async def actor(self, info: strawberry.Info) -> Actor | None:
        user = await loaders_of(info).users.load(self.row.actor_id) if self.row.actor_id else None
        return Actor(name=user.name) if user else None


@strawberry.type
class Events:
    nodes: list[Event]


@strawberry.type
class Lead:
    row: strawberry.Private[Any]
    number: int
    version: int
    title: str
    description: str
    status: str
    is_starred: bool

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(f"lead_{self.row.id}")

    @strawberry.field
    def created_at(self) -> str:
        return instant(self.row.created_at) or ""

    @strawberry.field
    def amount(self) -> Money | None:
        return None if self.row.amount is None else Money(amount=places(self.row.amount), currency=self.row.currency)

    @strawberry.field
    async def due_at(self, info: strawberry.Info) -> str | None:
        if self.row.waking_reminder_id:
            return instant((await loaders_of(info).waking.load(self.row.waking_reminder_id)).due_at)
        return instant(await loaders_of(info).fired.load(self.row.id))

    @strawberry.field
    async def owner(self, info: strawberry.Info) -> Named | None:
        return named(await loaders_of(info).users.load(self.row.owner_id), "user") if self.row.owner_id else None

    @strawberry.field
    async def step(self, info: strawberry.Info) -> Named:
        return named(await loaders_of(info).steps.load(self.row.step_id), "step")

    @strawberry.field
    async def pipeline(self, info: strawberry.Info) -> Named:
        step = await loaders_of(info).steps.load(self.row.step_id)
        return named(await loaders_of(info).pipelines.load(step.pipeline_id), "pipeline")

    @strawberry.field
    async def history(self, last: int) -> Events:
        rows = await tables.Event.filter(account_id=self.row.account_id, lead_id=self.row.id)\
            .order_by("-position").limit(last)  # fmt: skip
        kinds = [(row.kind.replace(".", "_").upper(), row) for row in reversed(rows)]
        return Events(nodes=[Event(kind=kind, at=instant(row.at) or "", row=row) for kind, row in kinds])


def named(row: Any, word: str) -> Named:
    return Named(id=strawberry.ID(f"{word}_{row.id}"), name=row.name)


def lead_from(row: Any) -> Lead:
    return Lead(
        row=row,
        number=row.number,
        version=row.version,
        title=row.title,
        description=row.description,
        status=row.status,
        is_starred=row.is_starred,
    )


@strawberry.type
class Leads:
    nodes: list[Lead]


@strawberry.type
class TotalLeads(Leads):
    total_count: int
    sums: list[Sum]


@strawberry.type
class Column:
    row: strawberry.Private[Any]
    first: strawberry.Private[int]

    @strawberry.field
    def step(self) -> Named:
        return named(self.row, "step")

    @strawberry.field
    async def count(self, info: strawberry.Info) -> int:
        return sum(row["count"] for row in await loaders_of(info).totals.load(self.row.id))

    @strawberry.field
    async def sums(self, info: strawberry.Info) -> list[Sum]:
        return [sum_from(row) for row in await loaders_of(info).totals.load(self.row.id) if row["currency"]]

    @strawberry.field
    async def leads(self, info: strawberry.Info) -> Leads:
        found = tables.Lead.filter(loaders_of(info).seen(), step_id=self.row.id, status__in=OPEN)
        return Leads(nodes=[lead_from(row) for row in await found.order_by("rank").limit(self.first)])


def sum_from(row: dict[str, Any]) -> Sum:
    return Sum(currency=row["currency"], amount=places(row["amount"]), weighted=places(row["weighted"]))


@strawberry.type
class Board:
    columns: list[Column]


@strawberry.type
class Pipeline:
    id: strawberry.ID
    name: str
    row: strawberry.Private[Any]

    @strawberry.field
    async def board(self, first: int) -> Board:
        steps = await self.row.steps.filter(archived_at=None).order_by("position")
        return Board(columns=[Column(row=step, first=first) for step in steps])


@strawberry.type
class TodoItem:
    moment: str | None
    lead: Lead


@strawberry.type
class Todo:
    nodes: list[TodoItem]


@strawberry.type
class Refusal:
    code: str
    message: str


@strawberry.type
class Moved:
    errors: list[Refusal]
    lead: Lead | None
