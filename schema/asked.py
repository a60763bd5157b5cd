"""What a request asks: an operation of a document, with its variables."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from graphql import DocumentNode, FieldNode, GraphQLSchema, OperationDefinitionNode, OperationType

from reads import Question, Shape, shape_of
from sales.viewers import Viewer
from schema.rights import Rights, kind_of
from schema.scalars import WRITERS

_INTROSPECTION: Final = frozenset({"__schema", "__type", "__typename"})


@dataclass(frozen=True, eq=False)
class Asked:
    """The operation of a request. `shape` raises GraphQLError for variables that their types don't take."""

    schema: GraphQLSchema
    text: str
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: dict[str, Any]
    sizes: Collection[str]
    """The variables that say how long a page is."""

    @property
    def name(self) -> str | None:
        return self.operation.name.value if self.operation.name else None

    @property
    def is_query(self) -> bool:
        return self.operation.operation == OperationType.QUERY

    @property
    def is_of_schema(self) -> bool:
        """Whether nothing is asked but introspection, without variables."""
        return not self.operation.variable_definitions and all(
            isinstance(field, FieldNode) and field.name.value in _INTROSPECTION
            for field in self.operation.selection_set.selections
        )

    @cached_property
    def shape(self) -> Shape:
        return shape_of(self.schema, self.operation, self.variables, self.sizes)

    @cached_property
    def key(self) -> Hashable:
        """What plans of this operation depend on, besides who asks."""
        return self.text, self.name, self.shape.key

    def question(self, by: Viewer) -> Question:
        return Question(self.schema, self.document, self.shape, Rights(kind_of(by)), WRITERS)
