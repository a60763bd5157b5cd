"""Pages: a Relay connection as SQL, with keyset cursors over any order, forwards and backwards as exact mirrors."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graphql import FieldNode, GraphQLObjectType

from reads import cursors
from reads.cursors import BadPage
from reads.declarations import Arguments, Connected, is_declared
from reads.orders import Key, Order, mirrored
from reads.rows import Row
from reads.shapes import Late
from reads.written import literal

if TYPE_CHECKING:
    from reads.compiler import Compiler

DEFAULT_SIZE = 25
LARGEST_SIZE = 100
"""What a page holds where nobody says, and at most; as the schema's descriptions tell."""


def connection(
    compiler: "Compiler",
    declared: Connected,
    kind: GraphQLObjectType,
    nodes: list[FieldNode],
    row: Row,
    given: Arguments,
) -> str:
    """The text of one page."""
    page = _Page(compiler, declared, row, given)
    return page.text(compiler.selections.below(nodes, kind), kind)


class _Page:
    def __init__(self, compiler: "Compiler", declared: Connected, row: Row, given: Arguments) -> None:
        self._compiler, self._declared, self._row, self._given = compiler, declared, row, given
        self._statement = row.statement
        self._size, self._backward = _size(given, row.arguments.get("first"))
        self._order = declared.order(given)
        self._after, self._before = given.get("after"), given.get("before")
        for cursor in (self._after, self._before):
            if cursor is not None:
                self._statement.check(cursor.map(lambda text: cursors.read(text, self._order)))
        self._columns: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._looks_beyond = False

    def text(self, fields: Mapping[str, list[FieldNode]], kind: GraphQLObjectType) -> str:
        found = Row(self._statement, self._statement.name("r"), self._declared.model)
        name = self._statement.name("p")
        self._looks_beyond = self._asks_for_more(fields, kind)
        parts = {}
        for key, each in fields.items():
            with self._compiler.at(kind, key):
                parts[key] = self._part(each, kind, found, name)
        if not parts:
            return literal("{}")
        whole = " || ".join(
            f"{literal(('{' if n == 0 else ',') + chr(34) + key + chr(34) + ':')} || {sql}"
            for n, (key, sql) in enumerate(parts.items())
        )
        if not self._columns:
            return f"({whole} || '}}')"
        columns = ", ".join(f"{sql} as {column}" for sql, column in self._columns.items())
        return f"(select {whole} || '}}' from (select {columns} from ({self._rows(found)}) {name}_rows) {name})"

    def _part(self, nodes: list[FieldNode], kind: GraphQLObjectType, found: Row, name: str) -> str:
        field = nodes[0].name.value
        match field:
            case "__typename":
                return literal(f'"{kind.name}"')
            case "nodes":
                return self._list(self._node(nodes, kind, "nodes", found), name)
            case "edges":
                return self._list(self._edge(nodes, kind, found), name)
            case "pageInfo":
                info = _object(kind, field)
                below = self._compiler.selections.below(nodes, info)
                return self._compiler.object_of(
                    {key: self._info(each[0].name.value, info, found, name) for key, each in below.items()}
                )
            case "totalCount" if not is_declared(kind.fields[field]):
                return f"(select count(*) from {self._source()})::text"
        return self._compiler.field(nodes, kind, self._row.answering(self._given))

    def _node(self, nodes: list[FieldNode], kind: GraphQLObjectType, field: str, found: Row) -> str:
        node = _object(kind, field)
        return self._compiler.object(self._compiler.selections.below(nodes, node), node, found)

    def _edge(self, nodes: list[FieldNode], kind: GraphQLObjectType, found: Row) -> str:
        edge = _object(kind, "edges")
        parts = {}
        for key, each in self._compiler.selections.below(nodes, edge).items():
            match each[0].name.value:
                case "__typename":
                    parts[key] = literal(f'"{edge.name}"')
                case "cursor":
                    parts[key] = f"'\"' || {self._cursor(found)} || '\"'"
                case _:
                    with self._compiler.at(edge, key):
                        parts[key] = self._node(each, edge, "node", found)
        return self._compiler.object_of(parts)

    def _list(self, text: str, name: str) -> str:
        rows = f"string_agg({self._text(text)}, ',' order by {self._along(self._order)}){self._kept}"
        column = self._column(f"'[' || coalesce({rows}, '') || ']'")
        return f"{name}.{column}"

    def _info(self, field: str, kind: GraphQLObjectType, found: Row, name: str) -> str:
        match field:
            case "__typename":
                return literal(f'"{kind.name}"')
            case "hasNextPage":
                more = "false" if self._backward else f"{name}.{self._more()}"
                return f"({more} or {self._any_from(self._before, self._order)})::text"
            case "hasPreviousPage":
                more = f"{name}.{self._more()}" if self._backward else "false"
                return f"({more} or {self._any_from(self._after, mirrored(self._order))})::text"
            case "startCursor" | "endCursor":
                way = self._order if field == "startCursor" else mirrored(self._order)
                cursors = f"array_agg({self._text(self._cursor(found))} order by {self._along(way)}){self._kept}"
                cursor = self._column(f"({cursors})[1]")
                return f"coalesce('\"' || {name}.{cursor} || '\"', 'null')"
        raise AssertionError(f"PageInfo has no {field}")

    def _asks_for_more(self, fields: Mapping[str, list[FieldNode]], kind: GraphQLObjectType) -> bool:
        """Whether the answer says if there is a row beyond the page, on the side where reading ends."""
        asked = "hasPreviousPage" if self._backward else "hasNextPage"
        infos = [nodes for nodes in fields.values() if nodes[0].name.value == "pageInfo"]
        below = [self._compiler.selections.below(nodes, _object(kind, "pageInfo")) for nodes in infos]
        return any(nodes[0].name.value == asked for each in below for nodes in each.values())

    @property
    def _kept(self) -> str:
        """What leaves out the row beyond the page, where one is read."""
        return f" filter (where m <= {self._size})" if self._looks_beyond else ""

    def _along(self, order: Order) -> str:
        """The order in terms of the columns that hold the sort keys."""
        return ", ".join(_term(key, f"k{n}") for n, key in enumerate(order))

    def _more(self) -> str:
        """Whether there is a row beyond the page."""
        return self._column(f"count(*) > {self._size}")

    def _text(self, sql: str) -> str:
        """A text that is written for each row."""
        return self._texts.setdefault(sql, f"t{len(self._texts)}")

    def _column(self, sql: str) -> str:
        """A column of the page: an aggregate over what is written of each of its rows."""
        return self._columns.setdefault(sql, f"c{len(self._columns)}")

    def _rows(self, found: Row) -> str:
        """The rows of the page with their sort keys; `m` counts them in the order of reading, where that is needed."""
        reading = mirrored(self._order) if self._backward else self._order
        order = ", ".join(_term(key, getattr(found, key.column)) for key in reading)
        place = f", row_number() over (order by {order}) as m" if self._looks_beyond else ""
        source = (
            f"select {found}.*{place} from {self._source(found)} "
            f"{self._between(found)} order by {order} limit {self._size + self._looks_beyond}"
        )
        columns = [f"{getattr(found, key.column)} as k{n}" for n, key in enumerate(self._order)]
        columns += [f"{found}.m as m"] if self._looks_beyond else []
        columns += [f"{sql} as {name}" for sql, name in self._texts.items()]
        return f"select {', '.join(columns)} from ({source}) {found} {' '.join(found.joins)}"

    def _source(self, found: Row | None = None) -> str:
        other = found or Row(self._statement, self._statement.name("r"), self._declared.model)
        declared = self._declared
        rows = declared.rows(self._row, self._given) if declared.rows else self._row.rows_of(declared.model)
        return f"{rows} {other} where ({declared.where(self._row, other, self._given)})"

    def _between(self, found: Row) -> str:
        conditions = ""
        if self._after is not None:
            conditions += f" and {self._beyond(found, self._after, self._order)}"
        if self._before is not None:
            conditions += f" and {self._beyond(found, self._before, mirrored(self._order))}"
        return conditions

    def _any_from(self, cursor: Late | None, along: Order) -> str:
        """Whether a row lies at this cursor or beyond it."""
        if cursor is None:
            return "false"
        other = Row(self._statement, self._statement.name("r"), self._declared.model)
        places = self._places(cursor)
        at = " and ".join(
            f"{getattr(other, key.column)} is not distinct from {place}"
            for key, place in zip(along, places, strict=True)
        )
        return f"exists (select from {self._source(other)} and (({at}) or {self._beyond(other, cursor, along)}))"

    def _beyond(self, found: Row, cursor: Late, along: Order) -> str:
        places = self._places(cursor)
        if len({key.descending for key in along}) == 1 and all(key.nulls_first is None for key in along):
            columns = ", ".join(getattr(found, key.column) for key in along)
            return f"({columns}) {'<' if along[0].descending else '>'} ({', '.join(places)})"
        branches = []
        for n, key in enumerate(along):
            same = [f"{getattr(found, along[i].column)} is not distinct from {places[i]}" for i in range(n)]
            branches.append("(" + " and ".join([*same, _further(key, getattr(found, key.column), places[n])]) + ")")
        return "(" + " or ".join(branches) + ")"

    def _places(self, cursor: Late) -> list[str]:
        return [self._place(cursor, n, key) for n, key in enumerate(self._order)]

    def _place(self, cursor: Late, n: int, key: Key) -> str:
        order = self._order
        value = cursor.map(lambda text: cursors.read(text, order)[n])
        if key.kind is date:  # as text, since asyncpg takes the first and the last day for infinity
            return f"{self._statement.bind(value.map(_as_text), 'text')}::date"
        return self._statement.bind(value, _SQL_TYPES[key.kind])

    def _cursor(self, row: Row) -> str:
        return cursors.in_sql(self._order, [getattr(row, key.column) for key in self._order])


def _object(kind: GraphQLObjectType, field: str) -> GraphQLObjectType:
    of_type: Any = kind.fields[field].type
    while not isinstance(of_type, GraphQLObjectType):
        of_type = of_type.of_type
    return of_type


def _size(given: Arguments, usual: int | None) -> tuple[int, bool]:
    first, last = given.get("first"), given.get("last")
    if first is not None and last is not None:
        raise BadPage("Give first or last, not both.")
    if last is not None:
        return page_size(last, name="last"), True
    return page_size(usual if first is None else first), False


def page_size(given: int | None, *, name: str = "first") -> int:
    """How many rows a page has. Raises BadPage."""
    size = DEFAULT_SIZE if given is None else given
    if not 1 <= size <= LARGEST_SIZE:
        raise BadPage(f"{name} is between 1 and {LARGEST_SIZE}; {size:,} was asked for.")
    return size


def _term(key: Key, column: str) -> str:
    nulls = "" if key.nulls_first is None else f" nulls {'first' if key.nulls_first else 'last'}"
    return f"{column}{' desc' if key.descending else ''}{nulls}"


def _further(key: Key, column: str, place: str) -> str:
    further = f"{column} {'<' if key.descending else '>'} {place}"
    match key.nulls_first:
        case None:
            return further
        case True:
            return f"({place} is null and {column} is not null or {further})"
    return f"({place} is not null and ({further} or {column} is null))"


def _as_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


_SQL_TYPES = {int: "bigint", str: "text", Decimal: "numeric", datetime: "timestamptz", UUID: "uuid"}
