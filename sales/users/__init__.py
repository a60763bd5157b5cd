"""The people of an account: salespeople, team managers, administrators."""

from datetime import time
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault
from tortoise.models import Model

from sales.errors import InvalidValue, NotFound
from sales.fields import WallTime
from sales.ids import new_id

if TYPE_CHECKING:
    from sales.viewers import Viewer


class Role(StrEnum):
    """What a person may set up; what one sees of the leads is the privacy's and the teams' affair."""

    ADMINISTRATOR = "ADMINISTRATOR"
    TEAM_MANAGER = "TEAM_MANAGER"
    USER = "USER"


class User(Model):
    """A person who signs in, owns leads and is reminded."""

    PRIVATE = frozenset({"name", "email"})
    SECRET = frozenset({"password_hash"})

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    name = fields.CharField(max_length=120)
    email = fields.CharField(max_length=254)
    password_hash = fields.TextField(description="argon2id, in the PHC string format")
    role = fields.CharEnumField(Role, max_length=20, default=Role.USER)
    locale = fields.CharField(max_length=10)
    time_zone = fields.CharField(max_length=64)
    day_starts_at: WallTime[time] = WallTime(default=time(8), description="When to tell of what is due on a day")
    notify_in_app = fields.BooleanField(default=True)
    notify_by_email = fields.BooleanField(default=True)
    notify_of_own = fields.BooleanField(
        default=False, db_default=SqlDefault("false"), description="Also of what one has done oneself"
    )
    email_bounced_at = fields.DatetimeField(null=True, description="Since when nothing is sent to the address")
    created_at = fields.DatetimeField()
    deactivated_at = fields.DatetimeField(null=True)

    class Meta:
        table = "users"


async def require_active(user_id: UUID, *, by: "Viewer", path: str) -> User:
    """Somebody of the account who works here. Raises NotFound or InvalidValue under `path`."""
    user = await User.filter(account_id=by.account.id, id=user_id).first()
    if user is None:
        raise NotFound("user", path)
    if user.deactivated_at is not None:
        raise InvalidValue(path, "user_deactivated", name=user.name)
    return user
