"""The compiler: an operation becomes one statement, whose one value is the text of its answer.

Every object is a concatenation of texts, every list a `string_agg`, every reference a join. Where null comes up that
may not be, `written.MISSING` stands in the text: such an answer is thrown away and asked for field by field, which
finds the error and its path.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    is_leaf_type,
)

from reads import pages
from reads.declarations import METADATA, Arguments, Computed, Connected, Derived, Field, Many, One, SameRow
from reads.rows import Rights, Row, Statement
from reads.selections import Selections
from reads.shapes import ABSENT, Run, Shape, argument
from reads.written import MISSING, STANDARD, Writers, literal, missing_if_null, null_if_null

_MISSING = MISSING.encode().decode("unicode_escape").encode()
ROW = "$row"
"""Where a lenient plan says which row an object is of; no response key begins like this."""
_OPENS, _CLOSES = """'"' || """, """ || '"'"""


class Unplannable(Exception):
    """An operation that has no plan: a field in it is not declared, or its arguments are beyond what SQL can say."""


@dataclass(frozen=True)
class Plan:
    """A statement that answers an operation, and how its values come out of a run."""

    sql: str
    values: Sequence[Callable[[Run], Any]]
    checks: Sequence[Callable[[Run], Any]]

    def bind(self, run: Run) -> list[Any]:
        """The statement's values. Raises what a value refuses."""
        for check in self.checks:
            check(run)
        return [value(run) for value in self.values]

    @staticmethod
    def is_whole(text: bytes) -> bool:
        """Whether no null is where none may be."""
        return _MISSING not in text

    @staticmethod
    def mended(text: bytes) -> bytes:
        """The same with null there, for the executor to find."""
        return text.replace(_MISSING, b"null")


def compile_operation(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    shape: Shape,
    *,
    rights: Rights,
    writers: Writers,
    is_lenient: bool = False,
) -> Plan:
    """The plan of a query for requests of this shape. Raises Unplannable.

    A lenient one leaves out the fields that it can't say: `executing` finds them.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    statement = Statement(rights)
    compiler = _Compiler(Selections(schema, fragments, shape.tree), {**STANDARD, **writers}, is_lenient)
    root = Row(statement, "nothing")
    assert schema.query_type is not None
    fields = compiler.selections.of([operation.selection_set], schema.query_type)
    text = compiler.object(fields, schema.query_type, root)
    beside = f" from (select) {root} {' '.join(root.joins)}" if root.joins else ""
    return Plan(f"select {text} as data{beside}", statement.values, statement.checks)


class _Compiler:
    def __init__(self, selections: Selections, writers: Writers, is_lenient: bool) -> None:
        self.selections = selections
        self._writers = writers
        self._is_lenient = is_lenient

    def object(self, fields: Mapping[str, list[FieldNode]], kind: GraphQLObjectType, row: Row) -> str:
        """The text of an object."""
        parts: dict[str, str] = {}
        left_out = False
        for key, nodes in fields.items():
            before = row.remembered()
            try:
                parts[key] = self._field(nodes, kind, row)
            except Unplannable:
                if not self._is_lenient or not (row.model or kind is self.selections.schema.query_type):
                    raise
                row.back_to(before)
                left_out = True
        if left_out and row.model is not None:
            parts[ROW] = f"to_json({row.key})::text"
        return self.object_of(parts)

    def object_of(self, parts: Mapping[str, str]) -> str:
        """The text of an object whose fields' texts are known."""
        texts: list[str] = []
        for n, (key, sql) in enumerate(parts.items()):
            texts += [f'{"," if n else "{"}"{key}":', Sql(sql)]
        return _concat([*texts, "}"] if texts else ["{}"])

    def beside(self, nodes: list[FieldNode], kind: GraphQLObjectType, row: Row) -> str:
        """The text of a field that a connection has beside its rows; it sees the connection's arguments."""
        return self._field(nodes, kind, row)

    def _field(self, nodes: list[FieldNode], kind: GraphQLObjectType, row: Row) -> str:
        name = nodes[0].name.value
        if name == "__typename":
            return literal(f'"{kind.name}"')
        field = kind.fields.get(name)
        if field is None:
            raise Unplannable(f"{name} is not a field of {kind.name}")
        declared = _declared(field)
        arguments = self._arguments(nodes[0], field)
        return _nullable(field.type, self._text(declared, field, nodes, row, arguments))

    def _text(self, declared: Field, field: GraphQLField, nodes: list[FieldNode], row: Row, given: Arguments) -> str:
        inner = _named(field.type)
        match declared:
            case Computed(sql):
                return self.leaf(sql(row, given), field.type)
            case SameRow(present) if isinstance(inner, GraphQLObjectType):
                same = row.answering(given) if given else row
                text = self.object(self.selections.below(nodes, inner), inner, same)
                return text if present is None else f"case when {present(row)} then {text} end"
            case One() if isinstance(inner, GraphQLObjectType):
                return self._one(declared, inner, nodes, row, given)
            case Many() if isinstance(inner, GraphQLObjectType):
                return self._many(declared, inner, nodes, row, given)
            case Derived(source, order) if isinstance(inner, GraphQLObjectType):
                other = Row(row.statement, row.statement.name("r"))
                other.arguments = given or row.arguments
                text = self.object(self.selections.below(nodes, inner), inner, other)
                rows = f"{source(row, given)} {other} {' '.join(other.joins)}"
                if order is None:
                    return f"(select {text} from {rows})"
                texts = f"string_agg({text}, ',' order by {order(other)})"
                return f"(select '[' || coalesce({texts}, '') || ']' from {rows})"
            case Connected() if isinstance(inner, GraphQLObjectType):
                return pages.connection(self, declared, inner, nodes, row, given)
        raise Unplannable(f"{nodes[0].name.value} is declared as what it is not")

    def _one(self, one: One, kind: GraphQLObjectType, nodes: list[FieldNode], row: Row, given: Arguments) -> str:
        other = Row(row.statement, row.statement.name("r"), one.model)
        text = self.object(self.selections.below(nodes, kind), kind, other)
        source = f"{row.rows_of(one.model)} {other} {' '.join(other.joins)} where {one.where(row, other, given)}"
        if not one.is_joined:
            return f"(select {text} from {source})"
        name = row.statement.name("o")
        row.joins.append(f"left join lateral (select {text} as j from {source}) {name} on true")
        return f"{name}.j"

    def _many(self, many: Many, kind: GraphQLObjectType, nodes: list[FieldNode], row: Row, given: Arguments) -> str:
        other = Row(row.statement, row.statement.name("r"), many.model)
        other.arguments = row.arguments
        text = self.object(self.selections.below(nodes, kind), kind, other)
        source = f"{row.rows_of(many.model)} {other} {' '.join(other.joins)} where {many.where(row, other, given)}"
        return (
            f"(select '[' || coalesce(string_agg({text}, ',' order by {many.order(other)}), '') || ']' from {source})"
        )

    def leaf(self, sql: str, of_type: GraphQLOutputType) -> str:
        """How a value is written, by its type; a list is an SQL array of texts."""
        inner = of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type
        if isinstance(inner, GraphQLList):
            item = self.leaf("item", inner.of_type)
            items = f"(select '[' || coalesce(string_agg({item}, ','), '') || ']' from unnest({sql}) as item)"
            return f"case when {sql} is not null then {items} end"
        if isinstance(inner, GraphQLEnumType):
            return f"'\"' || {_enum(sql, inner)} || '\"'"
        writer = self._writers.get(inner.name) if isinstance(inner, GraphQLScalarType) else None
        if writer is None:
            raise Unplannable(f"nobody says how {inner} is written")
        return writer(sql)

    def _arguments(self, node: FieldNode, field: GraphQLField) -> Arguments:
        given = {each.name.value: each.value for each in node.arguments or ()}
        values = {}
        for name, definition in field.args.items():
            default = ABSENT if definition.default_value is Undefined else definition.default_value
            value = argument(given.get(name), definition.type, self.selections.variables, default)
            if value is not ABSENT:
                values[name] = value
        return values


class Sql(str):
    """A part of a text that SQL works out; all else is as it stands."""

    __slots__ = ()


def _concat(parts: list[str]) -> str:
    """The SQL that puts parts together, none of which is null."""
    merged: list[str] = []
    text = ""
    for part in parts:
        if isinstance(part, Sql):
            before, inner, after = _unquoted(part)
            merged += [literal(text + before), inner] if text + before else [inner]
            text = after
        else:
            text += part
    return _joined(merged + ([literal(text)] if text else []))


def _unquoted(sql: str) -> tuple[str, str, str]:
    """A part without the quotation marks around it, which become one with the text beside it."""
    if sql.startswith(_OPENS) and sql.endswith(_CLOSES) and len(sql) > len(_OPENS + _CLOSES):
        inner = sql[len(_OPENS) : -len(_CLOSES)]
        if "'" not in inner:  # otherwise these may be marks of two parts
            return '"', f"({inner})", '"'
    return "", f"({sql})", ""


def _joined(parts: list[str]) -> str:
    """In halves of halves: of a chain from left to right, each link would copy all that came before."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_joined(parts[:half])} || {_joined(parts[half:])})"


def _nullable(of_type: GraphQLOutputType, sql: str) -> str:
    return missing_if_null(sql) if isinstance(of_type, GraphQLNonNull) else null_if_null(sql)


def _declared(field: GraphQLField) -> Field:
    strawberry_field = field.extensions.get("strawberry-definition")
    declared = (getattr(strawberry_field, "metadata", None) or {}).get(METADATA)
    if isinstance(declared, Field):
        return declared
    column = getattr(strawberry_field, "python_name", None)
    if column is None or getattr(strawberry_field, "base_resolver", None) is not None:
        raise Unplannable(f"{column} is worked out in Python")
    name: str = column
    return Computed(lambda row, _: getattr(row, name))


def _enum(sql: str, kind: GraphQLEnumType) -> str:
    """The name of an enum value, where that is not the value itself."""
    others = {value.value: name for name, value in kind.values.items() if value.value != name}
    if not others:
        return sql
    if all(name == str(value.value).upper().replace(".", "_") for name, value in kind.values.items()):
        return f"upper(replace({sql}, '.', '_'))"  # far cheaper than to compare with each of fifty
    cases = " ".join(f"when {literal(str(value))} then {literal(name)}" for value, name in others.items())
    return f"case {sql} {cases} else {sql} end"


def _named(of_type: GraphQLOutputType) -> Any:
    while isinstance(of_type, GraphQLNonNull | GraphQLList):
        of_type = of_type.of_type
    return None if is_leaf_type(of_type) else of_type
