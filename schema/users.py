"""Users: the people of an account."""

from datetime import datetime
from typing import Annotated

import strawberry

from sales import users
from sales.users import Role
from schema.connections import After, Before, Connection, First, Last, by_name
from schema.nodes import Node
from schema.scalars import EmailAddress, Locale, TimeZone


@strawberry.type(description="A person who signs in, owns leads and is reminded.")
class User(Node, over=users.User):
    name: str = strawberry.field(description="First and last name. Never null.")
    email: EmailAddress = strawberry.field(description="Where e-mail goes, and what one signs in with. Never null.")
    role: Role = strawberry.field(description="What the person may set up. Never null.")
    locale: Locale = strawberry.field(description="The language that the person reads. Never null.")
    time_zone: TimeZone = strawberry.field(description="Where the person's days begin and end. Never null.")
    created_at: datetime = strawberry.field(description="When the person was added. Never null.")
    deactivated_at: datetime | None = strawberry.field(description="When the person left; null: works here.")


@strawberry.field(
    name="users",
    graphql_type=Connection[User],
    description="The people of your account by name; those who have left only on demand. Never null.",
    metadata=by_name(
        users.User,
        lambda _, user, given: "true" if given["includeDeactivated"] else f"{user.deactivated_at} is null",
    ),
)
def list_users(
    include_deactivated: Annotated[
        bool, strawberry.argument(description="Those who have left, too. It can't be null.")
    ] = False,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> None: ...


QUERIES = [list_users]
