"""Who asks: the bearer token of a device or of a script."""

from starlette.requests import Request

from sales.callers import caller
from sales.viewers import Viewer

LONGEST = 200


def token_of(request: Request) -> str | None:
    """The request's bearer token; None without one, or with what can't be one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and 0 < len(token) <= LONGEST else None


async def asks(token: str | None, *, request_id: str) -> Viewer | None:
    """The viewer behind a token; None without one, and for one that is unknown, expired or revoked."""
    return await caller(token, request_id=request_id) if token else None
