"""Who asks: the bearer token of a device or of a script."""

from starlette.requests import Request

from sales.callers import caller
from sales.viewers import Viewer

LONGEST = 200


async def asks(request: Request, *, request_id: str) -> Viewer | None:
    """The viewer behind the request's token; None without one, and for one that is unknown, expired or revoked."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST:
        return None
    return await caller(token, request_id=request_id)
