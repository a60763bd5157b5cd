"""Documents: parsed, weighed and validated before anything runs, each once for a text."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
    validate,
)

from sales.memory import Memory
from schema import limits
from schema.exceeded import LimitExceeded
from schema.limits import Limits
from schema.mistakes import Code, Mistake
from schema.pages import MOST_COUNTED, size_of, sizing_variables
from schema.schema import graphql_schema
from services.api.questions import Question, WrongMethod

LONGEST: Final = 64_000
REMEMBERED: Final = 250_000
"""Characters of all documents that are kept read; each takes about a hundred bytes."""
MOST_ERRORS: Final = 20
MOST_WEIGHTS: Final = 50
_TOO_LONG: Final = (
    "A document has at most {tokens:,} words and signs. "
    "Write what is repeated as a fragment, or divide it into several."
)


class Cost(NamedTuple):
    """How many rows an operation may return at worst, and how many are allowed."""

    requested: int
    limit: int


class Ready(NamedTuple):
    """A document fit to run, the operation that is asked for, what it costs, and which variables say how much it is."""

    document: DocumentNode
    operation: OperationDefinitionNode
    cost: Cost
    sizes: tuple[str, ...]


class Invalid(Exception):
    """A document that can't be run, all that is wrong with it, and what it would have cost, where that is known."""

    def __init__(self, code: Code, errors: Sequence[GraphQLError], *, cost: Cost | None = None) -> None:
        super().__init__(errors[0].message)
        self.code = code
        self.errors = errors
        self.cost = cost


def ready(question: Question, allowed: Limits) -> Ready:
    """The question's document and operation. Raises Invalid or a Mistake."""
    if len(question.query) > LONGEST:
        raise Mistake(Code.PAYLOAD_TOO_LARGE, f"A document has at most {LONGEST:,} characters.")
    try:
        read = _of(question.query, allowed.tokens)
        cost = _weighed(read, question, allowed)
        errors = read.errors
    except GraphQLSyntaxError as error:
        if "more than" in error.message:  # the parser's own limit
            raise Mistake(Code.COST_LIMIT_EXCEEDED, _TOO_LONG.format(tokens=allowed.tokens)) from None
        raise Invalid(Code.GRAPHQL_PARSE_FAILED, [error]) from None
    except RecursionError:
        raise Mistake(Code.COST_LIMIT_EXCEEDED, "The document is nested too deeply.") from None
    if errors:
        raise Invalid(Code.GRAPHQL_VALIDATION_FAILED, errors, cost=cost)
    _read.keep((question.query, allowed.tokens), read, size=len(question.query))
    operation = _operation(read.document, question)
    return Ready(read.document, operation, cost or Cost(0, allowed.cost), read.sizes)


def _weighed(read: "_Read", question: Question, allowed: Limits) -> Cost | None:
    # What is to be explained may cost more than is allowed: that is when it needs explaining.
    within = replace(allowed, cost=MOST_COUNTED) if question.explains else allowed
    try:
        requested = read.weight(question.variables, within, question.operation)
    except LimitExceeded as error:
        mistake = Mistake(Code.COST_LIMIT_EXCEEDED, str(error))
        cost = None if error.cost is None else Cost(error.cost, allowed.cost)
        raise Invalid(Code.COST_LIMIT_EXCEEDED, [mistake], cost=cost) from None
    return None if requested is None else Cost(requested, allowed.cost)


def _operation(document: DocumentNode, question: Question) -> OperationDefinitionNode:
    operation = get_operation_ast(document, question.operation)
    if operation is None:
        which = f"no operation named '{question.operation[:60]}'" if question.operation else "not exactly one operation"
        raise Mistake(Code.OPERATION_RESOLUTION_FAILURE, f"The document has {which}; say which to run.")
    if operation.operation == OperationType.SUBSCRIPTION:
        raise Mistake(Code.BAD_REQUEST, "Subscriptions are not served here.")
    if operation.operation == OperationType.MUTATION and not question.may_change:
        raise WrongMethod("Mutations come by POST.", allow="POST")
    return operation


class _Read:
    """A document that was read, and what was found out about it."""

    def __init__(self, text: str, tokens: int) -> None:
        self.document = parse(text, max_tokens=tokens)
        self.sizes = tuple(sizing_variables(self.document))
        """The variables that say how long a page is: of all that is sent, only they weigh."""
        self.weights: dict[Hashable, int | None] = {}

    @cached_property
    def errors(self) -> list[GraphQLError]:
        return validate(graphql_schema, self.document, max_errors=MOST_ERRORS)

    def weight(self, variables: Mapping[str, Any], within: Limits, operation: str | None) -> int | None:
        sizes = {name: size_of(variables[name]) for name in self.sizes if name in variables}
        key = (*sizes.items(), operation, within)
        if key not in self.weights:
            weight = limits.check(self.document, sizes, within, operation=operation)
            if len(self.weights) == MOST_WEIGHTS:
                self.weights.clear()
            self.weights[key] = weight
        return self.weights[key]


_read: Memory[tuple[str, int], _Read] = Memory(REMEMBERED, largest=REMEMBERED // 20)


def _of(text: str, tokens: int) -> _Read:
    key = (text, tokens)
    return _read[key] if key in _read else _Read(text, tokens)
