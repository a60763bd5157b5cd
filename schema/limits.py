"""How much one GraphQL document may ask for, weighed before it is validated, planned or run.

Each fragment is weighed once, after those that it spreads, and its weight is added wherever it is spread. So the time
is linear in the length of the document, even where each of forty fragments spreads the next one twice: a limiter that
walks into every spread takes minutes for a kilobyte of that. Nothing here recurses.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import Final, NamedTuple

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

MOST_COUNTED: Final = 10**12  # counting stops here, so that doubled doublings stay small numbers

_INTROSPECTION: Final = frozenset({"__schema", "__type"})
_PAGE_SIZES: Final = frozenset({"first", "last"})
_SIZING: Final = _PAGE_SIZES | {"ids"}
_LONGEST_INTEGER: Final = 12  # digits; beyond it the number is MOST_COUNTED or more


class Part(StrEnum):
    """What is limited."""

    DEPTH = "depth"
    INTROSPECTION_DEPTH = "introspection depth"
    FIELDS = "fields"
    ALIASES = "aliases"
    DIRECTIVES = "directives"
    DIRECTIVES_IN_ONE_PLACE = "directives in one place"
    COST = "cost"
    CIRCLE = "circle"


_SENTENCES: Final = {
    Part.DEPTH: "is {requested:,} fields deep; {limit:,} are allowed. Ask for what lies deeper in another operation.",
    Part.INTROSPECTION_DEPTH: "is {requested:,} fields deep from __schema or __type on; {limit:,} are allowed. "
    "Ask for fewer levels of ofType.",
    Part.FIELDS: "has {requested:,} fields, with its fragments spread out; {limit:,} are allowed. "
    "Leave fields out, or divide it into several operations.",
    Part.ALIASES: "has {requested:,} aliases, with its fragments spread out; {limit:,} are allowed. "
    "Ask for many objects through one list, such as nodes(ids:).",
    Part.DIRECTIVES: "has {requested:,} directives, with its fragments spread out; {limit:,} are allowed. "
    "Put @include or @skip on a fragment, not on each of its fields.",
    Part.DIRECTIVES_IN_ONE_PLACE: "has {requested:,} directives in one place; {limit:,} are allowed. "
    "Remove those that say the same.",
    Part.COST: "may return {requested:,} rows (the page sizes along each path, multiplied); {limit:,} are allowed. "
    "Ask for smaller pages with first or last, or nest fewer lists.",
    Part.CIRCLE: "spreads itself, in a circle of {requested:,}. Remove one of the spreads.",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one operation may ask for; what a fragment holds counts wherever the fragment is spread.

    `paged` names the fields that answer a page of `page` rows even where no `first` or `last` is given.
    """

    depth: int = 15
    introspection_depth: int = 15  # exactly what GraphiQL's own query needs, from __schema down to the last ofType
    fields: int = 2_000
    aliases: int = 50
    directives: int = 50
    directives_in_one_place: int = 4
    cost: int = 20_000  # rows
    tokens: int = 5_000  # for `parse(max_tokens=)`, which comes before this module
    page: int = 25
    paged: frozenset[str] = frozenset()


class LimitExceeded(Exception):
    """A document asks for too much: `requested` of `what`, where `limit` is the most. The text says what to do.

    `requested` is at most MOST_COUNTED. For a circle of fragments it is the length of the circle, and the limit 0.
    """

    def __init__(self, what: Part, requested: int, limit: int, *, where: str) -> None:
        super().__init__(f"{where} {_SENTENCES[what].format(requested=requested, limit=limit)}")
        self.what = what
        self.requested = requested
        self.limit = limit


def check(document: DocumentNode, variables: Mapping[str, object] | None, limits: Limits) -> None:
    """Raise LimitExceeded if an operation or a fragment of a parsed document is beyond `limits`.

    `variables` are as the client sent them, not yet coerced; what is malformed here is left to validation.

    The cost is how many rows the operation may return: for each field with a page, the product of the page sizes along
    its path. A page is as long as `first` or `last` says (a literal, a variable, or the variable's greatest default in
    the document), or as the list given as `ids`; `limits.page` where they don't say.
    """
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments: dict[str, list[FragmentDefinitionNode]] = {}  # a name given twice is refused later, by validation
    for node in document.definitions:
        if isinstance(node, FragmentDefinitionNode):
            fragments.setdefault(node.name.value, []).append(node)
    pages = _Pages(limits, variables or {}, _greatest_defaults(operations))
    weights: dict[str, _Weight] = {}
    for name in _innermost_first(fragments):
        for fragment in fragments.get(name, ()):
            weights[name] = _weigh(fragment, weights, pages)
            _refuse_size(weights[name], limits, where=f'Fragment "{name}"')
    for operation in operations:
        where = f'Operation "{operation.name.value}"' if operation.name else "The operation"
        weight = _weigh(operation, weights, pages)
        _refuse_size(weight, limits, where=where)
        _refuse_depth(weight, limits, where=where)


class _Place(NamedTuple):
    """A point on the way down: how many fields lead there, how many from `__schema` on, the product of their pages."""

    depth: int = 0
    introspection_depth: int = 0
    times: int = 1


@dataclass(slots=True)
class _Weight:
    """What one operation or fragment asks for; each number stops at MOST_COUNTED.

    `height` is the longest path, of which `depth` ends at `__schema` and `introspection_depth` begins there. The most
    directives in one place are its own: each fragment is judged by itself too.
    """

    height: int = 0
    depth: int = 0
    introspection_depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    directives_in_one_place: int = 0
    cost: int = 0

    def add_directives(self, directives: Iterable[DirectiveNode] | None) -> None:
        here = len(tuple(directives or ()))
        self.directives += here
        self.directives_in_one_place = max(self.directives_in_one_place, here)

    def add_field(self, field: FieldNode, place: _Place, pages: "_Pages") -> _Place:
        """Count the field, and say where its own selections are."""
        rows = pages.rows(field)
        times = min(place.times * (rows or 1), MOST_COUNTED)
        if place.introspection_depth or field.name.value in _INTROSPECTION:
            inside = _Place(place.depth, place.introspection_depth + 1, times)
        else:
            inside = _Place(place.depth + 1, 0, times)
        self.height = max(self.height, inside.depth + inside.introspection_depth)
        self.depth = max(self.depth, inside.depth)
        self.introspection_depth = max(self.introspection_depth, inside.introspection_depth)
        self.fields += 1
        self.aliases += field.alias is not None
        self.cost = min(self.cost + (times if rows else 0), MOST_COUNTED)
        return inside

    def add_fragment(self, fragment: "_Weight", place: _Place) -> None:
        self.height = max(self.height, place.depth + place.introspection_depth + fragment.height)
        if place.introspection_depth:
            self.introspection_depth = max(self.introspection_depth, place.introspection_depth + fragment.height)
        else:
            self.depth = max(self.depth, place.depth + fragment.depth)
            self.introspection_depth = max(self.introspection_depth, fragment.introspection_depth)
        self.fields = min(self.fields + fragment.fields, MOST_COUNTED)
        self.aliases = min(self.aliases + fragment.aliases, MOST_COUNTED)
        self.directives = min(self.directives + fragment.directives, MOST_COUNTED)
        self.cost = min(self.cost + place.times * fragment.cost, MOST_COUNTED)


@dataclass(frozen=True, slots=True)
class _Pages:
    """How long the pages are."""

    limits: Limits
    variables: Mapping[str, object]
    defaults: Mapping[str, int]

    def rows(self, field: FieldNode) -> int | None:
        """The rows that one such field may answer; None where it is no list, or not one that is known to be."""
        sizes = [self._size(argument) for argument in field.arguments or () if argument.name.value in _SIZING]
        if sizes:
            return max(sizes)
        return self.limits.page if field.name.value in self.limits.paged else None

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
        return self.limits.page if argument.name.value in _PAGE_SIZES else 1


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


def _greatest_defaults(operations: Iterable[OperationDefinitionNode]) -> dict[str, int]:
    defaults: dict[str, int] = {}
    for operation in operations:
        for definition in operation.variable_definitions or ():
            name, size = definition.variable.name.value, _literal_size(definition.default_value)
            if size is not None:
                defaults[name] = max(size, defaults.get(name, 1))
    return defaults


def _innermost_first(fragments: Mapping[str, Iterable[FragmentDefinitionNode]]) -> list[str]:
    graph = {name: [spread for node in nodes for spread in _spreads(node)] for name, nodes in fragments.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle: list[str] = error.args[1]
        raise LimitExceeded(Part.CIRCLE, len(circle) - 1, 0, where=f'Fragment "{circle[0]}"') from None


def _spreads(fragment: FragmentDefinitionNode) -> Iterator[str]:
    """The names of the fragments that one spreads, at any depth."""
    unseen: list[SelectionSetNode] = [fragment.selection_set]
    while unseen:
        for node in unseen.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                yield node.name.value
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                unseen.append(node.selection_set)


def _weigh(definition: ExecutableDefinitionNode, fragments: Mapping[str, _Weight], pages: _Pages) -> _Weight:
    weight = _Weight()
    weight.add_directives(definition.directives)
    for variable in definition.variable_definitions or ():
        weight.add_directives(variable.directives)
    unseen = [(definition.selection_set, _Place())]
    while unseen:
        selections, place = unseen.pop()
        for node in selections.selections:
            weight.add_directives(node.directives)
            if isinstance(node, FieldNode):
                inside = weight.add_field(node, place, pages)
                if node.selection_set:
                    unseen.append((node.selection_set, inside))
            elif isinstance(node, InlineFragmentNode):
                unseen.append((node.selection_set, place))
            elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
                weight.add_fragment(fragments[node.name.value], place)
    return weight


def _refuse_size(weight: _Weight, limits: Limits, *, where: str) -> None:
    one_place = weight.directives_in_one_place
    _refuse_over(Part.FIELDS, weight.fields, limits.fields, where=where)
    _refuse_over(Part.ALIASES, weight.aliases, limits.aliases, where=where)
    _refuse_over(Part.DIRECTIVES, weight.directives, limits.directives, where=where)
    _refuse_over(Part.DIRECTIVES_IN_ONE_PLACE, one_place, limits.directives_in_one_place, where=where)
    _refuse_over(Part.COST, weight.cost, limits.cost, where=where)


def _refuse_depth(weight: _Weight, limits: Limits, *, where: str) -> None:
    """Of operations only: a fragment doesn't say whether it will lie below `__schema`, where another limit holds."""
    _refuse_over(Part.DEPTH, weight.depth, limits.depth, where=where)
    _refuse_over(Part.INTROSPECTION_DEPTH, weight.introspection_depth, limits.introspection_depth, where=where)


def _refuse_over(what: Part, requested: int, limit: int, *, where: str) -> None:
    if requested > limit:
        raise LimitExceeded(what, requested, limit, where=where)
