"""Declarations: how a field of a type is read. A field without any is the column of its name.

    @strawberry.field(description="...", metadata=reads.computed(lambda lead: f"upper({lead.title})"))
    @strawberry.field(description="...", metadata=reads.to_one(User, "owner_id"))

Each gives the metadata of a Strawberry field; `Row` is what the SQL is made of.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLField
from tortoise.models import Model

from reads.orders import Order
from reads.plan import Finish
from reads.rows import Row
from reads.shapes import Tree

METADATA = "reads"

Arguments: TypeAlias = Mapping[str, Tree]
Sql: TypeAlias = Callable[[Row], str]
Metadata: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """How one field is read."""


@dataclass(frozen=True)
class Computed(Field):
    """An SQL expression over the row, of the type that the field's GraphQL type is written from."""

    sql: Callable[[Row, Arguments], str]


@dataclass(frozen=True)
class One(Field):
    """One row of another table, or none: those of `where`, of which there is at most one."""

    model: type[Model]
    where: Callable[[Row, Row, Arguments], str]
    is_joined: bool


@dataclass(frozen=True)
class Many(Field):
    """A short list of rows of another table."""

    model: type[Model]
    where: Callable[[Row, Row, Arguments], str]
    order: Sql


@dataclass(frozen=True)
class SameRow(Field):
    """An object made of the same row; null where `present` does not hold. `check` refuses arguments."""

    present: Sql | None
    check: Callable[[Row, Arguments], object] | None


@dataclass(frozen=True)
class Derived(Field):
    """A list of rows that SQL works out; `source` is a subselect, made with `row.rows_of`."""

    source: Callable[[Row, Arguments], str]
    order: Sql | None


@dataclass(frozen=True)
class Finishing(Field):
    """What Python makes of a JSON value that SQL works out."""

    sql: Callable[[Row, Arguments], str]
    finish: Finish


@dataclass(frozen=True)
class AnyOf(Field):
    """One or several rows, each of one of several tables: what an interface or a union is read from."""

    models: Callable[[], Mapping[str, type[Model]]]
    source: Callable[[Row, Arguments], str]
    where: Callable[[Row, Row], str]
    order: Sql


@dataclass(frozen=True)
class Connected(Field):
    """A connection over rows of another table."""

    model: type[Model]
    where: Callable[[Row, Row, Arguments], str]
    order: Callable[[Arguments], Order]
    rows: Callable[[Row, Arguments], str] | None


def computed(sql: Callable[..., str]) -> Metadata:
    """A value that SQL works out; `sql(row)` or `sql(row, arguments)`."""
    return {METADATA: Computed(_two(sql))}


def to_one(model: type[Model], column: str) -> Metadata:
    """The row of another table that a column of this one names; null where it names none, or one that isn't seen."""
    return {METADATA: One(model, lambda row, other, _: f"{other.id} = {getattr(row, column)}", is_joined=True)}


def one(model: type[Model], where: Callable[[Row, Row, Arguments], str]) -> Metadata:
    """At most one row of a table, by a condition that names a unique key of it; it sees the arguments."""
    return {METADATA: One(model, where, is_joined=False)}


def many(model: type[Model], where: Callable[[Row, Row, Arguments], str], *, order: Sql) -> Metadata:
    """A list that is short by nature."""
    return {METADATA: Many(model, where, order)}


def same_row(present: Sql | None = None, *, check: Callable[[Row, Arguments], object] | None = None) -> Metadata:
    """An object of the same row under another type, whose fields see the arguments of this one.

    `check` raises GraphQLError for arguments that they could do nothing with.
    """
    return {METADATA: SameRow(present, check)}


def derived(source: Callable[..., str], *, order: Sql) -> Metadata:
    """A list of rows that are no table's: `source(row)` or `source(row, arguments)` is a subselect."""
    return {METADATA: Derived(_two(source), order)}


def only(source: Callable[..., str]) -> Metadata:
    """One object, of the one row that such a subselect has; its fields see the arguments of this one."""
    return {METADATA: Derived(_two(source), None)}


def finished(sql: Callable[..., str], finish: Finish) -> Metadata:
    """A value that Python makes: of the JSON that `sql(row)` or `sql(row, arguments)` is, for all rows at once.

    `finish(run, values)` gives what stands in their places. It is not asked where SQL gives null, which stays null.
    """
    return {METADATA: Finishing(_two(sql), finish)}


def any_of(
    models: Callable[[], Mapping[str, type[Model]]],
    source: Callable[..., str],
    where: Callable[[Row, Row], str],
    *,
    order: Sql,
) -> Metadata:
    """An object of an interface, or a list of such.

    `models` gives the table of each possible type by its name, `source` a subselect of what is asked for, and
    `where(asked, row)` whether a row is that. What is found in no table is null.
    """
    return {METADATA: AnyOf(models, _two(source), where, order)}


def connection(
    model: type[Model],
    where: Callable[[Row, Row, Arguments], str],
    *,
    order: Order | Callable[[Arguments], Order],
    rows: Callable[[Row, Arguments], str] | None = None,
) -> Metadata:
    """A Relay connection. `rows` gives another source than the whole table, made with `row.rows_of`."""
    ordered = order if callable(order) else (lambda _: order)
    return {METADATA: Connected(model, where, ordered, rows)}


def is_declared(field: GraphQLField) -> bool:
    """Whether somebody says how a field of the schema is read."""
    strawberry_field = field.extensions.get("strawberry-definition")
    return METADATA in (getattr(strawberry_field, "metadata", None) or {})


def _two(sql: Callable[..., str]) -> Callable[[Row, Arguments], str]:
    takes_arguments = sql.__code__.co_argcount == 2
    return sql if takes_arguments else (lambda row, _: sql(row))
