"""Documents weighed against limits: those that pass, those that are refused, and how long it takes."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from time import process_time
from typing import Any

import pytest
from graphql import DocumentNode, parse

from schema.limits import MOST_COUNTED, LimitExceeded, Limits, Part, check
from tests.pace import unburdened

PARTS = {part.replace(" ", "_"): part for part in Part if part is not Part.CIRCLE}
UNLIMITED = Limits(
    depth=MOST_COUNTED,
    introspection_depth=MOST_COUNTED,
    fields=MOST_COUNTED,
    aliases=MOST_COUNTED,
    directives=MOST_COUNTED,
    directives_in_one_place=MOST_COUNTED,
    cost=MOST_COUNTED,
    comparisons=MOST_COUNTED,
)


def refusal(text: str, limits: Limits, variables: Mapping[str, object] | None = None) -> LimitExceeded:
    with pytest.raises(LimitExceeded) as caught:
        check(parse(text, max_tokens=limits.tokens), variables, limits)
    return caught.value


def passes(text: str, limits: Limits, variables: Mapping[str, object] | None = None) -> bool:
    check(parse(text, max_tokens=limits.tokens), variables, limits)
    return True


def cost(text: str, variables: Mapping[str, object] | None = None, *, paged: frozenset[str] = frozenset()) -> int:
    try:
        check(parse(text), variables, Limits(cost=0, paged=paged))
    except LimitExceeded as refused:
        return refused.requested
    return 0


def lowered(limits: Limits, name: str, limit: int) -> Limits:
    lower: dict[str, Any] = {name: limit}
    return replace(limits, **lower)


def assert_weighs(text: str, expected: int, *, of: str) -> None:
    """The document passes where so much is allowed, and is refused with that very number where one less is."""
    assert passes(text, lowered(UNLIMITED, of, expected))
    if expected:
        refused = refusal(text, lowered(UNLIMITED, of, expected - 1))
        assert (refused.what, refused.requested, refused.limit) == (PARTS[of], expected, expected - 1)


def nested(levels: int) -> str:
    return "{ a " * levels + "}" * levels


def doubled(levels: int, inside: str = "x") -> str:
    chain = "".join(f"fragment F{i} on T {{ ...F{i + 1} ...F{i + 1} }} " for i in range(levels))
    return f"{{ ...F0 }} {chain} fragment F{levels} on T {{ {inside} }}"


def seconds_of(document: DocumentNode, limits: Limits) -> float:
    """Seconds of this process's own time that weighing takes: the best of three, whatever else the machine does."""
    tries = []
    with unburdened():
        for _ in range(3):
            started = process_time()
            with suppress(LimitExceeded):
                check(document, None, limits)
            tries.append(process_time() - started)
    return min(tries)
