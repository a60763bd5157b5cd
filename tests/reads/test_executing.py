"""Executing: what a plan leaves over is told by the executor, at its place, beside what the plan has read."""

import gc
import warnings

import asyncpg
import orjson
import pytest
from graphql import FieldNode, GraphQLError, OperationDefinitionNode

import reads
from tests.reads.test_declarations import BookRow
from tests.reads.things import SCHEMA, Asks, executed, planned, question


async def test_a_field_of_python_is_asked_of_its_row_and_all_else_is_read(library: asyncpg.Connection) -> None:
    asks = Asks()

    answer = await executed(library, "{ shelves { id books { id twice } } workedOut }", asks)

    assert answer == (
        {
            "shelves": [{"id": 1, "books": [{"id": 1, "twice": 2}, {"id": 2, "twice": 4}]},
                        {"id": 2, "books": [{"id": 3, "twice": 6}]}],
            "workedOut": "by Python",
        },
        {},
    )  # fmt: skip
    assert sorted(asks.loaded) == [("Book", 1), ("Book", 2), ("Book", 3)]


async def test_a_field_of_python_is_asked_of_a_row_of_an_interface(library: asyncpg.Connection) -> None:
    text = '{ things(names: ["B2", "S1", "X"]) { id ... on Book { twice } } }'

    assert await executed(library, text, Asks()) == ({"things": [{"id": 2, "twice": 4}, {"id": 1}, None]}, {})


async def test_no_plan_leaves_a_field_of_python_out_unless_it_is_lenient() -> None:
    asked, operation = question("{ workedOut }")

    with pytest.raises(reads.Unplannable):
        asked.compile(operation)


async def test_a_refused_value_is_told_at_its_place_while_its_neighbours_answer(library: asyncpg.Connection) -> None:
    text = """query ($a: String!, $b: String!, $c: String!) {
      shelves { id books { id big: isSmaller(than: $a) small: isSmaller(than: $b) none: isSmaller(than: $c) } }
      one: thing(name: "B1") { id ... on Book { isSmaller(than: "15") } }
      workedOut }"""
    asks = Asks()

    data, errors = await executed(library, text, asks, a="15", b="x", c="y")

    assert data is None  # isSmaller may not be null, and neither may anything above it
    books = ("Query.shelves", "Shelf.books")
    assert set(asks.refused) == {(*books, "Book.small"), (*books, "Book.none")}
    [(path, message)] = errors.items()
    assert (path, message) in {
        (("shelves", shelf, "books", book, key), f"{value} is no number.")
        for shelf, book in ((0, 0), (0, 1), (1, 0))
        for key, value in (("small", "x"), ("none", "y"))
    }


async def test_a_refused_value_below_what_may_be_null_leaves_the_rest(library: asyncpg.Connection) -> None:
    text = """query ($b: String!) {
      one: thing(name: "B1") { id ... on Book { isSmaller(than: "15") } }
      two: thing(name: "B2") { id ... on Book { isSmaller(than: $b) } }
      three: thing(name: "S1") { id } }"""

    data, errors = await executed(library, text, Asks(), b="x")

    assert data == {"one": {"id": 1, "isSmaller": True}, "two": None, "three": {"id": 1}}
    assert errors == {("two", "isSmaller"): "x is no number."}


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize(
    "fields",
    [
        "shelves { books { twice again: twice } } failing(after: $after)",
        "failing(after: $after) shelves { books { twice again: twice } }",
    ],
)
async def test_what_has_not_begun_when_its_neighbour_fails_is_dropped_without_a_word(
    library: asyncpg.Connection, fields: str, after: int
) -> None:
    text = f"query ($after: Int!) {{ {fields} }}"

    with warnings.catch_warnings(record=True, action="always") as heard:
        data, errors = await executed(library, text, Asks(), after=after)
        gc.collect()

    assert (data, errors) == (None, {("failing",): "It failed."})
    assert [str(warning.message) for warning in heard] == []


async def test_null_where_none_may_be_is_found_with_its_path(library: asyncpg.Connection) -> None:
    text = '{ low: thing(name: "S1") { ...N } none: thing(name: "S2") { ...N } } fragment N on Shelf { id name }'

    assert await planned(library, text, Asks()) is None
    data, errors = await executed(library, text, Asks())

    assert data == {"low": {"id": 1, "name": "Low"}, "none": None}
    assert errors == {("none", "name"): "Cannot return null for non-nullable field Shelf.name."}


def nodes_of(operation: OperationDefinitionNode) -> list[FieldNode]:
    return [node for node in operation.selection_set.selections if isinstance(node, FieldNode)]


async def test_what_a_field_asks_of_rows_is_planned_by_their_keys(library: asyncpg.Connection) -> None:
    asked, operation = question("{ shelves { books { id loud title } } }")
    [below] = nodes_of(operation)[0].selection_set.selections  # type: ignore[union-attr]
    asks = Asks()

    plan = asked.compile_rows([below], SCHEMA.type_map["Book"], BookRow, ("shelves", "books"), is_lenient=False)  # type: ignore[arg-type, list-item]
    run = reads.Run((), asks, [2, 5, 3, 99])
    found = {row["key"]: await plan.whole(row["data"], run) for row in await library.fetch(plan.sql, *plan.bind(run))}

    assert {key: orjson.loads(text or b"") for key, text in found.items()} == {
        "2": {"id": 2, "loud": "ÉTÉ", "title": "Été"},
        "3": {"id": 3, "loud": "LINE\nBREAK", "title": "Line\nbreak"},
    }


async def test_a_lenient_plan_of_rows_leaves_out_what_python_says_and_names_the_row(
    library: asyncpg.Connection,
) -> None:
    asked, operation = question("{ shelves { books { id twice } } }")
    [below] = nodes_of(operation)[0].selection_set.selections  # type: ignore[union-attr]
    book, path = SCHEMA.type_map["Book"], ("shelves", "books")

    with pytest.raises(reads.Unplannable):
        asked.compile_rows([below], book, BookRow, path, is_lenient=False)  # type: ignore[arg-type, list-item]
    plan = asked.compile_rows([below], book, BookRow, path, is_lenient=True)  # type: ignore[arg-type, list-item]
    run = reads.Run((), Asks(), [2])
    [row] = await library.fetch(plan.sql, *plan.bind(run))

    assert await plan.tree(row["data"], run) == {"id": 2, reads.ROW: 2}


@pytest.mark.parametrize(("name", "data"), [("B2", {"id": 2}), ("B5", None)])
async def test_one_field_is_planned_with_arguments_that_are_not_the_requests(
    library: asyncpg.Connection, name: str, data: object
) -> None:
    asked, operation = question('{ thing(name: "ignored") { id } }')
    field, more = SCHEMA.query_type.fields["thing"], reads.More()  # type: ignore[union-attr]
    [declared] = field.extensions["strawberry-definition"].metadata.values()
    given = {"name": more.late(name)}

    plan = asked.compile_field(nodes_of(operation), field.type, declared, given, ("thing",), is_lenient=False)
    run = reads.Run((), Asks(), more.values)
    [row] = await library.fetch(plan.sql, *plan.bind(run))

    assert row["key"] == ""
    assert orjson.loads(await plan.whole(row["data"], run) or b"") == data


async def test_a_field_that_is_planned_alone_refuses_at_its_place(library: asyncpg.Connection) -> None:
    asked, operation = question('{ thing(name: "B1") { ... on Book { isSmaller(than: "x") } } }')
    field, more = SCHEMA.query_type.fields["thing"], reads.More()  # type: ignore[union-attr]
    [declared] = field.extensions["strawberry-definition"].metadata.values()

    plan = asked.compile_field(
        nodes_of(operation), field.type, declared, {"name": more.late("B1")}, ("thing",), is_lenient=False
    )

    with pytest.raises(reads.RefusedArguments) as refused:
        plan.bind(reads.Run((), Asks(), more.values))
    [(path, error)] = refused.value.refused.items()
    assert path == ("thing", "Book.isSmaller")
    assert isinstance(error, GraphQLError)
