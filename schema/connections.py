"""Connections: one page of a list, as Relay has them; `reads.connection` says of which rows, in which order."""

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

import strawberry
from tortoise.models import Model

import reads
from reads import Key, Row
from reads.pages import DEFAULT_SIZE, LARGEST_SIZE
from schema.scalars import Cursor

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


def by_name(model: type[Model], where: Callable[[Row, Row, reads.Arguments], str]) -> reads.Metadata:
    """A connection over the rows of a table, sorted by their names as people do: whatever case and accents."""
    plain = f"{model._meta.db_table}_by_name"
    return reads.connection(
        model,
        where,
        order=(Key(plain, str), Key("id")),
        rows=lambda row, _: f"(select n.*, plain_text(n.name) as {plain} from {row.rows_of(model)} n)",
    )


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="Whether there are rows after this page; exact, whichever way one pages."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether there are rows before this page; exact, whichever way one pages."
    )
    start_cursor: Cursor | None = strawberry.field(description="The cursor of the first row; null on an empty page.")
    end_cursor: Cursor | None = strawberry.field(description="The cursor of the last row; null on an empty page.")


@strawberry.type(description="A row in its list.")
class Edge(Generic[T]):
    cursor: Cursor = strawberry.field(description="Its position; stays valid when rows come and go. Never null.")
    node: T = strawberry.field(description="The row itself. Never null.")


@strawberry.type(description="One page of a list. Null nowhere: an empty page has empty lists.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int = strawberry.field(
        description="How many rows the whole list has; counted only where it is asked for."
    )
