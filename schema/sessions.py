"""Sessions: the devices on which one is signed in, and signing out of them."""

from datetime import datetime

import strawberry
from strawberry import UNSET

import reads
from sales import sessions
from sales.errors import NotFound
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids
from schema.mutations import mutation
from schema.nodes import Node


def _current(run: reads.Run) -> object:
    return run.who.session_id


@strawberry.type(description="A device on which you are signed in.")
class Session(Node, over=sessions.Session):
    device: str = strawberry.field(description="What the device calls itself. Never null.")
    address: str = strawberry.field(description="Where it signed in from. Never null.")
    created_at: datetime = strawberry.field(description="When it signed in. Never null.")
    last_used_at: datetime = strawberry.field(description="About when it was last used. Never null.")
    expires_at: datetime = strawberry.field(description="When it has to sign in again. Never null.")
    revoked_at: datetime | None = strawberry.field(description="Since when it is refused; null: it works.")

    is_current: bool = strawberry.field(
        description="Whether it is the one that asks. Never null.",
        metadata=reads.computed(lambda session: f"{session.id} is not distinct from {session.bind(_current, 'uuid')}"),
    )


@strawberry.input(description="A session to end.")
class SessionRevokeInput:
    id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Which of yours. Left out or null: the one that asks, which signs out."
    )


@mutation("session", Session)
async def session_revoke(by: Viewer, input: SessionRevokeInput) -> Outcome:
    """Sign out, on this device or on another one: the session's token is refused from now on."""
    session_id = ids.read(input.id, sessions.Session) if input.id else by.session_id
    if session_id is None:
        raise NotFound("session")
    return await sessions.revoke(session_id, by=by)


MUTATIONS = [session_revoke]
