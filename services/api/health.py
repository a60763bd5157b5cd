"""Health: whether this process lives, and whether it can serve."""

import asyncio
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sales import database
from sales.canaries import LATE_SECONDS, age
from sales.workers import ALIVE_SECONDS
from services.api.bell import Bell

DATABASE_SECONDS: Final = 3.0
_STATE = f"""
select (select extract(epoch from now() - max(beat_at)) from workers)::float8 as worker,
  (select extract(epoch from now() - min(due_at)) from reminders
   where state = 'PENDING' and set_aside_at is null and due_at <= now())::float8 as oldest_due,
  {age()}::float8 as canary
"""


async def live(_: Request) -> Response:
    """200 as long as the process answers."""
    return _json({"status": "ok"}, 200)


async def ready(request: Request) -> Response:
    """200 when requests can be served, 503 without the database or its tables.

    Without Redis or a worker the API serves all the same, so both are only told: what is amiss there shows in
    `worker`, in `oldestDueReminderSeconds`, which stays below a few seconds while a worker works, and in `canary`,
    which is `late` when there was none for a while.
    """
    bell: Bell = request.app.state.bell
    state, redis = await asyncio.gather(_state(), bell.is_reachable())
    body = {"status": "ok" if state else "unavailable", "database": "ok" if state else "unreachable"}
    body["redis"] = "ok" if redis else "unreachable"
    return _json(body | (state or {}), 200 if state else 503)


async def _state() -> dict[str, Any] | None:
    """What the database says of worker and reminders; None when it doesn't answer or lacks a migration."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            if await database.missing_migrations():
                return None
            [row] = await database.fetch(_STATE)
    except Exception:
        return None
    is_absent = row["worker"] is None or row["worker"] > ALIVE_SECONDS
    return {
        "worker": "absent" if is_absent else "ok",
        "workerHeartbeatSeconds": row["worker"],
        "oldestDueReminderSeconds": row["oldest_due"],
        "canary": "late" if row["canary"] is None or row["canary"] > LATE_SECONDS else "ok",
        "canarySeconds": row["canary"],
    }


def _json(body: dict[str, Any], status: int) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(orjson.dumps(body), status, media_type="application/json", headers=headers)
