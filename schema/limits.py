"""How much one GraphQL document may ask for, weighed before it is validated, planned or run.

Each fragment is weighed once, after those that it spreads, and its weight is added wherever it is spread. So the time
is linear in the length of the document, even where each of forty fragments spreads the next one twice: a limiter that
walks into every spread takes minutes for a kilobyte of that. Weighing doesn't recurse.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final, NamedTuple

from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from schema import costs
from schema.exceeded import LimitExceeded, Part
from schema.pages import MOST_COUNTED, Pages, greatest_defaults

_INTROSPECTION: Final = frozenset({"__schema", "__type"})
_LONGEST_NAME: Final = 60  # characters; a name in a document may have tens of thousands


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one operation may ask for; what a fragment holds counts wherever the fragment is spread.

    `paged` names the fields that answer a page of `page` rows even where no `first` or `last` is given; `weighty` those
    that read far more than they answer, and cost `weight` rows each besides what is below them.
    """

    depth: int = 15
    introspection_depth: int = 15  # exactly what GraphiQL's own query needs, from __schema down to the last ofType
    fields: int = 2_000
    aliases: int = 50
    directives: int = 50
    directives_in_one_place: int = 4
    cost: int = 20_000  # rows
    comparisons: int = 10_000  # validation compares fields of one name, and fragments, each with each other
    tokens: int = 3_000  # for `parse(max_tokens=)`, which comes before this module
    page: int = 25
    paged: frozenset[str] = frozenset()
    usual_below: frozenset[str] = frozenset()
    weight: int = 5_000
    weighty: frozenset[str] = frozenset()


def check(
    document: DocumentNode, variables: Mapping[str, object] | None, limits: Limits, *, operation: str | None = None
) -> int | None:
    """What the operation costs in rows; None where `operation` names none, or is needed and isn't given.

    Raises LimitExceeded if any operation or fragment of the parsed document is beyond `limits`. `variables` are as the
    client sent them, not yet coerced; what is malformed here is left to validation.

    The cost is how many rows the operation may return: for each field with a page, the product of the page sizes along
    its path; and for each weighty field its weight, as often as it may be answered. A page is as long as `first` or
    `last` says (a literal, a variable, or the variable's greatest default in the document), or as the list given as
    `ids`; `limits.page` where they don't say.
    """
    definitions = _Definitions(document)
    pages = definitions.pages(variables, limits)
    weights: dict[str, _Weight] = {}
    names: list[str] = []
    weighed: list[tuple[ExecutableDefinitionNode, _Weight]] = []
    for fragment in definitions.innermost_first():
        weight = weights[fragment.name.value] = _weigh(fragment, weights, pages, names)
        weighed.append((fragment, weight))
    weighed += [(node, _weigh(node, weights, pages, names)) for node in definitions.operations]
    asked = definitions.named(operation)
    cost = next((weight.cost for node, weight in weighed if node is asked), None)
    for node, weight in weighed:
        for what, requested, limit in weight.against(limits, is_operation=isinstance(node, OperationDefinitionNode)):
            if requested > limit:
                costliest = _costliest(node, definitions, pages) if what is Part.COST else ""
                raise LimitExceeded(what, requested, limit, where=_where(node), cost=cost, costliest=costliest)
    if _pairs(len(names)) + _pairs(len(weights)) <= limits.comparisons:  # so are those of equal names: no need to count
        return cost
    comparisons = sum(map(_pairs, Counter(names).values())) + _pairs(len(weights))
    if comparisons > limits.comparisons:
        raise LimitExceeded(Part.COMPARISONS, comparisons, limits.comparisons, where="The document", cost=cost)
    return cost


def explain(
    document: DocumentNode, variables: Mapping[str, object] | None, limits: Limits, *, operation: str | None = None
) -> list[dict[str, Any]]:
    """What each list of the operation costs (`costs.tree`), of a document that `check` has let pass."""
    definitions = _Definitions(document)
    pages = definitions.pages(variables, limits)
    asked = definitions.named(operation)
    fragments = costs.shares(definitions.innermost_first(), pages)
    return costs.tree(costs.share(asked.selection_set, fragments, pages)) if asked else []


class _Definitions:
    """The operations and the fragments of a document."""

    def __init__(self, document: DocumentNode) -> None:
        self.operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        self.fragments: dict[str, list[FragmentDefinitionNode]] = {}  # validation refuses a name given twice, later
        for node in document.definitions:
            if isinstance(node, FragmentDefinitionNode):
                self.fragments.setdefault(node.name.value, []).append(node)

    def pages(self, variables: Mapping[str, object] | None, limits: Limits) -> Pages:
        weights = dict.fromkeys(limits.weighty, limits.weight)
        defaults = greatest_defaults(self.operations)
        return Pages(limits.page, limits.paged, variables or {}, defaults, limits.usual_below, weights)

    def named(self, operation: str | None) -> OperationDefinitionNode | None:
        """The operation of this name, or the only one."""
        if operation:
            return next((node for node in self.operations if node.name and node.name.value == operation), None)
        return self.operations[0] if len(self.operations) == 1 else None

    def innermost_first(self) -> Iterator[FragmentDefinitionNode]:
        """The fragments, each after those that it spreads. Raises LimitExceeded for a circle."""
        for name in _innermost_first(self.fragments):
            yield from self.fragments.get(name, ())


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

    def add_field(self, field: FieldNode, place: _Place, pages: Pages) -> _Place:
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
        own = times if rows else place.times * pages.weights.get(field.name.value, 0)
        self.cost = min(self.cost + own, MOST_COUNTED)
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

    def against(self, limits: Limits, *, is_operation: bool) -> Iterator[tuple[Part, int, int]]:
        """What is weighed beside what is allowed, in the order in which it is judged."""
        yield Part.FIELDS, self.fields, limits.fields
        yield Part.ALIASES, self.aliases, limits.aliases
        yield Part.DIRECTIVES, self.directives, limits.directives
        yield Part.DIRECTIVES_IN_ONE_PLACE, self.directives_in_one_place, limits.directives_in_one_place
        yield Part.COST, self.cost, limits.cost
        if is_operation:  # a fragment doesn't say whether it will lie below `__schema`, where another limit holds
            yield Part.DEPTH, self.depth, limits.depth
            yield Part.INTROSPECTION_DEPTH, self.introspection_depth, limits.introspection_depth


def _innermost_first(fragments: Mapping[str, Iterable[FragmentDefinitionNode]]) -> list[str]:
    graph = {name: [spread for node in nodes for spread in _spreads(node)] for name, nodes in fragments.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle: list[str] = error.args[1]
        raise LimitExceeded(Part.CIRCLE, len(circle) - 1, 0, where=_in_quotes("Fragment", circle[0])) from None


def _spreads(fragment: FragmentDefinitionNode) -> Iterator[str]:
    """The names of the fragments that one spreads, at any depth."""
    unseen: list[SelectionSetNode] = [fragment.selection_set]
    while unseen:
        for node in unseen.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                yield node.name.value
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                unseen.append(node.selection_set)


def _weigh(
    definition: ExecutableDefinitionNode, fragments: Mapping[str, _Weight], pages: Pages, names: list[str]
) -> _Weight:
    """The weight; the names that fields have in the answer are added to `names`."""
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
                names.append((node.alias or node.name).value)
                inside = weight.add_field(node, place, pages)
                if node.selection_set:
                    unseen.append((node.selection_set, inside))
            elif isinstance(node, InlineFragmentNode):
                unseen.append((node.selection_set, place))
            elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
                weight.add_fragment(fragments[node.name.value], place)
    return weight


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _costliest(node: ExecutableDefinitionNode, definitions: _Definitions, pages: Pages) -> str:
    fragments = costs.shares(definitions.innermost_first(), pages)
    return costs.in_words(costs.share(node.selection_set, fragments, pages).costliest)


def _where(node: ExecutableDefinitionNode) -> str:
    if node.name is None:
        return "The operation"
    return _in_quotes("Operation" if isinstance(node, OperationDefinitionNode) else "Fragment", node.name.value)


def _in_quotes(kind: str, name: str) -> str:
    return f'{kind} "{name[:_LONGEST_NAME]}"'
