"""History: a lead's part of the journal, read for many leads at once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from strawberry.dataloader import DataLoader

from sales import database
from sales.viewers import Viewer
from schema import orders
from schema.connections import Page, Slice
from schema.orders import AS_IT_HAPPENED

if TYPE_CHECKING:
    from schema.context import Context

_PAGES = """
select l.id as lead_id, e.position
from unnest($2::uuid[]) as l(id) cross join lateral (
  select position from journal
  where account_id = $1 and lead_id = l.id and position > $3 and position < $4
  order by position {way} limit $5) e
"""

_ENDS = """
select lead_id, count(*) as events, min(position) as oldest, max(position) as newest
from journal where account_id = $1 and lead_id = any($2::uuid[]) group by lead_id
"""
_BEYOND_ALL = 2**63 - 1


@dataclass(frozen=True)
class Ends:
    """How many events a lead has, and the positions of its oldest and newest."""

    events: int = 0
    oldest: int = 0
    newest: int = 0


class Histories:
    """Loads one page of the history of each of many leads, in one statement; the leads are those that are seen."""

    def __init__(self, by: Viewer) -> None:
        self._by = by
        self._pages: dict[Page, DataLoader[UUID, list[int]]] = {}
        self._ends: DataLoader[UUID, Ends] = DataLoader(load_fn=self._load_ends)

    async def positions(self, lead_id: UUID, page: Page) -> list[int]:
        """The positions of a page, in the order in which they are read, and one more where there is more."""
        if page not in self._pages:
            self._pages[page] = DataLoader(load_fn=lambda ids: self._load_page(ids, page))
        return await self._pages[page].load(lead_id)

    async def ends(self, lead_id: UUID) -> Ends:
        return await self._ends.load(lead_id)

    async def _load_page(self, ids: list[UUID], page: Page) -> list[list[int]]:
        after, before = _place(page.after, 0), _place(page.before, _BEYOND_ALL)
        sql = _PAGES.format(way="desc" if page.backward else "asc")
        rows = await database.fetch(sql, self._by.account.id, ids, after, before, page.size + 1)
        found: dict[UUID, list[int]] = {id: [] for id in ids}
        for row in rows:
            found[row["lead_id"]].append(row["position"])
        return [found[id] for id in ids]

    async def _load_ends(self, ids: list[UUID]) -> list[Ends]:
        rows = await database.fetch(_ENDS, self._by.account.id, ids)
        found = {row.pop("lead_id"): Ends(**row) for row in rows}
        return [found.get(id, Ends()) for id in ids]


async def history_of(context: "Context", lead_id: UUID, page: Page) -> Slice:
    """One page of what happened to a lead. Raises BAD_USER_INPUT for odd cursors."""
    histories, after, before = context.loaders.histories, _place(page.after, None), _place(page.before, None)
    positions = await histories.positions(lead_id, page)
    there_is_more, positions = len(positions) > page.size, positions[: page.size]
    found = await context.loaders.events.load_many(sorted(positions))

    async def has_next() -> bool:
        is_beyond = before is not None and (await histories.ends(lead_id)).newest >= before
        return is_beyond or (there_is_more and not page.backward)

    async def has_previous() -> bool:
        is_beyond = after is not None and (await histories.ends(lead_id)).oldest <= after
        return is_beyond or (there_is_more and page.backward)

    async def count() -> int:
        return (await histories.ends(lead_id)).events

    return Slice([event for event in found if event], AS_IT_HAPPENED, has_next, has_previous, count)


def _place(cursor: str | None, otherwise: int | None) -> Any:
    """The position that a cursor names."""
    return orders.read(AS_IT_HAPPENED, cursor)[0] if cursor else otherwise
