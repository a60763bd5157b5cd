"""The schema: everything that clients may ask for and do."""

import strawberry
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from reads import attach
from schema import (
    accounts,
    deliveries,
    keys,
    nodes,
    notifications,
    pipelines,
    plans,
    reasons,
    refusals,
    reminders,
    sessions,
    sign_in,
    statuses,
    steps,
    teams,
    todo,
    totals,
    users,
    viewers,
    views,
)  # fmt: skip
from schema.events import Event
from schema.leads import deciding, find, writing
from schema.limits import Limits
from schema.scalars import SCALARS
from schema.views import saving

Query = create_type(
    "Query",
    [
        *viewers.QUERIES, *nodes.QUERIES, *todo.QUERIES, *find.QUERIES, *reminders.QUERIES, *notifications.QUERIES,
        *deliveries.QUERIES, *statuses.QUERIES, *pipelines.QUERIES, *steps.QUERIES, *reasons.QUERIES, *users.QUERIES,
        *teams.QUERIES, *totals.QUERIES, *views.QUERIES,
    ],
    description="What can be asked. Everything needs a bearer token.",
)  # fmt: skip

Mutation = create_type(
    "Mutation",
    [
        *sign_in.MUTATIONS, *sessions.MUTATIONS, *viewers.MUTATIONS, *keys.MUTATIONS, *writing.MUTATIONS,
        *deciding.MUTATIONS, *reminders.MUTATIONS, *notifications.MUTATIONS, *pipelines.MUTATIONS, *steps.MUTATIONS,
        *reasons.MUTATIONS, *accounts.MUTATIONS, *saving.MUTATIONS,
    ],
    description="What can be done: one mutation for one action of a person. What a rule refuses is in the payload's "
    "`errors`. With the header `Idempotency-Key` a mutation that is sent again answers its first outcome for 24 hours.",
)  # fmt: skip

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    types=[*refusals.TYPES, Event],
    config=StrawberryConfig(scalar_map=SCALARS),
)
graphql_schema: GraphQLSchema = schema._schema  # Strawberry has no public name for it
attach(graphql_schema, load=plans.load, refused=plans.refused)
for _kind in graphql_schema.type_map.values():
    # Strawberry only writes @oneOf; this way it is validated too, in documents and in variables.
    if isinstance(_kind, GraphQLInputObjectType):
        _kind.is_one_of = _kind.extensions["strawberry-definition"].is_one_of


def paged_fields() -> frozenset[str]:
    """The names of the fields that answer lists of rows, with or without page sizes: what a document costs."""
    names = set()
    for kind in graphql_schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            names |= {name for name, field in kind.fields.items() if "first" in field.args}
    return frozenset(names)


BOARDS = frozenset({"board"})
PAST = frozenset({"boardAsOf", "boardDiff"})
LIMITS = Limits(
    paged=paged_fields() - BOARDS
    | {"pipelines", "steps", "reasons", "members", "sessions", "apiKeys", "columns", "groups"},
    usual_below=BOARDS,
    weighty=PAST,
)
