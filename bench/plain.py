"""The plain side: Strawberry, Tortoise and DataLoaders as a good developer writes them, and nothing tuned."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from tortoise import Tortoise, connections
from tortoise.expressions import Q, RawSQL
from tortoise.transactions import in_transaction

from bench import plain_tables as tables
from bench import plain_types as types
from bench import worlds
from bench.plain_loaders import OPEN, Loaders, loaders_of
from bench.plain_types import instant, lead_from, sum_from
from bench.worlds import POOL
from sales import database, ranks
from sales.moments import end_of_day

_MOMENT = """(select min(r.due_at) from reminders r where r.account_id = "leads"."account_id"
  and r.lead_id = "leads"."id" and r.state in ('PENDING', 'FIRED')
  and coalesce(r.user_id, "leads"."owner_id") = "leads"."owner_id")"""
_SUMS = """
select l.currency, sum(l.amount) as amount, sum(l.amount * coalesce(l.probability, s.probability)) / 100 as weighted
from leads l join steps s on s.id = l.step_id
where l.account_id = $1 and l.status = $2 and l.owner_id = $3 and l.amount >= $4
group by l.currency order by l.currency
"""


@strawberry.enum
class Status(StrEnum):
    TODO = "TODO"
    STANDBY = "STANDBY"
    WON = "WON"
    LOST = "LOST"
    CANCELLED = "CANCELLED"


@strawberry.input
class StatusFilter:
    eq: Status


@strawberry.input
class IdFilter:
    eq: strawberry.ID


@strawberry.input
class UserFilter:
    id: IdFilter


@strawberry.input
class AmountFilter:
    gte: Decimal


@strawberry.input
class LeadFilter:
    status: StatusFilter
    owner: UserFilter
    amount: AmountFilter


@strawberry.input
class LeadMoveInput:
    id: strawberry.ID
    step_id: strawberry.ID


@strawberry.type
class Query:
    @strawberry.field
    async def pipeline(self, info: strawberry.Info, id: strawberry.ID) -> types.Pipeline | None:
        row = await tables.Pipeline.get_or_none(account_id=loaders_of(info).asker.account_id, id=_key(id))
        return types.Pipeline(id=id, name=row.name, row=row) if row else None

    @strawberry.field
    async def todo(self, info: strawberry.Info, first: int) -> types.Todo:
        asker = loaders_of(info).asker
        midnight = end_of_day(datetime.now(UTC), zone=asker.time_zone)
        mine = tables.Lead.filter(account_id=asker.account_id, owner_id=asker.user_id, status__in=OPEN)
        wanted = mine.annotate(moment=RawSQL(_MOMENT)).filter(Q(status="TODO") | Q(moment__lt=midnight))
        rows: list[Any] = await wanted.order_by("moment", "id").limit(first)
        return types.Todo(nodes=[types.TodoItem(moment=instant(row.moment), lead=lead_from(row)) for row in rows])

    @strawberry.field
    async def lead(self, info: strawberry.Info, id: strawberry.ID) -> types.Lead | None:
        row = await tables.Lead.filter(loaders_of(info).seen(), id=_key(id)).first()
        return lead_from(row) if row else None

    @strawberry.field
    async def leads(self, info: strawberry.Info, filter: LeadFilter, first: int) -> types.TotalLeads:
        status, owner, least = filter.status.eq.value, _key(filter.owner.id.eq), filter.amount.gte
        found = tables.Lead.filter(loaders_of(info).seen(), status=status, owner_id=owner, amount__gte=least)
        sums = await database_rows(_SUMS, loaders_of(info).asker.account_id, status, owner, least)
        return types.TotalLeads(
            nodes=[lead_from(row) for row in await found.order_by("-number").limit(first)],
            total_count=await found.count(),
            sums=[sum_from(row) for row in sums],
        )


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def lead_move(self, info: strawberry.Info, input: LeadMoveInput) -> types.Moved:
        asker = loaders_of(info).asker
        async with in_transaction():
            steps = tables.Step.filter(account_id=asker.account_id, archived_at=None)
            step = await steps.select_for_update(no_key=True).get(id=_key(input.step_id))
            last = await tables.Lead.filter(account_id=asker.account_id, step_id=step.id)\
                .exclude(id=_key(input.id)).order_by("-rank").first()  # fmt: skip
            leads = tables.Lead.filter(loaders_of(info).seen()).select_for_update(no_key=True)
            lead = await leads.get(id=_key(input.id))
            await _moved(lead, step, ranks.between(last.rank if last else None, None), UUID(asker.user_id))
        return types.Moved(errors=[], lead=lead_from(lead))


async def _moved(lead: tables.Lead, step: tables.Step, rank: str, actor_id: UUID) -> None:
    changes: dict[str, Any] = {"rank": [lead.rank, rank]}
    now = datetime.now(UTC)
    if lead.step_id != step.id:  # type: ignore[attr-defined]
        changes |= {
            "step_id": [str(lead.step_id), str(step.id)],  # type: ignore[attr-defined]
            "version": [lead.version, lead.version + 1],
            "step_entered_at": [lead.step_entered_at.isoformat(), now.isoformat()],
        }
        lead.step, lead.version, lead.step_entered_at = step, lead.version + 1, now
    lead.rank = rank
    head = await tables.JournalHead.select_for_update(no_key=True).get(account_id=lead.account_id)
    head.position, head.last_at = head.position + 1, max(head.last_at, now)
    await head.save(update_fields=["position", "last_at"])
    await lead.save(update_fields=["step_id", "rank", "version", "step_entered_at"])
    await tables.Event.create(
        position=head.position,
        account_id=lead.account_id,
        kind="lead.moved",
        at=head.last_at,
        happened_at=head.last_at,
        actor_kind="USER",
        actor_id=actor_id,
        subject_id=lead.id,
        lead_id=lead.id,
        lead_version=lead.version,
        owner_id=lead.owner_id,  # type: ignore[attr-defined]
        changes=changes,
        private={},
        data={},
    )


async def database_rows(sql: str, *values: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await connections.get("default").execute_query_dict(sql, list(values))
    return rows


def _key(id: str) -> UUID:
    return UUID(id.partition("_")[2])


schema = strawberry.Schema(Query, Mutation, extensions=[ParserCache, ValidationCache])


class App(GraphQL[Any, Any]):
    """Strawberry's own view; the path says who asks."""

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        world: worlds.World = request.app.state.world
        return {"request": request, "loaders": Loaders(world.asker(request.path_params["asker"]))}


def create_app(world: worlds.World) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        credentials = database.configuration(world.url, pool=POOL)["connections"]["default"]["credentials"]
        await Tortoise.init(
            config={
                "connections": {"default": {"engine": "tortoise.backends.asyncpg", "credentials": credentials}},
                "apps": {"plain": {"models": ["bench.plain_tables"], "default_connection": "default"}},
                "use_tz": True,
                "timezone": "UTC",
            },
            _enable_global_fallback=True,
        )
        yield
        await Tortoise.close_connections()

    app = Starlette(routes=[Route("/{asker}", App(schema))], lifespan=lifespan)
    app.state.world = world
    return app


if __name__ == "__main__":
    uvicorn.run(
        create_app(worlds.read(os.environ[worlds.ENVIRONMENT])),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
