"""Selections: which fields an operation asks of an object, in which order (GraphQL, 6.3.2, CollectFields)."""

from collections.abc import Iterable, Mapping

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    is_abstract_type,
)

from reads.shapes import Tree, argument

Fragments = Mapping[str, FragmentDefinitionNode]


class Selections:
    """Collects the fields of selection sets; the variables of @skip and @include are part of a request's shape."""

    def __init__(self, schema: GraphQLSchema, fragments: Fragments, variables: Mapping[str, Tree]) -> None:
        self.schema = schema
        self.variables = variables
        self._fragments = fragments

    def of(self, sets: Iterable[SelectionSetNode | None], kind: GraphQLObjectType) -> dict[str, list[FieldNode]]:
        """The fields by response key, in the order of the answer."""
        found: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for selections in sets:
            if selections is not None:
                self._collect(selections, kind, found, spread)
        return found

    def below(self, fields: list[FieldNode], kind: GraphQLObjectType) -> dict[str, list[FieldNode]]:
        return self.of((field.selection_set for field in fields), kind)

    def _collect(
        self, selections: SelectionSetNode, kind: GraphQLObjectType, found: dict[str, list[FieldNode]], spread: set[str]
    ) -> None:
        for node in selections.selections:
            if not self._is_wanted(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else None
                if self._applies(condition, kind):
                    self._collect(node.selection_set, kind, found, spread)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, kind):
                    self._collect(fragment.selection_set, kind, found, spread)

    def _applies(self, condition: str | None, kind: GraphQLObjectType) -> bool:
        if condition is None or condition == kind.name:
            return True
        wanted = self.schema.type_map[condition]
        return is_abstract_type(wanted) and self.schema.is_sub_type(_abstract(wanted), kind)

    def _is_wanted(self, directives: Iterable[DirectiveNode]) -> bool:
        for directive in directives:
            definition = self.schema.get_directive(directive.name.value)
            if directive.name.value in ("skip", "include") and definition is not None:
                [given] = directive.arguments or ()
                holds = argument(given.value, definition.args["if"].type, self.variables, None)
                if holds is (directive.name.value == "skip"):
                    return False
        return True


def _abstract(kind: object) -> GraphQLAbstractType:
    return kind  # type: ignore[return-value]
