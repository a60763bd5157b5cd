"""Rows: a level of a statement being written. A table enters it in one way only: with the condition of who asks."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from graphql import GraphQLError
from tortoise.models import Model

from reads.shapes import Late, Run

MOST_VALUES: Final = 10_000

Path: TypeAlias = tuple[str, ...]
"""Where a field is in an answer: `Type.key` for each level, without the places in lists."""

if TYPE_CHECKING:
    from collections.abc import Iterator


class TooLarge(GraphQLError):
    """An operation with more values than a statement may have. The code is the one that clients know."""

    def __init__(self) -> None:
        super().__init__(
            f"The operation compares with more than {MOST_VALUES:,} values, each counted wherever it is used. "
            "Ask for fewer lists at once, or with smaller filters.",
            extensions={"code": "COST_LIMIT_EXCEEDED"},
        )


class Rights(Protocol):
    """Which rows of each table exist for those who share a plan."""

    def __call__(self, model: type[Model], row: "Row") -> str:
        """The SQL condition on `row`, a row of the model's table. Raises Unplannable for a table without a rule."""
        ...


@dataclass(frozen=True)
class Value:
    """A value that comes with each run, and the field that it is for."""

    get: Callable[[Run], Any]
    path: Path


class Statement:
    """One statement being written: its values so far, names that are free, and the field that is being written."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights
        self._binds: dict[tuple[str, Hashable], int] = {}
        self.path: Path = ()
        self.values: list[Value] = []
        self.uses: list[Value] = []
        self.checks: list[Value] = []
        self._numbers: Iterator[int] = count(1)

    def name(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers)}"

    def bind(self, value: "Late | Callable[[Run], Any]", sql_type: str) -> str:
        """A place for a value that comes with each run; the same value twice has one place.

        Raises TooLarge where a statement would take more than a server's time and memory bear.
        """
        late = value if isinstance(value, Late) else Late(value)
        use = Value(late.get, late.path or self.path)
        self.uses.append(use)
        if len(self.uses) > MOST_VALUES:
            raise TooLarge
        key = (sql_type, late.origin)
        if key not in self._binds:
            self.values.append(use)
            self._binds[key] = len(self.values)
        return f"${self._binds[key]}::{sql_type}"

    def remembered(self) -> tuple[int, int, int]:
        """How far it is, to go back there."""
        return len(self.values), len(self.checks), len(self.uses)

    def back_to(self, remembered: tuple[int, int, int]) -> None:
        """Take back what was bound and checked since then."""
        values, checks, uses = remembered
        del self.values[values:], self.checks[checks:], self.uses[uses:]
        self._binds = {key: place for key, place in self._binds.items() if place <= values}

    def check(self, value: Late) -> None:
        """Have each run look whether this can be read, also where the statement does not need it."""
        self.checks.append(Value(value.get, value.path or self.path))

    def rows_of(self, model: type[Model]) -> str:
        """The rows of a table that exist for the viewer, to select from: the only way in which a table is named."""
        row = Row(self, self.name("t"), model)
        return f"(select {row}.* from {model._meta.db_table} {row} where {self._rights(model, row)})"


class _Beside(NamedTuple):
    """A subselect that was joined to a row: what it is, under which arguments, where among the joins, its alias."""

    what: str
    arguments: Mapping[str, Any]
    place: int
    alias: str


class Row:
    """A row of a level: `row.name` is the SQL of a column."""

    def __init__(
        self,
        statement: Statement,
        alias: str,
        model: type[Model] | None = None,
    ) -> None:
        self.statement = statement
        self.alias = alias
        self.model = model
        self.arguments: Mapping[str, Any] = {}
        self.joins: list[str] = []
        self._beside: list[_Beside] = []

    def __getattr__(self, column: str) -> str:
        if column.startswith("__"):
            raise AttributeError(column)
        return f'{self.alias}."{column}"'

    def __str__(self) -> str:
        return self.alias

    @property
    def key(self) -> str:
        """The column that tells the row from others within its account."""
        assert self.model is not None, "only rows of tables have a key"
        return getattr(self, self.model._meta.db_pk_column)  # type: ignore[no-any-return]

    def remembered(self) -> tuple[tuple[int, int, int], int]:
        """How far the row and its statement are, to go back there."""
        return self.statement.remembered(), len(self.joins)

    def back_to(self, remembered: tuple[tuple[int, int, int], int]) -> None:
        """Forget what was written since then."""
        statement, joins = remembered
        self.statement.back_to(statement)
        del self.joins[joins:]
        self._beside[:] = [each for each in self._beside if each.place < joins]

    def answering(self, arguments: Mapping[str, Any]) -> "Row":
        """The same row as the answer to a field with these arguments, which the fields below it see."""
        row = Row(self.statement, self.alias, self.model)
        row.joins, row._beside = self.joins, self._beside
        row.arguments = arguments
        return row

    def beside(self, what: str, write: Callable[[], str]) -> "Row":
        """The one row of a subselect that several fields of this row, under the same arguments, read from."""
        for each in self._beside:
            if each.what == what and each.arguments is self.arguments:
                return Row(self.statement, each.alias)
        name = self.statement.name("b")
        self._beside.append(_Beside(what, self.arguments, len(self.joins), name))
        self.joins.append(f"cross join lateral {write()} {name}")
        return Row(self.statement, name)

    def rows_of(self, model: type[Model]) -> str:
        return self.statement.rows_of(model)

    def bind(self, value: Late | Callable[[Run], Any], sql_type: str) -> str:
        return self.statement.bind(value, sql_type)
