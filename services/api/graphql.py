"""The endpoint: a question comes in, an answer goes out, and after a change the bell rings."""

import re
from functools import partial
from inspect import isawaitable
from random import getrandbits
from typing import Any, Final

import orjson
from graphql import (
    ExecutionResult,
    execute,
)
from starlette.requests import Request
from starlette.responses import Response

from reads import FinishedJson
from sales import callers
from sales.memory import Memory
from sales.viewers import Viewer
from schema import limits, one_change, plans
from schema.asked import Asked
from schema.context import Context
from schema.limits import Limits
from schema.mistakes import unauthenticated
from schema.mutations import confirms
from schema.schema import graphql_schema
from services.api import accept, answers, documents, ide, questions, who
from services.api.persisted import Persisted
from services.api.questions import WrongMethod
from services.api.waiting import in_time

_of_schema: Memory[tuple[str, str | None], bytes] = Memory(4_000_000)
"""What was asked of the schema itself, which is the same for all and dear to walk."""

_HEADERS: Final = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"), (b"vary", b"Accept"))
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


async def graphql(request: Request) -> Response:
    """Answer one request, whatever is wrong with it."""
    if ide.wants_page(request):
        return ide.page()
    request_id = _request_id(request)
    response = await _answer(request, request_id)
    response.raw_headers += [(b"x-request-id", request_id.encode()), *_HEADERS]
    return response


async def _answer(request: Request, request_id: str) -> Response:
    media_type, cost = accept.JSON, None
    allowed: Limits = request.app.state.limits
    known: Persisted = request.app.state.persisted
    try:
        media_type = accept.media_type(request)
        question = await questions.read(request, known)
        document, operation, cost, sizes = documents.ready(question, allowed)
        if question.hash is not None:
            known.remember(question.query, question.hash)
        asked = Asked(graphql_schema, question.query, document, operation, question.variables, sizes)
        # What has begun to change something goes to its end, whoever still listens.
        listener = request if asked.is_query else None
        result = await in_time(_run(request, asked, request_id, explains=question.explains), listener=listener)
        if isinstance(result, bytes):
            return answers.planned(result, cost=cost, media_type=media_type)
        if isinstance(result, list):
            return answers.explained(result, cost=cost, media_type=media_type)
        return answers.answered(result, cost=cost, media_type=media_type, request_id=request_id)
    except Exception as problem:
        response = answers.refused(problem, cost=cost, media_type=media_type, request_id=request_id)
        if isinstance(problem, WrongMethod):
            response.headers["Allow"] = problem.allow
        return response


async def _run(
    request: Request, asked: Asked, request_id: str, *, explains: bool
) -> bytes | ExecutionResult | list[dict[str, Any]]:
    """The data as JSON, or what execution came to, or the tree of what it would cost."""
    token, key = who.token_of(request), questions.idempotency_key(request)
    if (asked.text, asked.name) in _of_schema and not explains:
        return _of_schema[asked.text, asked.name]
    if token and asked.is_query and not explains:
        data = await _at_once(token, asked)
        if data is not None:
            return data
    context = await _context(request, asked, token, key, request_id)
    if explains:
        return _tree(context, request.app.state.limits)
    try:
        result = await _execute(context)
    finally:
        if context.has_changed:
            request.app.state.bell.ring()
    if asked.is_of_schema and isinstance(result, ExecutionResult) and not result.errors:
        text = orjson.dumps(result.data)
        _of_schema.keep((asked.text, asked.name), text, size=len(text) + len(asked.text))
    return result


def _tree(context: Context, allowed: Limits) -> list[dict[str, Any]]:
    if context.viewer is None:
        raise unauthenticated()
    asked = context.asked
    return limits.explain(asked.document, asked.variables, allowed, operation=asked.name)


async def _context(request: Request, asked: Asked, token: str | None, key: str | None, request_id: str) -> Context:
    guess = callers.guessed(token) if token and not asked.is_query and key is None and confirms(asked) else None
    if guess is not None:
        viewer: Viewer | None = guess.viewer_to_be_confirmed(request_id=request_id)
    else:
        viewer = await who.asks(token, request_id=request_id)
    client = request.client.host if request.client else ""
    return Context(asked, viewer, request_id, token=token, client=client, idempotency_key=key)


async def _at_once(token: str, asked: Asked) -> bytes | None:
    """The data of a query with a plan, in one statement with who asks; None where it takes several."""
    guess = callers.guessed(token)
    if guess is None:
        return None
    return await plans.answer(asked, guess.viewer, fetch=partial(callers.confirmed, guess))


async def _execute(context: Context) -> ExecutionResult | bytes:
    """By a plan where there is one: the data as JSON. Otherwise field by field, over the rows that a plan can read."""
    asked, rows = context.asked, dict[str, Any]()
    if asked.is_query and context.viewer is not None:
        if (data := await plans.answer(asked, context.viewer)) is not None:
            return data
        rows = await plans.rows(context)
    elif (data := await one_change.answer(context)) is not None:
        return data
    result: Any = execute(
        graphql_schema,
        asked.document,
        root_value=rows if asked.is_query else None,
        context_value=context,
        variable_values=asked.variables,
        operation_name=asked.name,
        executor_class=FinishedJson,
    )
    executed: ExecutionResult = await result if isawaitable(result) else result
    return executed


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else f"{getrandbits(128):032x}"
