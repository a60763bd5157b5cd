"""Weights of documents made at random, against a plain walk into every spread."""

from math import prod

from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from schema.costs import MOST_ENTRIES
from schema.limits import Limits, explain
from tests.schema.weighing import assert_weighs

Selections = list[tuple[str, int, "Selections"] | int]  # a field: name, page (0 is none), selections; or a fragment


def selections(fragments: range) -> st.SearchStrategy[Selections]:
    """Selections that spread only fragments of `fragments`, so that no circle comes about."""
    spreads = st.sampled_from(fragments) if fragments else st.nothing()
    names = st.sampled_from(["a", "b", "__schema"])
    return st.recursive(
        st.lists(spreads | st.tuples(names, st.integers(0, 9), st.just([])), max_size=3),
        lambda inside: st.lists(spreads | st.tuples(names, st.integers(0, 9), inside), max_size=3),
        max_leaves=6,
    )


COUNT = 4
documents = st.tuples(*(selections(range(i + 1, COUNT)) for i in range(COUNT)))


def printed(chosen: Selections) -> str:
    parts = [
        f"...F{part}" if isinstance(part, int) else
        part[0] + (f"(first: {part[1]})" if part[1] else "") + (printed(part[2]) if part[2] else "")
        for part in chosen
    ]  # fmt: skip
    return "{ " + " ".join(parts) + " }"


def paths(chosen: Selections, fragments: tuple[Selections, ...]) -> list[list[tuple[str, int]]]:
    """The path to every field, with the fragments spread out."""
    found: list[list[tuple[str, int]]] = []
    for part in chosen:
        if isinstance(part, int):
            found += paths(fragments[part], fragments)
        else:
            name, page, inside = part
            found += [[(name, page)], *([(name, page), *path] for path in paths(inside, fragments))]
    return found


@given(documents)
def test_each_weight_is_that_of_the_document_with_its_fragments_spread_out(fragments: tuple[Selections, ...]) -> None:
    every = paths(fragments[0], fragments)
    names = [[name for name, _ in path] for path in every]
    below = [path.index("__schema") if "__schema" in path else len(path) for path in names]
    depth = max(below, default=0)
    introspection_depth = max((len(path) - i for path, i in zip(names, below, strict=True)), default=0)
    rows = sum(prod(page or 1 for _, page in path) for path in every if path[-1][1])
    text = printed(fragments[0])
    text += "".join(f" fragment F{i} on T {printed(fragments[i])}" for i in sorted(spread_by(fragments[0], fragments)))

    assert_weighs(text, len(every), of="fields")
    assert_weighs(text, depth, of="depth")
    assert_weighs(text, introspection_depth, of="introspection_depth")
    assert_weighs(text, rows, of="cost")
    assert sum(entry["cost"] for entry in explain(parse(text), None, Limits())) == rows or len(every) > MOST_ENTRIES


def spread_by(chosen: Selections, fragments: tuple[Selections, ...]) -> set[int]:
    found: set[int] = set()
    for part in chosen:
        inside = fragments[part] if isinstance(part, int) else part[2]
        found |= ({part} if isinstance(part, int) else set()) | spread_by(inside, fragments)
    return found
