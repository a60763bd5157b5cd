"""Saved views: lists of leads under a name, checked each time they are looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import orjson
import strawberry
from strawberry import UNSET, Parent

from sales import database, steps, users, views
from sales.sentences import say
from sales.verbs import Outcome
from sales.viewers import Viewer
from sales.views import Layout, LeadColumn, Reference, ViewFields
from schema import ids, stored
from schema.absent import given
from schema.connections import After, Before, Connection, First, Last, Page, Slice, paged
from schema.context import Info
from schema.leads import Lead
from schema.leads.find import (
    LeadConditions,
    LeadFilter,
    LeadOrder,
    LeadOrderField,
    OrderDirection,
    OrderNulls,
    page_of_leads,
)
from schema.loading import seen
from schema.mistakes import Mistake, bad_input
from schema.mutations import deletion, mutation
from schema.nodes import Node
from schema.orders import Key
from schema.scalars import LeadFilterJSON
from schema.users import User
from schema.words import described

_BY_NAME = (Key("name", str), Key("id"))


class ViewProblemCode(StrEnum):
    """Why a view can't show what it was saved for."""

    GONE = "GONE"
    OUTDATED = "OUTDATED"


described(
    ViewProblemCode,
    "Why a view can't show what it was saved for. Codes are appended: treat an unknown one by its message.",
    GONE="It asks for a step, a pipeline, a person or the like that was deleted, or that you may not see.",
    OUTDATED="It asks in a way that this version of the API does not know.",
)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a stored view; the path is that in the input of a mutation."""

    code: ViewProblemCode
    path: str
    sentence: str
    what: str = ""
    step: str = ""

    def message(self, locale: str) -> str:
        return say(locale, self.sentence, path=self.path, what=self.what, step=self.step)


@dataclass(frozen=True)
class Checked:
    """A view as the schema reads it today. With problems, the filter and the order are not to be used."""

    filter: LeadFilter
    order_by: list[LeadOrder]
    problems: list[Problem]


@strawberry.type(description="Something that keeps a view from showing what it was saved for.")
class SavedViewProblem:
    code: ViewProblemCode = strawberry.field(description="For programs. Never null.")

    @strawberry.field(description='Where in the view, as in `["filter", "step", "id", "eq"]`. Never null.')
    def path(self, problem: Parent[Problem]) -> list[str]:
        return problem.path.split(".")

    @strawberry.field(description="For the person who asked, in their language. Never null.")
    def message(self, problem: Parent[Problem], info: Info) -> str:
        return problem.message(info.context.locale)


@strawberry.type(description="One thing that a view sorts by.")
class SavedViewOrder:
    field: LeadOrderField = strawberry.field(description="By what. Never null.")
    direction: OrderDirection = strawberry.field(description="Which end comes first. Never null.")
    nulls: OrderNulls = strawberry.field(description="Where empty values go. Never null.")


@strawberry.type(description="A list of leads under a name: which leads, in which order, shown how.")
class SavedView(Node, over=views.SavedView):
    name: str = strawberry.field(description="Its name, unique among its person's views. Never null.")
    is_shared: bool = strawberry.field(description="Whether everybody in the account sees it. Never null.")
    layout: Layout = strawberry.field(description="How it shows its leads. Never null.")

    @strawberry.field(graphql_type=User | None, description="Whose it is. Null when that person can't be seen.")
    async def user(self, view: Parent[views.SavedView], info: Info) -> users.User | None:
        return await info.context.loaders.one(users.User).load(view.user_id)

    @strawberry.field(description="Whether you may change it: it is yours, or you are an administrator. Never null.")
    def may_edit(self, view: Parent[views.SavedView], info: Info) -> bool:
        return views.may_edit(view, info.context.by)

    @strawberry.field(description="What a table of it shows, in order; empty: as the client likes. Never null.")
    def columns(self, view: Parent[views.SavedView]) -> list[LeadColumn]:
        return [LeadColumn(column) for column in view.columns]

    @strawberry.field(
        description="Which leads, to be sent back as it is; `{}` means all of them. It is as it was saved, also where "
        "`problems` has something to say. Never null."
    )
    def filter(self, view: Parent[views.SavedView]) -> LeadFilterJSON:
        return LeadFilterJSON(orjson.dumps(view.lead_filter, option=orjson.OPT_SORT_KEYS).decode())

    @strawberry.field(
        graphql_type=list[SavedViewOrder],
        description="The order, most important first; empty: newest first. Never null.",
    )
    async def order_by(self, view: Parent[views.SavedView], info: Info) -> list[LeadOrder]:
        return _order(view, info)[0]

    @strawberry.field(
        graphql_type=list[SavedViewProblem],
        description="What keeps it from showing its leads, checked now: a step that was deleted, for instance. Empty "
        "when all is well; never null.",
    )
    async def problems(self, view: Parent[views.SavedView], info: Info) -> list[Problem]:
        return (await _checked(view, info)).problems

    @strawberry.field(
        graphql_type=Connection[Lead] | None,
        description="Its leads, as far as you may see them, in its order. Null, with an error that names the problems, "
        "when there are some: it does not answer something else than it was saved for.",
    )
    async def leads(
        self,
        view: Parent[views.SavedView],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Slice:
        page, checked = Page.of(first, after, last, before), await _checked(view, info)
        if checked.problems:
            told = (problem.message(info.context.locale) for problem in checked.problems)
            raise bad_input(" ".join(dict.fromkeys(told)))
        return await page_of_leads(info.context, checked.filter, checked.order_by, page)


async def _checked(view: views.SavedView, info: Info) -> Checked:
    order_by, problems = _order(view, info)
    outdated = stored.outdated(info, LeadFilter, view.lead_filter, path="filter")
    problems += [_outdated(path) for path in outdated]
    if outdated:
        return Checked(LeadFilter(), order_by, problems)
    filter = stored.read(info, LeadFilter, view.lead_filter)
    problems += [
        await _gone(each, info)
        for each in stored.references(filter, path="filter")
        if await info.context.loaders.one(each.model).load(each.id) is None
    ]
    try:
        # For its bounds alone, which no instant changes.
        LeadConditions(view.created_at).of(filter)
    except Mistake:
        problems.append(_outdated("filter"))
    return Checked(filter, order_by, problems)


def _order(view: views.SavedView, info: Info) -> tuple[list[LeadOrder], list[Problem]]:
    """What can be sorted by still, and what can't."""
    order_by, problems = [], []
    for n, each in enumerate(view.order_by):
        if outdated := stored.outdated(info, LeadOrder, each, path=f"orderBy.{n}"):
            problems += [_outdated(path) for path in outdated]
        else:
            order_by.append(stored.read(info, LeadOrder, each))
    return order_by, problems


def _outdated(path: str) -> Problem:
    return Problem(ViewProblemCode.OUTDATED, path, "view-outdated")


async def _gone(reference: Reference, info: Info) -> Problem:
    if reference.model is steps.Step and (step := await info.context.loaders.step_names.load(reference.id)):
        return Problem(ViewProblemCode.GONE, reference.path, "view-step-deleted", step=step)
    return Problem(ViewProblemCode.GONE, reference.path, "view-gone", what=reference.what)


@strawberry.field(
    name="views",
    graphql_type=Connection[SavedView],
    description="Your own saved views and those that are shared with you, by name. Never null.",
)
async def list_views(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Slice:
    return await paged(await seen(views.SavedView, info.context.by), _BY_NAME, Page.of(first, after, last, before))


@strawberry.field(
    name="view",
    graphql_type=SavedView | None,
    description="The saved view of an id. Null when there is none, or you may not see it.",
)
async def view_by_id(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The view's id; it can't be null.")]
) -> Any:
    return await info.context.loaders.one(views.SavedView).load(ids.asked(id, views.SavedView))


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
    fields = empty | await _fields(input)
    return await views.create(by=by, fields=fields, references=_references(input), id=own)


@mutation("view", SavedView)
async def view_edit(by: Viewer, input: ViewEditInput) -> Outcome:
    """Change a saved view. Only its person and administrators may."""
    view_id = ids.read(input.id, views.SavedView)
    return await views.edit(view_id, by=by, fields=await _fields(input), references=_references(input))


@deletion("view")
async def view_delete(by: Viewer, input: ViewDeleteInput) -> Outcome:
    """Delete a saved view; its leads stay as they are. Only its person and administrators may."""
    return await views.delete(ids.read(input.id, views.SavedView), by=by)


async def _fields(input: ViewCreateInput | ViewEditInput) -> ViewFields:
    """What of a view was sent. Raises BAD_USER_INPUT for a filter that no list takes."""
    if input.filter:
        LeadConditions(await database.now()).of(input.filter)
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


QUERIES = [list_views, view_by_id]
MUTATIONS = [view_create, view_edit, view_delete]
