"""The loaders of the plain side: one statement for what many fields ask for."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader
from tortoise import connections
from tortoise.expressions import Q

from bench import plain_tables as tables
from bench.worlds import Asker

OPEN = ("TODO", "STANDBY")
_SUMS = """
select l.step_id, l.currency, count(*) as count, sum(l.amount) as amount,
  sum(l.amount * coalesce(l.probability, s.probability)) / 100 as weighted
from leads l join steps s on s.id = l.step_id
where l.account_id = $1 and l.step_id = any($2) and l.status in ('TODO', 'STANDBY')
  and ($3::uuid[] is null or l.owner_id is null or l.owner_id = any($3))
group by l.step_id, l.currency order by l.currency
"""


class Loaders:
    """The loaders of one request."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.users = _by_id(tables.User)
        self.steps = _by_id(tables.Step)
        self.pipelines = _by_id(tables.Pipeline)
        self.waking = _by_id(tables.Reminder)
        self.fired = DataLoader(load_fn=_fired)
        self.totals = DataLoader(load_fn=self._totals)

    def seen(self) -> Q:
        within = Q(account_id=self.asker.account_id)
        return within if self.asker.sees is None else within & (Q(owner_id=None) | Q(owner_id__in=self.asker.sees))

    async def _totals(self, ids: list[UUID]) -> list[list[dict[str, Any]]]:
        groups: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        client = connections.get("default")
        for row in await client.execute_query_dict(_SUMS, [self.asker.account_id, ids, self.asker.sees]):
            groups[row["step_id"]].append(row)
        return [groups[id] for id in ids]


def _by_id(model: Any) -> DataLoader[UUID, Any]:
    async def load(ids: list[UUID]) -> list[Any]:
        found = {row.pk: row for row in await model.filter(pk__in=ids)}
        return [found.get(id) for id in ids]

    return DataLoader(load_fn=load)


async def _fired(ids: list[UUID]) -> list[datetime | None]:
    rows = await tables.Reminder.filter(lead_id__in=ids, state="FIRED").order_by("due_at").values("lead_id", "due_at")
    found = {row["lead_id"]: row["due_at"] for row in rows}
    return [found.get(id) for id in ids]


def loaders_of(info: strawberry.Info) -> Loaders:
    loaders: Loaders = info.context["loaders"]
    return loaders
