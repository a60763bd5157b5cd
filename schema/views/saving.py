"""Saving, changing and deleting views."""

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry import UNSET

from sales import views
from sales.errors import InvalidValue
from sales.verbs import Outcome
from sales.viewers import Viewer
from sales.views import Layout, LeadColumn, Reference, ViewFields
from schema import ids, stored
from schema.absent import given
from schema.leads.filters import LeadFilter
from schema.leads.orders import LeadOrder
from schema.mistakes import Mistake
from schema.mutations import deletion, mutation
from schema.views import SavedView
from schema.views.checking import require_readable

_NAME = f"What it is called, unique among its person's views; at most {views.LONGEST_NAME} characters. "
_LAYOUT = "How it shows its leads. "
_FILTER = "Which leads; an instant such as `ago` is reckoned from when one looks. "
_ORDER = "The order, most important first; empty: newest first. "
_COLUMNS = "What a table of it shows, in order; empty: as the client likes. "
_SHARED = "Whether everybody in the account sees it. "


@strawberry.input(description="A new saved view, of your own.")
class ViewCreateInput:
    name: str = strawberry.field(description=_NAME + "It can't be null.")
    layout: Layout = strawberry.field(description=_LAYOUT + "It can't be null.")
    filter: LeadFilter | None = strawberry.field(default=UNSET, description=_FILTER + "Left out or null: all.")
    order_by: list[LeadOrder] | None = strawberry.field(
        default=UNSET, description=_ORDER + "Left out: newest first; never null."
    )
    columns: list[LeadColumn] | None = strawberry.field(
        default=UNSET, description=_COLUMNS + "Left out: as the client likes; never null."
    )
    is_shared: bool | None = strawberry.field(default=UNSET, description=_SHARED + "Left out: no; never null.")
    id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Your own id for it, `view_<UUIDv7>`; sent again, it answers the first outcome. "
        "Left out or null: the server makes one.",
    )


@strawberry.input(description="What changes on a saved view; what is left out stays.")
class ViewEditInput:
    id: strawberry.ID = strawberry.field(description="The view. It can't be null.")
    name: str | None = strawberry.field(default=UNSET, description=_NAME + "Left out: stays; never null.")
    layout: Layout | None = strawberry.field(default=UNSET, description=_LAYOUT + "Left out: stays; never null.")
    filter: LeadFilter | None = strawberry.field(default=UNSET, description=_FILTER + "Left out: stays; null: all.")
    order_by: list[LeadOrder] | None = strawberry.field(
        default=UNSET, description=_ORDER + "Left out: stays; never null."
    )
    columns: list[LeadColumn] | None = strawberry.field(
        default=UNSET, description=_COLUMNS + "Left out: stays; never null."
    )
    is_shared: bool | None = strawberry.field(default=UNSET, description=_SHARED + "Left out: stays; never null.")


@strawberry.input(description="A saved view to delete.")
class ViewDeleteInput:
    id: strawberry.ID = strawberry.field(description="The view. It can't be null.")


@mutation("view", SavedView, creates=True)
async def view_create(by: Viewer, input: ViewCreateInput) -> Outcome:
    """Save a list of leads under a name, for yourself or for everybody in the account. At most 200 a person."""
    own = ids.own(input.id, views.SavedView)
    empty = ViewFields(is_shared=False, lead_filter={}, order_by=[], columns=[])
    fields = empty | _fields(input, by)
    return await views.create(by=by, fields=fields, references=_references(input), id=own)


@mutation("view", SavedView)
async def view_edit(by: Viewer, input: ViewEditInput) -> Outcome:
    """Change a saved view. Only its person and administrators may."""
    view_id = ids.read(input.id, views.SavedView)
    return await views.edit(view_id, by=by, fields=_fields(input, by), references=_references(input))


@deletion("view")
async def view_delete(by: Viewer, input: ViewDeleteInput) -> Outcome:
    """Delete a saved view; its leads stay as they are. Only its person and administrators may."""
    return await views.delete(ids.read(input.id, views.SavedView), by=by)


def _fields(input: ViewCreateInput | ViewEditInput, by: Viewer) -> ViewFields:
    """What of a view was sent. Raises InvalidValue for a filter that no list takes."""
    if input.filter:
        try:
            require_readable(input.filter, by)
        except Mistake as mistake:
            raise InvalidValue("filter", "filter_unreadable", problem=mistake.message) from None
    names = ("name", "layout", "filter", "order_by", "columns", "is_shared")
    read: dict[str, Callable[[Any], Any]] = {"filter": stored.written, "order_by": _sorting, "columns": _once}
    sent = given(input, *names, clearable={"filter"}, read=read)
    if "filter" in sent:
        sent["lead_filter"] = sent.pop("filter") or {}
    return sent  # type: ignore[return-value]


def _sorting(order_by: list[LeadOrder]) -> list[Any]:
    """As it is kept: a field that comes twice counts once."""
    fields = {order.field: order for order in reversed(order_by)}
    return [stored.written(order) for order in reversed(fields.values())]


def _once(columns: list[LeadColumn]) -> list[LeadColumn]:
    return list(dict.fromkeys(columns))


def _references(input: ViewCreateInput | ViewEditInput) -> list[Reference]:
    return list(stored.references(input.filter, path="filter")) if input.filter else []


MUTATIONS = [view_create, view_edit, view_delete]
