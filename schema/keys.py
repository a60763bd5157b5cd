"""API keys: how a script signs in."""

from datetime import datetime

import strawberry
from strawberry import Parent

import reads
from sales import keys, users
from sales.keys import NewKey
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids
from schema.mutations import Answer, mutation
from schema.nodes import Node
from schema.users import User


@strawberry.type(description="A key with which a script acts for a person.")
class ApiKey(Node, over=keys.ApiKey):
    name: str = strawberry.field(description="What it is for. Never null.")
    prefix: str = strawberry.field(description="How it begins, to recognise it by. Never null.")
    created_at: datetime = strawberry.field(description="When it was made. Never null.")
    last_used_at: datetime | None = strawberry.field(description="About when it was last used; null: never.")
    revoked_at: datetime | None = strawberry.field(description="Since when it is refused; null: it works.")

    user: User | None = strawberry.field(
        description="For whom it acts. Null when they can't be seen.", metadata=reads.to_one(users.User, "user_id")
    )


@strawberry.input(description="A new key, which acts for you.")
class ApiKeyCreateInput:
    name: str = strawberry.field(description="What it is for. It can't be null.")


@strawberry.input(description="A key to end.")
class ApiKeyRevokeInput:
    id: strawberry.ID = strawberry.field(description="The key. It can't be null.")


@strawberry.field(
    description="The key itself, to be sent as bearer token. Shown this once: null when the same request is answered "
    "again, and when nothing was done."
)
def secret(answer: Parent[Answer]) -> str | None:
    return answer.done.secret if answer.done else None


@mutation("api_key", ApiKey, secret=secret)
async def api_key_create(by: Viewer, input: ApiKeyCreateInput) -> NewKey:
    """Make a key for a script that acts for you."""
    return await keys.create(by=by, name=input.name)


@mutation("api_key", ApiKey)
async def api_key_revoke(by: Viewer, input: ApiKeyRevokeInput) -> Outcome:
    """End a key: one of your own, or as administrator anybody's. It is refused from now on."""
    return await keys.revoke(ids.read(input.id, keys.ApiKey), by=by)


MUTATIONS = [api_key_create, api_key_revoke]
