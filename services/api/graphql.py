"""The endpoint: a question comes in, an answer goes out, and after a change the bell rings."""

import asyncio
import re
from collections.abc import Coroutine
from inspect import isawaitable
from typing import Any, Final
from uuid import uuid4

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute,
)
from starlette.requests import Request
from starlette.responses import Response

from schema import limits, plans
from schema.context import Context
from schema.limits import Limits
from schema.mistakes import Code, Mistake, unauthenticated
from schema.schema import graphql_schema
from services.api import accept, answers, documents, ide, questions, who
from services.api.persisted import Persisted
from services.api.questions import Question, WrongMethod

SECONDS: Final = 30.0

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


async def graphql(request: Request) -> Response:
    """Answer one request, whatever is wrong with it."""
    if ide.wants_page(request):
        return ide.page()
    request_id = _request_id(request)
    response = await _answer(request, request_id)
    response.headers["X-Request-Id"] = request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept"
    return response


async def _answer(request: Request, request_id: str) -> Response:
    media_type, cost = accept.JSON, None
    allowed: Limits = request.app.state.limits
    known: Persisted = request.app.state.persisted
    try:
        media_type = accept.media_type(request)
        question = await questions.read(request, known)
        document, operation, cost = documents.ready(question, allowed)
        if question.hash is not None:
            known.remember(question.query, question.hash)
        context = await _context(request, request_id)
        if question.explains:
            return answers.explained(_tree(question, document, context, allowed), cost=cost, media_type=media_type)
        result = await _run(request, question, document, operation, context)
        if isinstance(result, str):
            return answers.planned(result, cost=cost, media_type=media_type)
        return answers.answered(result, cost=cost, media_type=media_type, request_id=request_id)
    except Exception as problem:
        response = answers.refused(problem, cost=cost, media_type=media_type, request_id=request_id)
        if isinstance(problem, WrongMethod):
            response.headers["Allow"] = problem.allow
        return response


def _tree(question: Question, document: DocumentNode, context: Context, allowed: Limits) -> list[dict[str, Any]]:
    if context.viewer is None:
        raise unauthenticated()
    return limits.explain(document, question.variables, allowed, operation=question.operation)


async def _context(request: Request, request_id: str) -> Context:
    key = questions.idempotency_key(request)
    viewer = await who.asks(request, request_id=request_id)
    client = request.client.host if request.client else ""
    return Context(viewer, request_id, client=client, idempotency_key=key)


async def _run(
    request: Request, question: Question, document: DocumentNode, operation: OperationDefinitionNode, context: Context
) -> ExecutionResult | str:
    """Run the operation; a query for as long as somebody waits for it, a mutation to its end."""
    running = _execute(question, document, operation, context)
    limit = asyncio.timeout(SECONDS)
    try:
        async with limit:
            return await (running if operation.operation == OperationType.MUTATION else _waited_for(running, request))
    except TimeoutError:
        if limit.expired():
            raise _too_long() from None
        raise
    finally:
        if context.has_changed:
            request.app.state.bell.ring()


async def _waited_for(answering: Coroutine[Any, Any, ExecutionResult | str], request: Request) -> ExecutionResult | str:
    """The answer; nobody needs it any more when the caller hangs up."""
    running = asyncio.create_task(answering)
    hanging_up = asyncio.create_task(_hung_up(request))
    try:
        await asyncio.wait({running, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise _too_long()
        return running.result()
    finally:
        running.cancel()
        hanging_up.cancel()


async def _execute(
    question: Question, document: DocumentNode, operation: OperationDefinitionNode, context: Context
) -> ExecutionResult | str:
    """By a plan where there is one: the data as JSON. Otherwise field by field, over the rows that a plan can read."""
    rows = None
    if context.viewer is not None:
        asked = (question.query, document, operation, question.variables, context.viewer)
        if (data := await plans.answer(*asked)) is not None:
            return data
        try:
            rows = await plans.rows(*asked)
        except GraphQLError as mistake:
            context.mistake = mistake
    result: Any = execute(
        graphql_schema,
        document,
        root_value=rows,
        context_value=context,
        variable_values=question.variables,
        operation_name=question.operation,
    )
    executed: ExecutionResult = await result if isawaitable(result) else result
    return executed


def _too_long() -> Mistake:
    return Mistake(Code.TIMEOUT, f"This took longer than {SECONDS:.0f} seconds. Ask for less.")


async def _hung_up(request: Request) -> None:
    """Return when the caller is gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex
