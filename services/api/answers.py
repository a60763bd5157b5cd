"""Answers: what goes back, with which status, and how much of an error its reader may see."""

import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from graphql import ExecutionResult, GraphQLError
from starlette.responses import Response

from sales import database
from schema.mistakes import Code
from services.api.accept import JSON
from services.api.documents import Cost, Invalid

log = logging.getLogger("relance.api")

STATUSES: Final[Mapping[Code, int]] = {
    Code.BAD_REQUEST: 400,
    Code.GRAPHQL_PARSE_FAILED: 400,
    Code.GRAPHQL_VALIDATION_FAILED: 400,
    Code.OPERATION_RESOLUTION_FAILURE: 400,
    Code.BAD_USER_INPUT: 400,
    Code.COST_LIMIT_EXCEEDED: 400,
    Code.PERSISTED_QUERY_NOT_FOUND: 400,
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.NOT_ACCEPTABLE: 406,
    Code.PAYLOAD_TOO_LARGE: 413,
    Code.UNSUPPORTED_MEDIA_TYPE: 415,
    Code.INTERNAL_SERVER_ERROR: 500,
    Code.SERVICE_UNAVAILABLE: 503,
    Code.TIMEOUT: 504,
}
"""What a request that was not carried out is answered with."""

WELL_FORMED: Final = frozenset({
    Code.GRAPHQL_PARSE_FAILED, Code.GRAPHQL_VALIDATION_FAILED, Code.OPERATION_RESOLUTION_FAILURE, Code.BAD_USER_INPUT,
    Code.COST_LIMIT_EXCEEDED, Code.PERSISTED_QUERY_NOT_FOUND,
})  # fmt: skip
"""Under `application/json` these are 200, as clients of that type expect (the audit of graphql-http)."""

OF_THE_WHOLE: Final = frozenset({Code.UNAUTHENTICATED, Code.SERVICE_UNAVAILABLE, Code.TIMEOUT})
"""Where nothing could be answered because of one of these, the request counts as not carried out."""

RETRYABLE: Final = frozenset({Code.SERVICE_UNAVAILABLE, Code.TIMEOUT})


def answered(result: ExecutionResult, *, cost: Cost, media_type: str, request_id: str) -> Response:
    """What an operation came to: its data, and the errors of its fields."""
    errors = [_shown(error, request_id) for error in result.errors or ()]
    codes = {error["extensions"]["code"] for error in errors}
    whole = codes & OF_THE_WHOLE
    if not errors:
        return _response({"data": result.data}, 200, media_type, cost)
    if result.data is None and not any(error.path for error in result.errors or ()):
        return _refusal(errors, media_type, cost)  # the request's own fault: no field was run
    if whole and not any((result.data or {}).values()):
        return _refusal([error for error in errors if error["extensions"]["code"] in whole], media_type, cost)
    return _response({"errors": errors, "data": result.data}, 200, media_type, cost)


def planned(data: bytes, *, cost: Cost, media_type: str) -> Response:
    """The data of a query, as JSON already."""
    told = f'"cost":{{"requested":{cost.requested},"limit":{cost.limit}}}'
    body = b'{"data":%b,"extensions":{%b}}' % (data, told.encode())
    return Response(body, 200, media_type=f"{media_type}; charset=utf-8")


def explained(tree: list[dict[str, Any]], *, cost: Cost, media_type: str) -> Response:
    """What an operation would cost, which was not run."""
    return _json({"data": None, "extensions": {"cost": cost._asdict() | {"tree": tree}}}, 200, media_type)


def refused(problem: Exception, *, cost: Cost | None, media_type: str, request_id: str) -> Response:
    """A request that was not carried out, and why; `cost` as far as it had been weighed."""
    errors = problem.errors if isinstance(problem, Invalid) else [problem]
    code = problem.code if isinstance(problem, Invalid) else None
    weighed = problem.cost if isinstance(problem, Invalid) else cost
    return _refusal([_shown(error, request_id, code) for error in errors], media_type, weighed)


def _refusal(errors: Sequence[Mapping[str, Any]], media_type: str, cost: Cost | None) -> Response:
    code = Code(errors[0]["extensions"]["code"])
    is_fine = media_type == JSON and code in WELL_FORMED
    return _response({"errors": errors}, 200 if is_fine else STATUSES[code], media_type, cost)


def _shown(error: Exception, request_id: str, code: Code | None = None) -> dict[str, Any]:
    """An error as its reader sees it: the caller's own as it is, ours masked and logged."""
    code = code or _code(error)
    message = _MASKS.get(code) or getattr(error, "message", str(error))
    if code == Code.INTERNAL_SERVER_ERROR:
        _log(getattr(error, "original_error", None) or error, request_id)
    if code == Code.SERVICE_UNAVAILABLE:
        log.warning("request %s: %s", request_id, database.in_words(getattr(error, "original_error", None) or error))
    shown: dict[str, Any] = {"message": message}
    if isinstance(error, GraphQLError):
        places = {"locations": [place._asdict() for place in error.locations or ()], "path": error.path}
        shown |= {name: value for name, value in places.items() if value}
    return shown | {"extensions": {"code": code, "retryable": code in RETRYABLE, "requestId": request_id}}


def _log(error: BaseException, request_id: str) -> None:
    trace = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    log.error("request %s failed: %s\n%s", request_id, database.in_words(error), trace)


def _code(error: Exception) -> Code:
    cause = error.original_error if isinstance(error, GraphQLError) else error
    if isinstance(error, GraphQLError) and "code" in (error.extensions or {}):
        return Code((error.extensions or {})["code"])
    if isinstance(cause, RecursionError):
        return Code.BAD_USER_INPUT
    if cause is not None and database.is_away(cause):
        return Code.SERVICE_UNAVAILABLE
    if isinstance(error, GraphQLError) and isinstance(cause, GraphQLError | None):
        # Coercing variables has no path; coercing arguments has one, and names them.
        is_callers = not error.path or error.message.startswith("Argument ")
        return Code.BAD_USER_INPUT if is_callers else Code.INTERNAL_SERVER_ERROR
    return Code.INTERNAL_SERVER_ERROR


_MASKS = {
    Code.INTERNAL_SERVER_ERROR: "Something went wrong on our side.",
    Code.SERVICE_UNAVAILABLE: "The service is not available at the moment. Try again.",
}


def _response(body: dict[str, Any], status: int, media_type: str, cost: Cost | None) -> Response:
    if cost:
        body["extensions"] = {"cost": {"requested": cost.requested, "limit": cost.limit}}
    return _json(body, status, media_type)


def _json(body: Mapping[str, Any], status: int, media_type: str) -> Response:
    return Response(orjson.dumps(body), status, media_type=f"{media_type}; charset=utf-8")
