"""How long the lists are that a document asks for: what `first`, `last` and `ids` say, and the usual page otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
)

MOST_COUNTED: Final = 10**12  # counting stops here, so that doubled doublings stay small numbers

_PAGE_SIZES: Final = frozenset({"first", "last"})
_SIZING: Final = _PAGE_SIZES | {"ids"}
_LONGEST_INTEGER: Final = 12  # digits; beyond it the number is MOST_COUNTED or more


@dataclass(frozen=True, slots=True)
class Pages:
    """How long the pages of one request are: `usual` rows for the fields in `paged`, and where it doesn't say."""

    usual: int
    paged: frozenset[str]
    variables: Mapping[str, object]
    defaults: Mapping[str, int]
    usual_below: frozenset[str] = frozenset()
    """The fields whose `first` is the usual page of the lists below them."""

    def rows(self, field: FieldNode) -> int | None:
        """The rows that one such field may answer; None where it is no list, or not one that is known to be."""
        sizes = [self._size(argument) for argument in field.arguments or () if argument.name.value in _SIZING]
        if sizes and field.name.value in self.usual_below:
            return -(-max(sizes) // self.usual)  # the lists below are so many times the usual page
        if sizes:
            return max(sizes)
        return self.usual if field.name.value in self.paged else None

    def sized_by(self, field: FieldNode) -> str | None:
        """The name of the argument that says how long the page is."""
        sizing = [argument for argument in field.arguments or () if argument.name.value in _SIZING]
        return max(sizing, key=self._size).name.value if sizing else None

    def _size(self, argument: ArgumentNode) -> int:
        value = argument.value
        if not isinstance(value, VariableNode):
            size = _literal_size(value)
        elif (name := value.name.value) in self.variables:
            size = _size(self.variables[name])
        else:
            size = self.defaults.get(name)
        if size is not None:
            return size
        return self.usual if argument.name.value in _PAGE_SIZES else 1


def is_sized_by_variables(document: DocumentNode) -> bool:
    """Whether a page of the document is as long as a variable says, so that its cost depends on the request."""
    definitions = (node for node in document.definitions if isinstance(node, ExecutableDefinitionNode))
    left = [definition.selection_set for definition in definitions]
    while left:
        for node in left.pop().selections:
            if isinstance(node, FieldNode) and any(map(_is_sizing_variable, node.arguments or ())):
                return True
            if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                left.append(node.selection_set)
    return False


def _is_sizing_variable(argument: ArgumentNode) -> bool:
    return argument.name.value in _SIZING and isinstance(argument.value, VariableNode)


def greatest_defaults(operations: Iterable[OperationDefinitionNode]) -> dict[str, int]:
    """The page sizes that variables have when they aren't sent, the greatest of all operations."""
    defaults: dict[str, int] = {}
    for operation in operations:
        for definition in operation.variable_definitions or ():
            name, size = definition.variable.name.value, _literal_size(definition.default_value)
            if size is not None:
                defaults[name] = max(size, defaults.get(name, 1))
    return defaults


def _size(value: object) -> int | None:
    """How many rows a variable's value asks for, 1 or more; None where it doesn't say."""
    if isinstance(value, list):
        return max(1, len(value))
    if isinstance(value, float) and value.is_integer():  # JSON may write 25 as 25.0, and GraphQL takes it
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(1, value), MOST_COUNTED)
    return None


def _literal_size(value: ValueNode | None) -> int | None:
    if isinstance(value, IntValueNode):
        return _size(int(value.value)) if len(value.value) <= _LONGEST_INTEGER else MOST_COUNTED
    return _size(list(value.values)) if isinstance(value, ListValueNode) else None
