"""Saved views: lists of leads under a name, checked each time they are looked at."""

from typing import Annotated, Any

import orjson
import strawberry
from strawberry import Parent

from sales import users, views
from sales.views import Layout, LeadColumn
from schema import ids
from schema.connections import After, Before, Connection, First, Last, Page, Slice, paged
from schema.context import Info
from schema.leads import Lead
from schema.leads.find import page_of_leads
from schema.leads.orders import LeadOrder, LeadOrderField, OrderDirection, OrderNulls
from schema.loading import seen
from schema.mistakes import bad_input
from schema.nodes import Node
from schema.orders import Key
from schema.scalars import LeadFilterJSON
from schema.users import User
from schema.views.checking import Problem, ViewProblemCode, checked, order_of

_BY_NAME = (Key("name", str), Key("id"))


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
        return order_of(view, info)[0]

    @strawberry.field(
        graphql_type=list[SavedViewProblem],
        description="What keeps it from showing its leads, checked now: a step that was deleted, for instance. Empty "
        "when all is well; never null.",
    )
    async def problems(self, view: Parent[views.SavedView], info: Info) -> list[Problem]:
        return (await checked(view, info)).problems

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
        page, now = Page.of(first, after, last, before), await checked(view, info)
        if now.problems:
            told = (problem.message(info.context.locale) for problem in now.problems)
            raise bad_input(" ".join(dict.fromkeys(told)))
        return await page_of_leads(info.context, now.filter, now.order_by, page)


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


QUERIES = [list_views, view_by_id]
