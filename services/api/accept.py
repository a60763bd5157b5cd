"""What a client would like to get: the `Accept` header (RFC 9110, 12.5.1)."""

from functools import lru_cache

from starlette.requests import Request

from schema.mistakes import Code, Mistake

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


def media_type(request: Request) -> str:
    """GraphQL's own type where it is preferred; plain JSON for none, for anything, and for a tie.

    Raises NOT_ACCEPTABLE for whoever takes neither.
    """
    return _media_type(",".join(request.headers.getlist("accept")))


@lru_cache(100)
def _media_type(header: str) -> str:
    if not header.strip():
        return JSON
    weights = weighed(header)
    graphql, json = (_weight_of(media_type, weights) for media_type in (GRAPHQL, JSON))
    if not graphql and not json:
        raise Mistake(Code.NOT_ACCEPTABLE, f"Accept {GRAPHQL} or {JSON}.")
    return GRAPHQL if graphql > json else JSON


def weighed(accept: str) -> dict[str, float]:
    """The media types of an `Accept` header, lower-case and without parameters, with their weights from 0 to 1."""
    weights: dict[str, float] = {}
    for media_range in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in media_range.split(";"))
        weights[media_type] = max(weights.get(media_type, 0.0), _weight(parameters))
    return weights


def _weight_of(media_type: str, weights: dict[str, float]) -> float:
    return next((weights[name] for name in (media_type, "application/*", "*/*") if name in weights), 0.0)


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
