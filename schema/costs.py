"""What an operation costs, list by list: for the sentence that refuses it, and for a client that asks (`explainCost`).

Each fragment is looked at once and shared wherever it is spread, so that doubled fragments take no longer than others.
Only what is refused or asked for is looked at this way; `schema.limits` weighs the rest with less.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any, Final, NamedTuple

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode

from schema.pages import MOST_COUNTED, Pages

MOST_ENTRIES: Final = 200

_COSTLIEST: Final = 3
_LONGEST_PATH: Final = 6  # lists that a sentence names on one path
_LONGEST_NAME: Final = 40  # characters; a name in a document may have tens of thousands


class Path(NamedTuple):
    """The lists on the way down to one of them, and the product of their pages."""

    rows: int
    step: str
    below: "Path | None" = None


@dataclass(slots=True)
class Share:
    """What a selection costs for each object that it is asked of: its lists, and the fragments that have some."""

    cost: int = 0
    parts: list["Listed | Share"] = field(default_factory=list)
    costliest: list[Path] = field(default_factory=list)

    def add(self, part: "Listed | Share", cost: int, paths: Iterable[Path]) -> None:
        if cost:
            self.cost = min(self.cost + cost, MOST_COUNTED)
            self.parts.append(part)
            known = {id(path) for path in self.costliest}  # a fragment that is spread twice brings the same path twice
            both = [*self.costliest, *(path for path in paths if id(path) not in known)]
            self.costliest = nlargest(_COSTLIEST, both, key=lambda path: path.rows)


class Listed(NamedTuple):
    """A list, by the name that its field has in the answer; `inside` is what each of its rows costs.

    Or one object that costs `weight` rows by itself.
    """

    name: str
    rows: int
    inside: Share
    weight: int = 1

    @property
    def own(self) -> int:
        return min(self.rows * self.weight, MOST_COUNTED)

    @property
    def cost(self) -> int:
        return min(self.own + self.rows * self.inside.cost, MOST_COUNTED)


def share(selections: SelectionSetNode | None, fragments: Mapping[str, Share], pages: Pages) -> Share:
    """What a selection costs, `fragments` being what it spreads.

    Recurses into fields, not into fragments: no deeper than the parser did.
    """
    found = Share()
    for node in selections.selections if selections else ():
        if isinstance(node, FragmentSpreadNode):
            inside = fragments.get(node.name.value, _NOTHING)
        else:
            inside = share(getattr(node, "selection_set", None), fragments, pages)
        listed = _listed(node, inside, pages) if isinstance(node, FieldNode) else None
        if isinstance(node, FieldNode) and listed:
            found.add(listed, listed.cost, _paths(listed, pages.sized_by(node)))
        else:
            found.add(inside, inside.cost, inside.costliest)
    return found


def shares(innermost_first: Iterable[FragmentDefinitionNode], pages: Pages) -> dict[str, Share]:
    """What each fragment costs."""
    found: dict[str, Share] = {}
    for fragment in innermost_first:
        found[fragment.name.value] = share(fragment.selection_set, found, pages)
    return found


def in_words(paths: Sequence[Path]) -> str:
    """The costliest paths as a client reads them: "leads(first: 100) x steps(25) = 2,500; ..."."""
    return "; ".join(f"{_steps(path)} = {path.rows:,}{_OR_MORE * (path.rows == MOST_COUNTED)}" for path in paths)


def tree(whole: Share) -> list[dict[str, Any]]:
    """Every list, and whatever weighs by itself, in the document's order.

    Each with its `rows`, what it may `cost` with all below it, and its `parts`. It ends after MOST_ENTRIES; each cost
    counts what is left out too.
    """
    roots: list[dict[str, Any]] = []
    unseen: list[tuple[Listed | Share, int, list[dict[str, Any]]]] = [(whole, 1, roots)]
    entries = 0
    while unseen and entries < MOST_ENTRIES:
        part, times, beside = unseen.pop()
        if isinstance(part, Share):
            unseen += [(inner, times, beside) for inner in reversed(part.parts)]
            continue
        parts: list[dict[str, Any]] = []
        cost = min(times * part.cost, MOST_COUNTED)
        beside.append({"field": part.name, "rows": part.own, "cost": cost, "parts": parts})
        entries += 1
        unseen.append((part.inside, min(times * part.rows, MOST_COUNTED), parts))
    return roots


_NOTHING: Final = Share()
_OR_MORE: Final = " or more"


def _listed(node: FieldNode, inside: Share, pages: Pages) -> Listed | None:
    if rows := pages.rows(node):
        return Listed(_name(node), rows, inside)
    weight = pages.weights.get(node.name.value)
    return Listed(_name(node), 1, inside, weight) if weight else None


def _name(field: FieldNode) -> str:
    names = [field.alias, field.name] if field.alias else [field.name]
    return ": ".join(name.value[:_LONGEST_NAME] for name in names)


def _paths(listed: Listed, sized_by: str | None) -> Iterable[Path]:
    """The paths to a list and to the costliest below it, each beginning at the list."""
    named = "weight" if listed.weight > 1 else sized_by
    step = f"{listed.name}({named}: {listed.own})" if named else f"{listed.name}({listed.own})"
    yield Path(listed.own, step)
    if listed.weight > 1:  # what is below is not multiplied by it
        yield from listed.inside.costliest
        return
    for path in listed.inside.costliest:
        yield Path(min(listed.rows * path.rows, MOST_COUNTED), step, path)


def _steps(path: Path) -> str:
    steps: list[str] = []
    below: Path | None = path
    while below and len(steps) < _LONGEST_PATH:
        steps.append(below.step)
        below = below.below
    return " x ".join([*steps, "..."] if below else steps)
