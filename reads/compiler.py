"""The compiler: an operation becomes one statement, whose one value is the text of its answer.

Every object is a concatenation of texts, every list a `string_agg`, every reference a join. Where null comes up that
may not be, `written.MISSING` stands in the text: such an answer is thrown away and asked for field by field, which
finds the error and its path.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    Undefined,
    is_abstract_type,
    is_leaf_type,
)

from reads import pages
from reads.declarations import (
    METADATA,
    AnyOf,
    Arguments,
    Computed,
    Connected,
    Derived,
    Field,
    Finishing,
    Many,
    One,
    SameRow,
)
from reads.plan import Finished, Plan
from reads.rows import Path, Row, Statement, TooLarge
from reads.selections import Selections
from reads.shapes import ABSENT, Unplannable, argument, given_to
from reads.written import STANDARD, Sql, literal, missing_if_null, name_of, null_if_null, put_together

if TYPE_CHECKING:
    from reads.questions import Question

ROW = "$row"
"""Where a lenient plan says which row an object is of; no response key begins like this."""
KIND = "$kind"
"""Where it says of which type an object is that could be of several."""


class Compiler:
    def __init__(self, question: "Question", path: Path, *, is_lenient: bool) -> None:
        self.selections = Selections(question.schema, question.fragments, question.shape.tree)
        self.statement = Statement(question.rights)
        self.statement.path = path
        self._question = question
        self._start = len(path)
        self._writers = {**STANDARD, **question.writers}
        self._is_lenient = is_lenient
        self._finished: list[Finished] = []
        self._refused: dict[Path, GraphQLError] = {}

    def plan(self, sql: str) -> Plan:
        return Plan(
            sql, self.statement.values, self.statement.uses, self.statement.checks, self._finished, self._refused
        )

    @contextmanager
    def at(self, kind: GraphQLObjectType, key: str) -> Iterator[Path]:
        """Write the field of an object with this response key."""
        before = self.statement.path
        self.statement.path = (*before, f"{kind.name}.{key}")
        try:
            yield self.statement.path
        finally:
            self.statement.path = before

    def object(
        self,
        fields: Mapping[str, list[FieldNode]],
        kind: GraphQLObjectType,
        row: Row,
        *,
        of_several: bool = False,
    ) -> str:
        """The text of an object; a lenient one says which type it is of where it could be `of_several`."""
        parts: dict[str, str] = {}
        if of_several and self._is_lenient:
            parts[KIND] = literal(f'"{kind.name}"')
        left_out = False
        for key, nodes in fields.items():
            before, finished = row.remembered(), len(self._finished)
            with self.at(kind, key) as path:
                try:
                    if path in self._question.refused:
                        raise self._question.refused[path]
                    parts[key] = self.field(nodes, kind, row)
                    continue
                except GraphQLError as error:
                    if not self._is_lenient or isinstance(error, TooLarge):
                        raise
                    self._refused[path] = error
                except Unplannable:
                    if not self._is_lenient or not (row.model or kind is self.selections.schema.query_type):
                        raise
            row.back_to(before)
            del self._finished[finished:]
            left_out = True
        if left_out and row.model is not None:
            parts[ROW] = f"to_json({row.key})::text"
        return self.object_of(parts)

    def object_of(self, parts: Mapping[str, str]) -> str:
        """The text of an object whose fields' texts are known."""
        texts: list[str] = []
        for n, (key, sql) in enumerate(parts.items()):
            texts += [f'{"," if n else "{"}"{key}":', Sql(sql)]
        return put_together([*texts, "}"] if texts else ["{}"])

    def field(self, nodes: list[FieldNode], kind: GraphQLObjectType, row: Row) -> str:
        """The text of one field of an object."""
        name = nodes[0].name.value
        if name == "__typename":
            return literal(f'"{kind.name}"')
        field = kind.fields.get(name)
        if field is None:
            raise Unplannable(f"{name} is not a field of {kind.name}")
        declared = _declared(field)
        arguments = self._arguments(nodes[0], field)
        return _nullable(field.type, self.text(declared, field.type, nodes, row, arguments))

    def text(
        self, declared: Field, of_type: GraphQLOutputType, nodes: list[FieldNode], row: Row, given: Arguments
    ) -> str:
        """The text of a field that is read as declared; null where there is nothing."""
        inner = _named(of_type)
        match declared:
            case Computed(sql):
                return self.leaf(sql(row, given), of_type)
            case Finishing(sql, finish):
                self._finished.append(Finished(len(self._finished), self.statement.path[self._start :], finish))
                return f"'[{len(self._finished) - 1},' || {sql(row, given)} || ']'"
            case AnyOf() if is_abstract_type(inner):
                return self._any_of(declared, of_type, nodes, row, given)
            case SameRow(present, check) if isinstance(inner, GraphQLObjectType):
                if check is not None:
                    before = row.remembered()
                    check(row, given)
                    bound = self.statement.uses[before[0][2] :]
                    row.back_to(before)
                    self.statement.checks += bound
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

    def _any_of(
        self, declared: AnyOf, of_type: GraphQLOutputType, nodes: list[FieldNode], row: Row, given: Arguments
    ) -> str:
        asked = Row(row.statement, row.statement.name("r"))
        texts = []
        for name, model in sorted(declared.models().items()):
            kind: Any = self.selections.schema.type_map[name]
            other = Row(row.statement, row.statement.name("r"), model)
            text = self.object(self.selections.below(nodes, kind), kind, other, of_several=True)
            found = f"{row.rows_of(model)} {other} {' '.join(other.joins)} where {declared.where(asked, other)}"
            texts.append(f"(select {text} from {found})")
        source = f"{declared.source(row, given)} {asked}"
        if not _is_list(of_type):
            return f"(select coalesce({', '.join(texts)}) from {source})"
        each = f"string_agg(coalesce({', '.join(texts)}, 'null'), ',' order by {declared.order(asked)})"
        return f"(select '[' || coalesce({each}, '') || ']' from {source})"

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
            item = null_if_null(self.leaf("item", inner.of_type))
            items = f"(select '[' || coalesce(string_agg({item}, ','), '') || ']' from unnest({sql}) as item)"
            return f"case when {sql} is not null then {items} end"
        if isinstance(inner, GraphQLEnumType):
            return f"'\"' || {name_of(sql, inner)} || '\"'"
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
                values[name] = given_to(self.statement.path, value)
        return values


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


def _is_list(of_type: GraphQLOutputType) -> bool:
    return isinstance(of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type, GraphQLList)


def _named(of_type: GraphQLOutputType) -> Any:
    while isinstance(of_type, GraphQLNonNull | GraphQLList):
        of_type = of_type.of_type
    return None if is_leaf_type(of_type) else of_type
