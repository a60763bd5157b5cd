"""Questions: what plans are compiled from, be it a whole query or what one field of it asks of some rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from tortoise.fields import BigIntField
from tortoise.models import Model

from reads.compiler import Compiler
from reads.declarations import Arguments, Field
from reads.plan import Plan
from reads.rows import Path, Rights, Row, Statement
from reads.shapes import Run, Shape
from reads.written import Writers, null_if_null


@dataclass(frozen=True)
class Question:
    """What is asked, of which schema, with variables of which shape; by whom, and how values are written.

    `refused` are fields that were refused for this run's values, and are left out.
    """

    schema: GraphQLSchema
    document: DocumentNode
    shape: Shape
    rights: Rights
    writers: Writers
    refused: Mapping[Path, GraphQLError] = field(default_factory=dict)

    @property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        parts = self.document.definitions
        return {part.name.value: part for part in parts if isinstance(part, FragmentDefinitionNode)}

    def compile(self, operation: OperationDefinitionNode, *, is_lenient: bool = False) -> Plan:
        """The plan of a query for requests of this shape. Raises Unplannable, and GraphQLError for wrong arguments.

        A lenient one leaves out the fields that it can't say: `executing` finds them.
        """
        kind = self.schema.query_type
        assert kind is not None
        compiler = Compiler(self, (), is_lenient=is_lenient)
        root = Row(compiler.statement, "nothing")
        text = compiler.object(compiler.selections.of([operation.selection_set], kind), kind, root)
        return compiler.plan(f"select {text} as data{_joined(root)}")

    def compile_rows(
        self, nodes: list[FieldNode], kind: GraphQLObjectType, model: type[Model], path: Path, *, is_lenient: bool
    ) -> Plan:
        """The plan of what a field at a path asks of rows of a table: those whose keys are `run.more`.

        It answers a row for each: its `key`, and its object as `data`, in bytes.
        """
        compiler = Compiler(self, path, is_lenient=is_lenient)
        row = Row(compiler.statement, compiler.statement.name("r"), model)
        text = compiler.object(compiler.selections.below(nodes, kind), kind, row)
        keys = row.bind(_more, keys_of(model))
        found = f"{row.rows_of(model)} {row} {' '.join(row.joins)} where {row.key} = any({keys})"
        return compiler.plan(f"select {row.key}::text as key, textsend({text}) as data from {found}")

    def compile_field(
        self,
        nodes: list[FieldNode],
        of_type: GraphQLOutputType,
        declared: Field,
        given: Arguments,
        path: Path,
        *,
        is_lenient: bool,
    ) -> Plan:
        """The plan of one field that is read as declared, with these arguments: one such row, with an empty key."""
        compiler = Compiler(self, path, is_lenient=is_lenient)
        root = Row(compiler.statement, "nothing")
        text = null_if_null(compiler.text(declared, of_type, nodes, root, given))
        return compiler.plan(f"select '' as key, textsend({text}) as data{_joined(root)}")


def rows_by_key(model: type[Model], rights: Rights, run: Run, keys: Sequence[Any]) -> tuple[str, list[Any]]:
    """The statement, with its values, for the rows of a table with these keys, as far as they exist for who asks."""
    statement = Statement(rights)
    row = Row(statement, statement.name("r"), model)
    found = f"select * from {statement.rows_of(model)} {row} where {row.key} = any({row.bind(_more, keys_of(model))})"
    run = replace(run, more=keys)
    return found, [value.get(run) for value in statement.values]


def keys_of(model: type[Model]) -> str:
    """The SQL type of some keys of a table."""
    return "bigint[]" if isinstance(model._meta.pk, BigIntField) else "uuid[]"


def _joined(root: Row) -> str:
    return f" from (select) {root} {' '.join(root.joins)}" if root.joins else ""


def _more(run: Run) -> Any:
    return run.more
