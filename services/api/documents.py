"""Documents: parsed, weighed and validated before anything runs; parsing and validating is remembered."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

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
from schema.limits import LimitExceeded
from schema.mistakes import Code, Mistake
from schema.schema import LIMITS, graphql_schema
from services.api.questions import Question, WrongMethod

LONGEST: Final = 64_000
REMEMBERED: Final = 500
MOST_ERRORS: Final = 20


class Invalid(Exception):
    """A document that can't be run, and all that is wrong with it."""

    def __init__(self, code: Code, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.code = code
        self.errors = errors


def ready(question: Question) -> tuple[DocumentNode, OperationDefinitionNode]:
    """The document, fit to run, and the operation that is asked for. Raises Invalid or a Mistake."""
    if len(question.query) > LONGEST:
        raise Mistake(Code.PAYLOAD_TOO_LARGE, f"A document has at most {LONGEST:,} characters.")
    try:
        document = _parsed(question.query)
        limits.check(document, question.variables, LIMITS)
        errors = _validated(question.query)
    except GraphQLSyntaxError as error:
        raise Invalid(Code.GRAPHQL_PARSE_FAILED, [error]) from None
    except LimitExceeded as error:
        raise Mistake(Code.COST_LIMIT_EXCEEDED, str(error)) from None
    except RecursionError:
        raise Mistake(Code.COST_LIMIT_EXCEEDED, "The document is nested too deeply.") from None
    if errors:
        raise Invalid(Code.GRAPHQL_VALIDATION_FAILED, errors)
    return document, _operation(document, question)


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
def _parsed(text: str) -> DocumentNode:
    return parse(text, max_tokens=LIMITS.tokens)


@lru_cache(REMEMBERED)
def _validated(text: str) -> list[GraphQLError]:
    return validate(graphql_schema, _parsed(text), max_errors=MOST_ERRORS)
