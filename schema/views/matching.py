"""Which leads lie in a saved view, for somebody who watches it: asked by the dispatch, which knows no filters."""

from collections.abc import Collection
from uuid import UUID

from graphql import GraphQLError

from reads import More, Row, Run, Statement
from sales import database
from sales.accounts import Account
from sales.leads import Lead
from sales.users import User
from sales.viewers import Viewer, viewer_of
from sales.views import SavedView
from sales.watches import Watch
from schema import stored
from schema.leads.conditions import Conditions
from schema.leads.filters import LeadFilter
from schema.rights import Rights, kind_of
from schema.schema import schema


class _Asking:
    """What reading a stored input needs of a request."""

    schema = schema


_ASKING = _Asking()


async def look_into_views(
    account_id: UUID, watches: Collection[Watch], leads: Collection[UUID]
) -> dict[UUID, set[UUID]]:
    """The leads, of these, that lie in the view of each watch and that its person sees, by the watches' ids.

    A view that can't show what it was saved for has none; its `problems` say why.
    """
    account = await Account.get(id=account_id)
    views = await SavedView.filter(account_id=account_id).in_bulk({watch.view_id for watch in watches}, "id")
    people = await User.filter(account_id=account_id, deactivated_at=None).in_bulk(
        {watch.user_id for watch in watches}, "id"
    )
    found: dict[UUID, set[UUID]] = {}
    for watch in watches:
        view, person = views.get(watch.view_id), people.get(watch.user_id)
        if view and person and (view.is_shared or view.user_id == person.id):
            found[watch.id] = await _within(view, await viewer_of(account, person), leads)
    return found


async def _within(view: SavedView, by: Viewer, leads: Collection[UUID]) -> set[UUID]:
    if stored.outdated(_ASKING, LeadFilter, view.lead_filter, path="filter"):
        return set()
    kept = More()
    lead = Row(Statement(Rights(kind_of(by))), "lead", Lead)
    try:
        condition = Conditions(lead).of(stored.tree(stored.read(_ASKING, LeadFilter, view.lead_filter), kept))
        among = lead.bind(lambda _: list(leads), "uuid[]")
        sql = f"select lead.id from {lead.rows_of(Lead)} lead where lead.id = any({among}) and {condition}"
        values = [value.get(Run((), by, kept.values)) for value in lead.statement.values]
    except GraphQLError:
        return set()
    return {row["id"] for row in await database.fetch(sql, *values)}
