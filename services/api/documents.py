"""Documents: parsed, weighed and validated before anything runs; parsing and validating is remembered."""

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
from schema.pages import MOST_COUNTED, is_sized_by_variables
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
    """A document fit to run, the operation that is asked for, and what it costs."""

    document: DocumentNode
    operation: OperationDefinitionNode
    cost: Cost


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
        cost = _weighed(document, question, allowed)
        errors = _validated(question.query, allowed.tokens)
    except GraphQLSyntaxError as error:
        raise Invalid(Code.GRAPHQL_PARSE_FAILED, [error]) from None
    except RecursionError:
        raise Mistake(Code.COST_LIMIT_EXCEEDED, "The document is nested too deeply.") from None
    if errors:
        raise Invalid(Code.GRAPHQL_VALIDATION_FAILED, errors, cost=cost)
    operation = _operation(document, question)
    return Ready(document, operation, cost or Cost(0, allowed.cost))


def _weighed(document: DocumentNode, question: Question, allowed: Limits) -> Cost | None:
    # What is to be explained may cost more than is allowed: that is when it needs explaining.
    within = replace(allowed, cost=MOST_COUNTED) if question.explains else allowed
    try:
        if _is_sized_by_variables(question.query, allowed.tokens):
            requested = limits.check(document, question.variables, within, operation=question.operation)
        else:
            requested = _requested(question.query, question.operation, within)
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
def _validated(text: str, tokens: int) -> list[GraphQLError]:
    return validate(graphql_schema, _parsed(text, tokens), max_errors=MOST_ERRORS)


@lru_cache(REMEMBERED)
def _is_sized_by_variables(text: str, tokens: int) -> bool:
    return is_sized_by_variables(_parsed(text, tokens))


@lru_cache(REMEMBERED)
def _requested(text: str, operation: str | None, within: Limits) -> int | None:
    """What an operation costs, whatever its variables are."""
    return limits.check(_parsed(text, within.tokens), None, within, operation=operation)
