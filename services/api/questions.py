"""Questions: a GraphQL request as it comes over HTTP, by POST or GET, with everything that can be wrong with it."""

import re
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.requests import Request

from schema.mistakes import Code, Mistake
from services.api import persisted
from services.api.persisted import Persisted

MOST_BYTES: Final = 1_000_000
DEEPEST: Final = 32
MOST_VALUES: Final = 3_000

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_METHODS = "GET, POST"


class WrongMethod(Mistake):
    """What was asked can't be asked that way; `allow` says how it can."""

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(Code.METHOD_NOT_ALLOWED, message)
        self.allow = allow


@dataclass(frozen=True)
class Question:
    """A document, its variables, and which of its operations to run."""

    query: str
    variables: dict[str, Any]
    operation: str | None
    may_change: bool
    """Whether it came in a way in which mutations may come."""
    explains: bool = False
    """Whether it isn't to be run, only told what it would cost."""
    hash: str | None = None
    """The hash under which it wants to be known."""


async def read(request: Request, known: Persisted) -> Question:
    """The question that a request asks. Raises the mistake that its sender made."""
    if request.method == "POST":
        return _question(await _body(request), known, may_change=True)
    if request.method != "GET":
        raise WrongMethod(f"Ask by {_METHODS}.", allow=_METHODS)
    if request.headers.get("sec-fetch-site") == "cross-site" and request.headers.get("sec-fetch-mode") != "cors":
        raise Mistake(Code.FORBIDDEN, "Another site's page may not have a browser ask this.")
    given: dict[str, Any] = {name: value for name, value in request.query_params.items() if value}
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _json(given[name].encode("utf-8", "surrogatepass"), what=f"The parameter {name}")
    return _question(given, known, may_change=False)


def idempotency_key(request: Request) -> str | None:
    """The key under which this request is carried out once. Raises BAD_USER_INPUT for one that can't be kept."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Mistake(Code.BAD_USER_INPUT, "An Idempotency-Key is 1 to 200 visible ASCII characters.")
    return key


async def _body(request: Request) -> Any:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = re.search(r"charset=\"?([^\s;\"]+)", parameters, re.IGNORECASE)
    if media_type.strip().lower() != "application/json" or (charset and charset[1].lower() != "utf-8"):
        raise Mistake(Code.UNSUPPORTED_MEDIA_TYPE, "Send application/json in UTF-8.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Mistake(Code.PAYLOAD_TOO_LARGE, f"A request has at most {MOST_BYTES:,} bytes.")
    return _json(bytes(body), what="The body")


def _json(text: bytes, *, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Mistake(Code.BAD_REQUEST, f"{what} is not JSON in UTF-8: {error}.") from None


def _question(given: Any, known: Persisted, *, may_change: bool) -> Question:
    if not isinstance(given, dict):
        raise Mistake(Code.BAD_REQUEST, "A request is one JSON object with a query.")
    query, variables, operation, extensions = (
        given.get(name) for name in ("query", "variables", "operationName", "extensions")
    )
    for name in ("variables", "extensions"):
        if not isinstance(given.get(name), dict | None):
            raise Mistake(Code.BAD_REQUEST, f"The {name} are a JSON object, or null.")
    hash = persisted.asked_hash(extensions)
    if (query is None or isinstance(query, str)) and (text := known.text(query or None, hash)):
        query = text
    if not isinstance(query, str) or not query.strip():
        raise Mistake(Code.BAD_REQUEST, "The query is missing: a string with a GraphQL document.")
    if not isinstance(operation, str | None):
        raise Mistake(Code.BAD_REQUEST, "The operationName is a string, or null.")
    _require_bounded(variables)
    return Question(query, variables or {}, operation or None, may_change, _explains(extensions), hash)


def _explains(extensions: dict[str, Any] | None) -> bool:
    explains = (extensions or {}).get("explainCost")
    if not isinstance(explains, bool | None):
        raise Mistake(Code.BAD_REQUEST, "The extension explainCost is true, false or null.")
    return bool(explains)


def _require_bounded(variables: Any) -> None:
    """Refuse what would take long to coerce, which happens before anybody knows who asks."""
    level, seen = [variables], 0
    for _ in range(DEEPEST):
        if not level:
            return
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        seen += len(level)
        if seen > MOST_VALUES:
            raise Mistake(Code.BAD_USER_INPUT, f"Variables hold at most {MOST_VALUES:,} values. Divide the request.")
    if level:
        raise Mistake(Code.BAD_USER_INPUT, f"Variables are nested at most {DEEPEST} deep.")
