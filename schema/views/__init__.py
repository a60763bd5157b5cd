"""Saved views: lists of leads under a name, checked each time they are looked at."""

from typing import Annotated, Any

import orjson
import strawberry
from strawberry import Parent

import reads
from reads import More
from sales import users, views
from sales.views import Layout, LeadColumn
from sales.watches import Attention
from schema import plans, rights, stored
from schema.attention import DESCRIPTION, attention
from schema.comparisons import id_of
from schema.connections import After, Before, Connection, First, Last, by_name
from schema.context import Info
from schema.leads.filters import LeadFilter
from schema.leads.find import FOUND
from schema.leads.orders import LeadOrder, LeadOrderField, OrderDirection, OrderNulls
from schema.mistakes import bad_input
from schema.nodes import Node
from schema.scalars import LeadFilterJSON
from schema.totals import LeadList
from schema.users import User
from schema.views.checking import Problem, ViewProblemCode, order_of, problems_of


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
    attention: Attention | None = strawberry.field(description=DESCRIPTION, metadata=attention("view_id"))

    user: User | None = strawberry.field(
        description="Whose it is. Null when that person can't be seen.", metadata=reads.to_one(users.User, "user_id")
    )
    may_edit: bool = strawberry.field(
        description="Whether you may change it: it is yours, or you are an administrator. Never null.",
        metadata=reads.computed(rights.may_edit_view),
    )
    columns: list[LeadColumn] = strawberry.field(
        description="What a table of it shows, in order; empty: as the client likes. Never null."
    )

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
        return await problems_of(view, info)

    @strawberry.field(
        graphql_type=LeadList | None,
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
    ) -> Any:
        if problems := await problems_of(view, info):
            told = (problem.message(info.context.locale) for problem in problems)
            raise bad_input(" ".join(dict.fromkeys(told)))
        kept = More()
        arguments = {
            "filter": stored.tree(stored.read(info, LeadFilter, view.lead_filter), kept),
            "orderBy": stored.tree(order_of(view, info)[0], kept),
            "first": first,
            "after": kept.late(after) if after else None,
            "last": last,
            "before": kept.late(before) if before else None,
        }
        return await plans.field(info, FOUND, arguments, more=kept.values)


@strawberry.field(
    name="views",
    graphql_type=Connection[SavedView],
    description="Your own saved views and those that are shared with you, by name. Never null.",
    metadata=by_name(views.SavedView, lambda *_: "true"),
)
def list_views(first: First = None, after: After = None, last: Last = None, before: Before = None) -> None: ...


@strawberry.field(
    name="view",
    graphql_type=SavedView | None,
    description="The saved view of an id. Null when there is none, or you may not see it.",
    metadata=reads.one(
        views.SavedView, lambda _, view, given: f"{view.id} = {id_of(view, views.SavedView)(given['id'])}"
    ),
)
def view_by_id(
    id: Annotated[strawberry.ID, strawberry.argument(description="The view's id; it can't be null.")],
) -> None: ...


QUERIES = [list_views, view_by_id]
