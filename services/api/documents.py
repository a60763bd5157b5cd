"""Documents: parsed, weighed and validated before anything runs, each once for a text."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

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

from schema import limits
from schema.limits import LimitExceeded, Limits
from schema.mistakes import Code, Mistake
from schema.pages import MOST_COUNTED, size_of, sizing_variables
from schema.schema import graphql_schema
from services.api.questions import Question, WrongMethod

LONGEST: Final = 64_000
REMEMBERED: Final = 500
MOST_ERRORS: Final = 20


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
        document = _parsed(question.query, allowed.tokens)
        cost = _weighed(question, allowed)
        errors = _validated(question.query, allowed.tokens)
    except GraphQLSyntaxError as error:
        raise Invalid(Code.GRAPHQL_PARSE_FAILED, [error]) from None
    except RecursionError:
        raise Mistake(Code.COST_LIMIT_EXCEEDED, "The document is nested too deeply.") from None
    if errors:
        raise Invalid(Code.GRAPHQL_VALIDATION_FAILED, errors, cost=cost)
    operation = _operation(document, question)
    return Ready(document, operation, cost or Cost(0, allowed.cost), _sizing(question.query, allowed.tokens))


def _weighed(question: Question, allowed: Limits) -> Cost | None:
    # What is to be explained may cost more than is allowed: that is when it needs explaining.
    within = replace(allowed, cost=MOST_COUNTED) if question.explains else allowed
    names = _sizing(question.query, allowed.tokens)
    sizes = tuple((name, size_of(question.variables[name])) for name in names if name in question.variables)
    try:
        requested = _weight(question.query, sizes, within, question.operation)
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


@lru_cache(REMEMBERED)
def _parsed(text: str, tokens: int) -> DocumentNode:
    return parse(text, max_tokens=tokens)


@lru_cache(REMEMBERED)
def _sizing(text: str, tokens: int) -> tuple[str, ...]:
    """The variables that say how long a page is: of all that is sent, only they weigh."""
    return tuple(sizing_variables(_parsed(text, tokens)))


@lru_cache(REMEMBERED)
def _weight(text: str, sizes: tuple[tuple[str, int | None], ...], within: Limits, operation: str | None) -> int | None:
    return limits.check(_parsed(text, within.tokens), dict(sizes), within, operation=operation)


@lru_cache(REMEMBERED)
def _validated(text: str, tokens: int) -> list[GraphQLError]:
    return validate(graphql_schema, _parsed(text, tokens), max_errors=MOST_ERRORS)
