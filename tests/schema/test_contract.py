"""What every type, field and mutation of the contract has in common."""

import re
from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    is_introspection_type,
    is_non_null_type,
    is_specified_scalar_type,
)

from schema.ids import WORDS
from schema.schema import LIMITS, graphql_schema

TYPES = [
    kind
    for kind in graphql_schema.type_map.values()
    if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
]
MUTATIONS = graphql_schema.mutation_type.fields if graphql_schema.mutation_type else {}


def described() -> Iterator[tuple[str, str | None]]:
    for kind in TYPES:
        yield kind.name, kind.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description
                yield from ((f"{kind.name}.{name}({arg}:)", each.description) for arg, each in field.args.items())
        elif isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{kind.name}.{name}", field.description) for name, field in kind.fields.items())
        elif isinstance(kind, GraphQLEnumType):
            yield from ((f"{kind.name}.{name}", value.description) for name, value in kind.values.items())


def test_everything_has_a_description() -> None:
    assert [name for name, description in described() if not (description or "").strip()] == []


def test_every_nullable_field_says_what_null_means() -> None:
    silent = [
        f"{kind.name}.{name}"
        for kind in TYPES
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType)
        for name, field in kind.fields.items()
        if not is_non_null_type(field.type) and not re.search(r"\b[Nn]ull\b", field.description or "")
    ]

    assert silent == []


def test_every_nullable_argument_says_what_null_means() -> None:
    silent = [
        f"{kind.name}.{name}({argument}:)"
        for kind in TYPES
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        for argument, each in field.args.items()
        if not is_non_null_type(each.type) and "ull" not in (each.description or "")
    ]

    assert silent == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_takes_one_input_and_answers_a_payload(name: str) -> None:
    mutation, capital = MUTATIONS[name], name[0].upper() + name[1:]

    assert {argument: str(each.type) for argument, each in mutation.args.items()} == {"input": f"{capital}Input!"}
    assert str(mutation.type) == f"{capital}Payload!"
    payload = graphql_schema.type_map[f"{capital}Payload"]
    assert isinstance(payload, GraphQLObjectType)
    types = {field: str(each.type) for field, each in payload.fields.items()}
    assert types.pop("errors") == "[MutationError!]!"
    assert types.pop("warnings") == "[Advice!]!"
    assert types.pop("position") == "Cursor"
    assert types
    assert not any(type.endswith("!") for type in types.values())


def test_whatever_has_an_id_is_a_node_and_its_id_says_which() -> None:
    with_id = [kind for kind in TYPES if isinstance(kind, GraphQLObjectType) and "id" in kind.fields]
    nodes = {kind.name for kind in with_id if "Node" in [interface.name for interface in kind.interfaces]}

    assert {kind.name for kind in with_id} == nodes
    words = {"key": "apikey", "view": "savedview", "calendar": "calendarfeed"}
    assert {words.get(word, word) for word in WORDS.values()} == {name.lower() for name in nodes}


def test_scalars_name_their_specification() -> None:
    unspecified = [kind.name for kind in TYPES if isinstance(kind, GraphQLScalarType) and not kind.specified_by_url]

    assert unspecified == ["Cursor"]


def test_connections_are_as_relay_has_them() -> None:
    connections = [kind for kind in TYPES if kind.name.endswith("Connection") or kind.name == "Inbox"]

    assert len(connections) >= 6
    for connection in connections:
        assert isinstance(connection, GraphQLObjectType)
        fields = {name: str(field.type) for name, field in connection.fields.items()}
        edge = fields["edges"].removeprefix("[").removesuffix("!]!")
        node = edge.removesuffix("Edge")
        assert {name: fields[name] for name in ("edges", "nodes", "pageInfo", "totalCount")} == {
            "edges": f"[{edge}!]!", "nodes": f"[{node}!]!", "pageInfo": "PageInfo!", "totalCount": "Int!",
        }  # fmt: skip


def test_money_is_never_a_float() -> None:
    assert "Float" not in graphql_schema.type_map


def test_every_list_of_rows_costs_something() -> None:
    """A field that answers a list of objects counts as a page, except where its rows are counted already."""
    counted_already = {
        "edges", "nodes", "errors", "warnings", "changes", "fields", "sums", "weightedSums", "statuses", "orderBy",
        "problems", "headers",
    }  # fmt: skip
    free = {
        f"{kind.name}.{name}"
        for kind in TYPES
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if (named := graphql_schema.type_map.get(re.sub(r"[\[\]!]", "", str(field.type)))) and "[" in str(field.type)
        if isinstance(named, GraphQLObjectType) and name not in LIMITS.paged | counted_already
    }

    assert free == set()
