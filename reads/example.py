"""An example: authors and their books, read by one statement each time. tests/reads/test_example.py runs it."""

from typing import Any

import strawberry
from asyncpg import Connection
from graphql import get_operation_ast, parse
from tortoise import fields
from tortoise.models import Model

import reads

TABLES = """
create temporary table authors (id bigint, country text, name text);
create temporary table books (id bigint, country text, author_id bigint, title text);
insert into authors values (1, 'FR', 'Colette'), (2, 'UK', 'Sterne');
insert into books values (1, 'FR', 1, 'Chéri'), (2, 'FR', 1, 'Sido'), (3, 'UK', 2, 'Tristram Shandy');
"""


class AuthorRow(Model):
    id = fields.BigIntField(primary_key=True)

    class Meta:
        table = "authors"


class BookRow(Model):
    id = fields.BigIntField(primary_key=True)

    class Meta:
        table = "books"


@strawberry.type
class Book:
    title: str
    shouted: str = strawberry.field(metadata=reads.computed(lambda book: f"upper({book.title})"))


@strawberry.type
class Author:
    name: str
    books: list[Book] = strawberry.field(
        metadata=reads.many(
            BookRow, lambda author, book, _: f"{book.author_id} = {author.id}", order=lambda book: book.title
        )
    )


@strawberry.type
class Query:
    authors: list[Author] = strawberry.field(
        metadata=reads.many(AuthorRow, lambda _, author, given: "true", order=lambda author: author.name)
    )


schema = strawberry.Schema(Query)._schema


def rights(model: type[Model], row: reads.Row) -> str:
    """Everybody reads the books of one country."""
    return f"{row.country} = {row.bind(lambda run: run.who, 'text')}"


async def ask(database: Connection, text: str, variables: dict[str, Any], *, country: str) -> str:
    """The answer's data as JSON."""
    document = parse(text)
    operation = get_operation_ast(document)
    assert operation is not None
    shape = reads.shape_of(schema, operation, variables)
    plan = reads.Question(schema, document, shape, rights, writers={}).compile(operation)
    found: str = await database.fetchval(plan.sql, *plan.bind(reads.Run(shape.late, country)))
    return found
