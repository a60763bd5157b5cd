"""Connections: one page of a list, as Relay has them, over any query and any order."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry import Parent
from tortoise.models import Model
from tortoise.queryset import QuerySet

from schema import orders
from schema.mistakes import bad_input
from schema.orders import Order
from schema.scalars import Cursor

DEFAULT_SIZE = 25
LARGEST_SIZE = 100

T = TypeVar("T")

First = Annotated[
    int | None,
    strawberry.argument(description=f"How many from the front, 1 to {LARGEST_SIZE}; null means {DEFAULT_SIZE}."),
]
After = Annotated[
    Cursor | None, strawberry.argument(description="Only what comes after this cursor; null: from the start.")
]
Last = Annotated[
    int | None,
    strawberry.argument(description=f"How many from the back, 1 to {LARGEST_SIZE}, not with `first`; null: forwards."),
]
Before = Annotated[
    Cursor | None, strawberry.argument(description="Only what comes before this cursor; null: up to the end.")
]


@dataclass(frozen=True)
class Page:
    """Which part of a list: `size` rows from its front or its back, between two cursors."""

    size: int
    backward: bool
    after: str | None
    before: str | None

    @classmethod
    def of(cls, first: int | None, after: str | None, last: int | None, before: str | None) -> "Page":
        """The page that a field's arguments ask for. Raises BAD_USER_INPUT."""
        if first is not None and last is not None:
            raise bad_input("Give first or last, not both.")
        name, size = ("last", last) if last is not None else ("first", DEFAULT_SIZE if first is None else first)
        if not 1 <= size <= LARGEST_SIZE:
            raise bad_input(f"{name} is between 1 and {LARGEST_SIZE}; {size:,} was asked for.")
        return cls(size, last is not None, after, before)


@dataclass
class Slice:
    """A page that was read: its rows in the list's order, and how to find out what lies around it."""

    rows: Sequence[Model]
    order: Order
    has_next: Callable[[], Awaitable[bool]]
    has_previous: Callable[[], Awaitable[bool]]
    count: Callable[[], Awaitable[int]]

    def cursor(self, row: Model) -> Cursor:
        return Cursor(orders.written(self.order, row))


@dataclass
class Edged:
    """A row in a page."""

    node: Model
    page: Slice = field(repr=False)

    @property
    def cursor(self) -> Cursor:
        return self.page.cursor(self.node)


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    @strawberry.field(description="Whether there are rows after this page; exact, whichever way one pages.")
    async def has_next_page(self, page: Parent[Slice]) -> bool:
        return await page.has_next()

    @strawberry.field(description="Whether there are rows before this page; exact, whichever way one pages.")
    async def has_previous_page(self, page: Parent[Slice]) -> bool:
        return await page.has_previous()

    @strawberry.field(description="The cursor of the first row; null on an empty page.")
    def start_cursor(self, page: Parent[Slice]) -> Cursor | None:
        return page.cursor(page.rows[0]) if page.rows else None

    @strawberry.field(description="The cursor of the last row; null on an empty page.")
    def end_cursor(self, page: Parent[Slice]) -> Cursor | None:
        return page.cursor(page.rows[-1]) if page.rows else None


@strawberry.type(description="A row in its list.")
class Edge(Generic[T]):
    cursor: Cursor = strawberry.field(description="Its position; stays valid when rows come and go. Never null.")
    node: T = strawberry.field(description="The row itself. Never null.")


@strawberry.type(description="One page of a list. Null nowhere: an empty page has empty lists.")
class Connection(Generic[T]):
    @strawberry.field(graphql_type=list[Edge[T]], description="The rows with their cursors.")
    def edges(self, page: Parent[Slice]) -> list[Any]:
        return [Edged(row, page) for row in page.rows]

    @strawberry.field(graphql_type=list[T], description="The rows alone.")
    def nodes(self, page: Parent[Slice]) -> list[Any]:
        return list(page.rows)

    @strawberry.field(graphql_type=PageInfo, description="Where this page lies.")
    def page_info(self, page: Parent[Slice]) -> Any:
        return page

    @strawberry.field(description="How many rows the whole list has; counted only where it is asked for.")
    async def total_count(self, page: Parent[Slice]) -> int:
        return await page.count()


async def paged(rows: QuerySet[Any] | Sequence[QuerySet[Any]], order: Order, page: Page) -> Slice:
    """Read one page of these rows in this order, whose last key is unique. Raises BAD_USER_INPUT for odd cursors.

    Several queries are the parts of one list: all rows of each come before all rows of the next.
    """
    parts = rows if isinstance(rows, Sequence) else [rows]
    mirror = orders.mirrored(order)
    limits = [orders.beyond(along, orders.read(order, cursor))
              for along, cursor in ((order, page.after), (mirror, page.before)) if cursor]  # fmt: skip
    between = [part.filter(*limits) for part in parts]
    found: list[Any] = []
    for part in reversed(between) if page.backward else between:
        if len(found) <= page.size:
            along = mirror if page.backward else order
            found += await orders.sorted_by(part, along).limit(page.size + 1 - len(found))
    there_is_more, found = len(found) > page.size, found[: page.size]
    if page.backward:
        found.reverse()

    async def has_next() -> bool:
        return (there_is_more and not page.backward) or await _any_from(parts, order, page.before, along=order)

    async def has_previous() -> bool:
        return (there_is_more and page.backward) or await _any_from(parts, order, page.after, along=mirror)

    async def count() -> int:
        return sum([await part.count() for part in parts])

    return Slice(found, order, has_next, has_previous, count)


async def _any_from(parts: Sequence[QuerySet[Any]], order: Order, cursor: str | None, *, along: Order) -> bool:
    """Whether a row lies at this cursor of `order` or beyond it, going along the order or its mirror."""
    if cursor is None:
        return False
    values = orders.read(order, cursor)
    from_there = orders.at(along, values) | orders.beyond(along, values)
    for part in parts:
        if await part.filter(from_there).exists():
            return True
    return False
