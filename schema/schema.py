"""The schema: everything that clients may ask for and do."""

from typing import Any

import strawberry
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from reads import attach
from schema import (
    accounts,
    chats,
    deliveries,
    devices,
    endpoints,
    feeds,
    forecasts,
    health,
    keys,
    nodes,
    notifications,
    pipelines,
    plans,
    preferences,
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
    undoing,
    users,
    viewers,
    views,
    watches,
    webhooks,
)  # fmt: skip
from schema.events import Event
from schema.leads import deciding, find, writing
from schema.limits import Limits
from schema.reminders import planning, series
from schema.scalars import SCALARS
from schema.views import saving

Query = create_type(
    "Query",
    [
        *viewers.QUERIES, *nodes.QUERIES, *todo.QUERIES, *find.QUERIES, *reminders.QUERIES, *notifications.QUERIES,
        *deliveries.QUERIES, *statuses.QUERIES, *pipelines.QUERIES, *steps.QUERIES, *reasons.QUERIES, *users.QUERIES,
        *teams.QUERIES, *totals.QUERIES, *views.QUERIES, *endpoints.QUERIES, *webhooks.QUERIES, *preferences.QUERIES,
        *watches.QUERIES, *forecasts.QUERIES, *health.QUERIES,
    ],
    description="What can be asked. Everything needs a bearer token.",
)  # fmt: skip

Mutation = create_type(
    "Mutation",
    [
        *sign_in.MUTATIONS, *sessions.MUTATIONS, *viewers.MUTATIONS, *keys.MUTATIONS, *writing.MUTATIONS,
        *deciding.MUTATIONS, *planning.MUTATIONS, *series.MUTATIONS, *notifications.MUTATIONS, *pipelines.MUTATIONS,
        *steps.MUTATIONS, *reasons.MUTATIONS, *accounts.MUTATIONS, *saving.MUTATIONS, *webhooks.MUTATIONS,
        *undoing.MUTATIONS, *preferences.MUTATIONS, *watches.MUTATIONS, *deliveries.MUTATIONS, *feeds.MUTATIONS,
        *devices.MUTATIONS, *chats.MUTATIONS,
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


SHORT = frozenset(
    {"errors", "warnings", "edges", "nodes", "statuses", "sums", "weightedSums", "orderBy", "fields", "changes",
     "problems", "headers"}
)  # fmt: skip
"""Lists of objects that are short by nature, or are the very rows of a page."""
BOARDS = frozenset({"board"})
PAST = frozenset({"boardAsOf", "boardDiff"})


def paged_fields() -> frozenset[str]:
    """The names of the fields that answer lists of rows, with or without page sizes: what a document costs."""
    return frozenset(
        name
        for kind in graphql_schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name, field in kind.fields.items()
        if "first" in field.args or (_is_list_of_objects(field.type) and name not in SHORT)
    )


def _is_list_of_objects(of_type: Any) -> bool:
    of_type = of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type
    return isinstance(of_type, GraphQLList) and is_composite_type(get_named_type(of_type))


LIMITS = Limits(paged=paged_fields() - BOARDS, usual_below=BOARDS, weighty=PAST)
