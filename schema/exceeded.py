"""What is limited in a document, and what a client is told who asks for more."""

from enum import StrEnum
from typing import Final


class Part(StrEnum):
    """What is limited."""

    DEPTH = "depth"
    INTROSPECTION_DEPTH = "introspection depth"
    FIELDS = "fields"
    ALIASES = "aliases"
    DIRECTIVES = "directives"
    DIRECTIVES_IN_ONE_PLACE = "directives in one place"
    COST = "cost"
    COMPARISONS = "comparisons"
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
    "The costliest: {costliest}. Ask for smaller pages with first or last, or nest fewer lists.",
    Part.COMPARISONS: "has {requested:,} pairs of fields with one name, or of fragments, to compare; {limit:,} are "
    "allowed. Write each field once, or divide it into several documents.",
    Part.CIRCLE: "spreads itself, in a circle of {requested:,}. Remove one of the spreads.",
}


class LimitExceeded(Exception):
    """A document asks for too much: `requested` of `what`, where `limit` is the most. The text says what to do.

    `requested` is at most MOST_COUNTED. For a circle of fragments it is the length of the circle, and the limit 0.
    `cost` is that of the operation that was asked for, whatever it is refused for; None where that isn't known.
    """

    def __init__(
        self, what: Part, requested: int, limit: int, *, where: str, cost: int | None = None, costliest: str = ""
    ) -> None:
        sentence = _SENTENCES[what].format(requested=requested, limit=limit, costliest=costliest)
        super().__init__(f"{where} {sentence}")
        self.what = what
        self.requested = requested
        self.limit = limit
        self.cost = cost
