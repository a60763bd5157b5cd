"""How long the lists are that a document asks for: what `first`, `last` and `ids` say, and the usual page otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
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
    weights: Mapping[str, int] = field(default_factory=dict)
    """What fields that are no lists cost by themselves."""

    def rows(self, node: FieldNode) -> int | None:
        """The rows that one such field may answer; None where it is no list, or not one that is known to be."""
        sizes = [self._size(argument) for argument in node.arguments or () if argument.name.value in _SIZING]
        if sizes and node.name.value in self.usual_below:
            return -(-max(sizes) // self.usual)  # the lists below are so many times the usual page
        if sizes:
            return max(sizes)
        return self.usual if node.name.value in self.paged else None

    def sized_by(self, node: FieldNode) -> str | None:
        """What says how long the page is: an argument's name, or that these are several pages of the lists below."""
        sizing = [argument for argument in node.arguments or () if argument.name.value in _SIZING]
        if sizing and node.name.value in self.usual_below:
            return f"pages of {self.usual}"
        return max(sizing, key=self._size).name.value if sizing else None

    def _size(self, argument: ArgumentNode) -> int:
        value = argument.value
        if not isinstance(value, VariableNode):
            size = _literal_size(value)
        elif (name := value.name.value) in self.variables:
            size = size_of(self.variables[name])
        else:
            size = self.defaults.get(name)
        if size is not None:
            return size
        return self.usual if argument.name.value in _PAGE_SIZES else 1


def greatest_defaults(operations: Iterable[OperationDefinitionNode]) -> dict[str, int]:
    """The page sizes that variables have when they aren't sent, the greatest of all operations."""
    defaults: dict[str, int] = {}
    for operation in operations:
        for definition in operation.variable_definitions or ():
            name, size = definition.variable.name.value, _literal_size(definition.default_value)
            if size is not None:
                defaults[name] = max(size, defaults.get(name, 1))
    return defaults


def sizing_variables(document: DocumentNode) -> set[str]:
    """The variables that a document gives to `first`, `last` or `ids`, at any depth."""
    found: set[str] = set()
    unseen: list[SelectionSetNode] = [
        node.selection_set
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while unseen:
        for node in unseen.pop().selections:
            if isinstance(node, FieldNode):
                found |= {
                    argument.value.name.value
                    for argument in node.arguments or ()
                    if argument.name.value in _SIZING and isinstance(argument.value, VariableNode)
                }
            if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                unseen.append(node.selection_set)
    return found


def size_of(value: object) -> int | None:
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
        return size_of(int(value.value)) if len(value.value) <= _LONGEST_INTEGER else MOST_COUNTED
    return size_of(list(value.values)) if isinstance(value, ListValueNode) else None
