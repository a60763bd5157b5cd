"""Interfaces: rows of several tables in one place."""

from typing import Any

import asyncpg
import pytest

from tests.reads.things import Asks, executed, planned

FRAGMENTS = """
fragment Any on Thing { __typename id ... on Thing { again: id } ...OfBook ...OfShelf }
fragment OfBook on Book { title }
fragment OfShelf on Shelf { name books { id } }
"""


@pytest.mark.parametrize(
    ("name", "thing"),
    [
        ("B1", {"__typename": "Book", "id": 1, "again": 1, "title": 'A "quoted"'}),
        ("S1", {"__typename": "Shelf", "id": 1, "again": 1, "name": "Low", "books": [{"id": 1}, {"id": 2}]}),
        ("B5", None),
        ("B99", None),
        ("'", None),
    ],
)
async def test_one_is_found_in_whichever_table_it_is(library: asyncpg.Connection, name: str, thing: Any) -> None:
    text = "query ($name: String!) { thing(name: $name) { ...Any } }" + FRAGMENTS

    assert await planned(library, text, Asks(), name=name) == {"thing": thing}
    assert await executed(library, text, Asks(), name=name) == ({"thing": thing}, {})


async def test_a_list_has_them_in_the_order_asked_for_and_null_for_what_is_not_there(
    library: asyncpg.Connection,
) -> None:
    text = "query ($names: [String!]!) { things(names: $names) { ... on Book { id } ... on Shelf { id name } } }"
    names = ["B2", "X", "S1", "B5", "B2", "B1"]

    both = [
        (await planned(library, text, Asks(), names=names))["things"],
        (await executed(library, text, Asks(), names=names))[0]["things"],
    ]

    assert both == [[{"id": 2}, None, {"id": 1, "name": "Low"}, None, {"id": 2}, {"id": 1}]] * 2


async def test_a_list_of_none_is_empty(library: asyncpg.Connection) -> None:
    text = "query ($names: [String!]!) { things(names: $names) { id } }"

    assert await planned(library, text, Asks(), names=[]) == {"things": []}


async def test_what_no_fragment_is_for_is_an_empty_object(library: asyncpg.Connection) -> None:
    text = '{ things(names: ["B1", "S1"]) { ... on Shelf { id } } }'

    assert await planned(library, text, Asks()) == {"things": [{}, {"id": 1}]}
    assert await executed(library, text, Asks()) == ({"things": [{}, {"id": 1}]}, {})
