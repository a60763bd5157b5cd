"""A schema in which plans leave something over for Python, and the whole way of an answer."""

import asyncio
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import asyncpg
import orjson
import strawberry
from graphql import GraphQLError, execute, get_operation_ast, parse
from strawberry.types import Info

import reads
from tests.reads.test_declarations import BookRow, ShelfRow


@dataclass
class Asks:
    """Who asks, what was refused, and what Python was asked for meanwhile."""

    refused: dict[reads.Path, GraphQLError] = field(default_factory=dict)
    loaded: list[tuple[str, Any]] = field(default_factory=list)
    finished: list[tuple[str, list[Any]]] = field(default_factory=list)


def finishing(name: str) -> Any:
    """Note what comes at once, and put it in capitals."""

    async def finish(run: reads.Run, values: list[Any]) -> list[Any]:
        run.who.finished.append((name, values))
        return [value.upper() for value in values]

    return finish


def _small(row: reads.Row, given: reads.Arguments) -> str:
    return f"({row.pages} < {row.bind(given['than'].map(_number), 'bigint')})"


def _number(text: str) -> int:
    if not text.isdecimal():
        raise GraphQLError(f"{text} is no number.")
    return int(text)


@strawberry.interface
class Thing:
    id: int

    def __init_subclass__(cls) -> None:
        cls.is_type_of = classmethod(lambda cls, row, info: reads.is_of(row, cls.__name__))  # type: ignore[attr-defined]


@strawberry.type
class Book(Thing):
    title: str
    sold: str | None = strawberry.field(
        metadata=reads.finished(lambda book: f"to_json('on ' || {book.sold_on})::text", finishing("sold"))
    )
    loud: str = strawberry.field(
        metadata=reads.finished(lambda book: f"to_json({book.title})::text", finishing("loud"))
    )

    @strawberry.field(metadata=reads.computed(_small))
    def is_smaller(self, than: str) -> bool:
        raise NotImplementedError

    @strawberry.field
    def twice(self) -> int:
        return self.id * 2


@strawberry.type
class Shelf(Thing):
    name: str
    board: str | None = strawberry.field(
        metadata=reads.finished(lambda shelf: f"to_json({shelf.name})::text", finishing("board"))
    )
    books: list[Book] = strawberry.field(
        metadata=reads.many(BookRow, lambda shelf, book, _: f"{book.shelf_id} = {shelf.id}", order=lambda book: book.id)
    )


def _things(source: Any) -> reads.Metadata:
    return reads.any_of(
        lambda: {"Book": BookRow, "Shelf": ShelfRow},
        source,
        lambda asked, row: f"{asked.name} = '{row.model.__name__[0]}' || {row.id}",
        order=lambda asked: asked.place,
    )


@strawberry.type
class Query:
    shelves: list[Shelf] = strawberry.field(
        metadata=reads.many(ShelfRow, lambda *_: "true", order=lambda shelf: shelf.id)
    )

    @strawberry.field(
        graphql_type=Thing | None,
        metadata=_things(lambda row, given: f"(select {row.bind(given['name'], 'text')} as name, 1 as place)"),
    )
    def thing(self, name: str) -> Any:
        raise NotImplementedError

    @strawberry.field(
        graphql_type=list[Thing | None],
        metadata=_things(
            lambda row, given: (
                f"(select * from unnest({row.bind(reads.Late.all(given['names']), 'text[]')})"
                " with ordinality as u (name, place))"
            )
        ),
    )
    def things(self, names: list[str]) -> Any:
        raise NotImplementedError

    @strawberry.field
    def worked_out(self, info: Info) -> str:
        return "by Python"

    @strawberry.field
    async def failing(self, after: int) -> str:
        for _ in range(after):
            await asyncio.sleep(0)
        raise GraphQLError("It failed.")


async def _load(info: Any, key: Any) -> Any:
    info.context.loaded.append((info.parent_type.name, key))
    return SimpleNamespace(id=key)


def _refused(info: Any) -> GraphQLError | None:
    refused: GraphQLError | None = info.context.refused.get(reads.path_of(info))
    return refused


SCHEMA = strawberry.Schema(Query, types=[Book, Shelf])._schema
reads.attach(SCHEMA, load=_load, refused=_refused)


def question(text: str, variables: dict[str, Any] | None = None) -> tuple[reads.Question, Any]:
    document = parse(text)
    operation = get_operation_ast(document)
    assert operation is not None
    shape = reads.shape_of(SCHEMA, operation, variables or {})
    return reads.Question(SCHEMA, document, shape, _everything, {}), operation


def _everything(model: Any, row: reads.Row) -> str:
    return "true" if model is ShelfRow else f"not {row.is_secret}"


async def planned(library: asyncpg.Connection, text: str, asks: Asks, **variables: Any) -> Any:
    """The answer of a plan; None where there is none, since something is null that may not be."""
    asked, operation = question(text, variables)
    plan, run = asked.compile(operation), reads.Run(asked.shape.late, asks)
    whole = await plan.whole((await library.fetchval(plan.sql, *plan.bind(run))).encode(), run)
    return None if whole is None else orjson.loads(whole)


async def executed(library: asyncpg.Connection, text: str, asks: Asks, **variables: Any) -> Any:
    """The executor's answer over the rows of a lenient plan, with its errors by their paths."""
    asked, operation = question(text, variables)
    while True:
        plan = replace(asked, refused=asks.refused).compile(operation, is_lenient=True)
        run = reads.Run(asked.shape.late, asks)
        try:
            values = plan.bind(run)
            break
        except reads.RefusedArguments as problem:
            asks.refused |= problem.refused
    asks.refused |= plan.refused
    rows = await plan.tree((await library.fetchval(plan.sql, *values)).encode(), run)
    result = execute(
        SCHEMA, asked.document, root_value=rows, context_value=asks, variable_values=variables,
        executor_class=reads.FinishedJson,
    )  # fmt: skip
    done: Any = result if hasattr(result, "data") else await result
    return done.data, {tuple(error.path): error.message for error in done.errors or ()}
