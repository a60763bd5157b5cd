"""Declarations: each way in which a field can be read, over a schema that has nothing to do with sales."""

from datetime import date
from enum import Enum
from typing import Any, NewType

import asyncpg
import orjson
import pytest
import strawberry
from graphql import GraphQLError, get_operation_ast, parse
from strawberry.schema.config import StrawberryConfig
from tortoise import fields
from tortoise.models import Model

import reads

Price = NewType("Price", str)


@strawberry.enum
class Genre(Enum):
    NOVEL = "novel"
    POEM = "poem"


class ShelfRow(Model):
    id = fields.BigIntField(primary_key=True)

    class Meta:
        table = "shelves"


class BookRow(Model):
    id = fields.BigIntField(primary_key=True)

    class Meta:
        table = "books"


class NobodysRow(Model):
    id = fields.BigIntField(primary_key=True)

    class Meta:
        table = "nobodys"


@strawberry.type
class Sale:
    sold_on: date


@strawberry.type
class Figures:
    genre: Genre
    count: int


@strawberry.type
class Book:
    id: int
    title: str
    genre: Genre
    price: Price = strawberry.field(metadata=reads.computed(lambda book: f"({book.pages} * 0.5)"))
    sale: Sale | None = strawberry.field(metadata=reads.same_row(lambda book: f"{book.sold_on} is not null"))
    shelf: "Shelf | None" = strawberry.field(metadata=reads.to_one(ShelfRow, "shelf_id"))

    @strawberry.field(metadata=reads.computed(lambda book, given: f"({book.pages} > {given['than']})"))
    def is_longer(self, than: int = 15) -> bool:
        raise NotImplementedError

    @strawberry.field
    def by_python(self) -> int:
        raise NotImplementedError


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge:
    cursor: str
    node: Book


@strawberry.type
class Books:
    nodes: list[Book]
    edges: list[Edge]
    page_info: PageInfo
    total_count: int


@strawberry.type
class Shelf:
    name: str
    books: list[Book] = strawberry.field(
        metadata=reads.many(BookRow, lambda shelf, book, _: f"{book.shelf_id} = {shelf.id}", order=lambda book: book.id)
    )
    figures: list[Figures] = strawberry.field(
        metadata=reads.derived(
            lambda shelf: (
                f"(select genre, count(*) as count from {shelf.rows_of(BookRow)} b "
                f"where b.shelf_id = {shelf.id} group by genre)"
            ),
            order=lambda figures: figures.genre,
        )
    )


def _by_id(_: reads.Row, book: reads.Row, given: reads.Arguments) -> str:
    return f"{book.id} = {book.bind(given['id'].map(int), 'bigint')}"


def _of_genre(_: reads.Row, book: reads.Row, given: reads.Arguments) -> str:
    return f"{book.genre} = '{given['genre'].value}'" if given.get("genre") else "true"


@strawberry.type
class Query:
    shelves: list[Shelf] = strawberry.field(
        metadata=reads.many(ShelfRow, lambda *_: "true", order=lambda shelf: shelf.id)
    )
    nobodys: list[Shelf] = strawberry.field(
        metadata=reads.many(NobodysRow, lambda *_: "true", order=lambda row: row.id)
    )
    everything: Figures | None = strawberry.field(
        metadata=reads.only(lambda row: f"(select 'novel' as genre, count(*) as count from {row.rows_of(BookRow)} b)")
    )

    @strawberry.field(graphql_type=Book | None, metadata=reads.one(BookRow, _by_id))
    def book(self, id: strawberry.ID) -> Any:
        raise NotImplementedError

    @strawberry.field(graphql_type=Books, metadata=reads.connection(BookRow, _of_genre, order=(reads.Key("id", int),)))
    def books(
        self,
        genre: Genre | None = None,
        first: int | None = None,
        last: int | None = None,
        after: strawberry.ID | None = None,
        before: strawberry.ID | None = None,
    ) -> Any:
        raise NotImplementedError  # fmt: skip


SCHEMA = strawberry.Schema(
    Query, config=StrawberryConfig(scalar_map={Price: strawberry.scalar(name="Price", serialize=str)})
)._schema
WRITERS = {"Date": lambda sql: f"to_json({sql})::text", "Price": lambda sql: f"'\"' || trim_scale({sql}) || '\"'"}


def rights(model: type[Model], row: reads.Row) -> str:
    if model is ShelfRow:
        return "true"
    if model is BookRow:
        return f"({row.bind(lambda run: run.who, 'boolean')} or not {row.is_secret})"
    raise reads.Unplannable("nobody says who sees it")


def planned(text: str, variables: dict[str, Any] | None = None) -> tuple[reads.Plan, reads.Shape]:
    document = parse(text)
    operation = get_operation_ast(document)
    assert operation is not None
    shape = reads.shape_of(SCHEMA, operation, variables or {})
    return reads.Question(SCHEMA, document, shape, rights, WRITERS).compile(operation), shape


async def text_of(library: asyncpg.Connection, text: str, *, who: bool = False, **variables: Any) -> str:
    plan, shape = planned(text, variables)
    found: str = await library.fetchval(plan.sql, *plan.bind(reads.Run(shape.late, who)))
    return found


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{ book(id: "1") { title genre price } }', {"book": {"title": 'A "quoted"', "genre": "NOVEL", "price": "5"}}),
        ('{ book(id: "1") { sale { soldOn } } }', {"book": {"sale": {"soldOn": "2026-01-02"}}}),
        ('{ book(id: "2") { sale { soldOn } } }', {"book": {"sale": None}}),
        ('{ book(id: "2") { shelf { name } } }', {"book": {"shelf": {"name": "Low"}}}),
        ('{ book(id: "4") { shelf { name } } }', {"book": {"shelf": None}}),
        ('{ book(id: "99") { title } }', {"book": None}),
        ('{ book(id: "1") { isLonger a: isLonger(than: 5) } }', {"book": {"isLonger": False, "a": True}}),
        ("{ shelves { books { id } } }", {"shelves": [{"books": [{"id": 1}, {"id": 2}]}, {"books": [{"id": 3}]}]}),
        ("{ everything { genre count } }", {"everything": {"genre": "NOVEL", "count": 4}}),
        ("{ shelves { figures { genre count } } }", {"shelves": [
            {"figures": [{"genre": "NOVEL", "count": 1}, {"genre": "POEM", "count": 1}]},
            {"figures": [{"genre": "NOVEL", "count": 1}]}]}),
        ("{ books(genre: POEM) { totalCount nodes { id } } }", {"books": {"totalCount": 2, "nodes": [
            {"id": 2}, {"id": 4}]}}),
        ("{ books(last: 2) { nodes { id } pageInfo { hasNextPage hasPreviousPage } } }", {"books": {
            "nodes": [{"id": 3}, {"id": 4}], "pageInfo": {"hasNextPage": False, "hasPreviousPage": True}}}),
        ("{ books(first: 1) { nodes @skip(if: true) { id } } }", {"books": {}}),
        ('{ __typename a: book(id: "1") { ...F ... on Book { id } ... @include(if: false) { price } } } '
         "fragment F on Book { b: title id __typename }",
         {"__typename": "Query", "a": {"b": 'A "quoted"', "id": 1, "__typename": "Book"}}),
        ('{ book(id: "1") { shelf { name } shelf { books { id } } } }',
         {"book": {"shelf": {"name": "Low", "books": [{"id": 1}, {"id": 2}]}}}),
    ],
)  # fmt: skip
async def test_a_field_is_read_as_it_is_declared(library: asyncpg.Connection, text: str, data: Any) -> None:
    assert await text_of(library, text) == orjson.dumps(data).decode()


async def test_every_level_shows_only_what_exists_for_who_asks(library: asyncpg.Connection) -> None:
    text = '{ book(id: "5") { id } shelves { books { id } } books { totalCount } everything { count } }'

    assert orjson.loads(await text_of(library, text)) == {
        "book": None, "shelves": [{"books": [{"id": 1}, {"id": 2}]}, {"books": [{"id": 3}]}],
        "books": {"totalCount": 4}, "everything": {"count": 4},
    }  # fmt: skip
    assert orjson.loads(await text_of(library, text, who=True))["everything"] == {"count": 5}


async def test_null_where_none_may_be_is_seen_at_a_glance(library: asyncpg.Connection) -> None:
    plan, shape = planned("{ shelves { name } }")
    run = reads.Run(shape.late, False)

    found = (await library.fetchval(plan.sql, *plan.bind(run))).encode()

    assert await plan.whole(found, run) is None
    assert await plan.tree(found, run) == {"shelves": [{"name": "Low"}, {"name": None}]}


async def test_a_page_goes_on_where_a_cursor_says(library: asyncpg.Connection) -> None:
    text = "query ($after: ID) { books(first: 2, after: $after) { edges { cursor node { id } } } }"
    first = orjson.loads(await text_of(library, text))["books"]["edges"]

    second = orjson.loads(await text_of(library, text, after=first[-1]["cursor"]))["books"]["edges"]

    assert [edge["node"]["id"] for edge in [*first, *second]] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "text", ["{ nobodys { name } }", '{ book(id: "1") { byPython } }', "{ __schema { description } }"]
)
def test_what_sql_can_not_say_or_nobody_has_a_rule_for_is_not_planned(text: str) -> None:
    with pytest.raises(reads.Unplannable):
        planned(text)


@pytest.mark.parametrize("page", ["first: 0", "first: 101", "first: 1, last: 1"])
def test_a_page_has_bounds(page: str) -> None:
    with pytest.raises(reads.BadPage):
        planned(f"{{ books({page}) {{ totalCount }} }}")


def test_texts_share_a_plan_and_enums_do_not() -> None:
    book = "query ($id: ID!) { book(id: $id) { title } }"
    books = "query ($genre: Genre) { books(genre: $genre) { totalCount } }"

    one, other = planned(book, {"id": "1"}), planned(book, {"id": "'; drop table books; --"})
    novels, poems = planned(books, {"genre": "NOVEL"}), planned(books, {"genre": "POEM"})

    assert (one[0].sql, one[1].key) == (other[0].sql, other[1].key)
    assert novels[1].key != poems[1].key
    assert novels[0].sql != poems[0].sql


def test_a_null_variable_where_none_may_be_is_refused() -> None:
    with pytest.raises(GraphQLError, match="is null, and null may not be here"):
        planned("query ($yes: Boolean = true) { shelves @include(if: $yes) { name } }", {"yes": None})
