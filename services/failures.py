"""`relance failures`: what the clock and the dispatch set aside, for whoever runs Relance."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sales import database, failures, replays, watches
from sales.failures import Failure
from schema.views.matching import look_into_views
from services.settings import CannotStart, Settings


def run(settings: Settings, *, action: str, ids: Sequence[str] = ()) -> int:
    """List what is set aside, or replay it; the exit code is 1 while something fails. Raises `CannotStart`."""
    return asyncio.run(_run(settings, action, [_id(text) for text in ids]))


async def _run(settings: Settings, action: str, ids: list[UUID]) -> int:
    watches.look_into_views_by(look_into_views)
    async with database.connected(settings.needed_database_url(), pool=1):
        waiting = [failure for failure in await failures.set_aside() if not ids or failure.id in ids]
        failing = await replays.replay(ids) if action == "replay" else waiting
    for failure in failing:
        print(_line(failure))
    if action == "replay":
        print(f"{len(waiting) - len(failing)} replayed, {len(failing)} still failing.")
    elif not waiting:
        print("Nothing is set aside.")
    return 1 if action == "replay" and failing else 0


def _line(failure: Failure) -> str:
    what = "reminder" if failure.stage == failures.Stage.CLOCK else "event"
    since = f"{failure.set_aside_at:%Y-%m-%d %H:%M:%S} UTC"
    words = " ".join(failure.error.split())
    return f"{failure.id}  {since}  account {failure.account_id}  {what} {failure.subject}  {words}"


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CannotStart(f"'{text}' is no id of a failure; `relance failures list` shows them.") from None
