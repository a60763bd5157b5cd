"""The viewer: whoever asks, with what is their own."""

from datetime import datetime, time
from typing import Any

import strawberry
from strawberry import UNSET, Parent

from sales import accounts, keys, sessions, users, viewers
from sales import notifications as inbox
from sales.users import people
from sales.verbs import Outcome
from schema.absent import given, or_none
from schema.accounts import Account
from schema.context import Context, Info
from schema.keys import ApiKey
from schema.loading import seen
from schema.mutations import mutation
from schema.notifications import unread_count
from schema.scalars import Locale, TimeZone
from schema.sessions import Session
from schema.users import User

MOST_LISTED = 100


@strawberry.type(description="What you decide for yourself.")
class Preferences:
    locale: Locale = strawberry.field(description="The language that you read. Never null.")
    time_zone: TimeZone = strawberry.field(description="Where your days begin and end. Never null.")
    day_starts_at: time = strawberry.field(description="When to tell you of what is due on a day. Never null.")
    notify_in_app: bool = strawberry.field(description="Whether you are told in the inbox. Never null.")
    notify_by_email: bool = strawberry.field(description="Whether you are told by e-mail. Never null.")


@strawberry.type(description="You: who asks, in which account, and with what rights.")
class Viewer:
    @strawberry.field(graphql_type=User, description="The person; for an API key, whom it acts for. Never null.")
    def user(self, viewer: Parent[viewers.Viewer]) -> users.User:
        return viewer.user

    @strawberry.field(graphql_type=Account, description="The company. Never null.")
    def account(self, viewer: Parent[viewers.Viewer]) -> accounts.Account:
        return viewer.account

    @strawberry.field(description="Whether you may set up pipelines, steps, reasons and people. Never null.")
    def is_administrator(self, viewer: Parent[viewers.Viewer]) -> bool:
        return viewer.is_administrator

    @strawberry.field(description="Whether you see every lead of the account. Never null.")
    def sees_all_leads(self, viewer: Parent[viewers.Viewer]) -> bool:
        return viewer.sees_all

    @strawberry.field(description="Whether a script asks, with an API key. Never null.")
    def is_api_key(self, viewer: Parent[viewers.Viewer]) -> bool:
        return viewer.key_id is not None

    @strawberry.field(graphql_type=Preferences, description="What you decide for yourself. Never null.")
    def preferences(self, viewer: Parent[viewers.Viewer]) -> users.User:
        return viewer.user

    @strawberry.field(description="How many notifications in your inbox you have not read. Never null.")
    async def unread_count(self, info: Info) -> int:
        return await unread_count(info.context)

    @strawberry.field(
        graphql_type=list[Session],
        description=f"Where you are signed in, the last used first, at most {MOST_LISTED}. Never null.",
    )
    async def sessions(self, info: Info) -> list[Any]:
        found = await seen(sessions.Session, info.context.by)
        live = found.filter(revoked_at__isnull=True, expires_at__gt=await info.context.now())
        return await live.order_by("-last_used_at").limit(MOST_LISTED)

    @strawberry.field(
        graphql_type=list[ApiKey],
        description="Keys that work, the newest first: yours, or as administrator everybody's, "
        f"at most {MOST_LISTED}. Never null.",
    )
    async def api_keys(self, info: Info) -> list[Any]:
        found = await seen(keys.ApiKey, info.context.by)
        return await found.filter(revoked_at__isnull=True).order_by("-created_at").limit(MOST_LISTED)


@strawberry.field(graphql_type=Viewer, description="You. Never null: without a valid token the request is refused.")
def viewer(info: Info) -> viewers.Viewer:
    return info.context.by


@strawberry.input(description="What you decide for yourself; what is left out stays.")
class ViewerSetPreferencesInput:
    name: str | None = strawberry.field(default=UNSET, description="Your name. Left out: stays; never null.")
    locale: Locale | None = strawberry.field(default=UNSET, description="Your language. Left out: stays; never null.")
    time_zone: TimeZone | None = strawberry.field(
        default=UNSET, description="Where your days begin and end. Left out: stays; never null."
    )
    day_starts_at: time | None = strawberry.field(
        default=UNSET, description="When to tell you of what is due on a day. Left out: stays; never null."
    )
    notify_in_app: bool | None = strawberry.field(
        default=UNSET, description="Whether to tell you in the inbox. Left out: stays; never null."
    )
    notify_by_email: bool | None = strawberry.field(
        default=UNSET, description="Whether to tell you by e-mail. Left out: stays; never null."
    )


@strawberry.input(description="How much of your inbox.")
class NotificationMarkAllReadInput:
    up_to: datetime | None = strawberry.field(
        default=UNSET, description="What you were told until then, as `at` says. Left out or null: until now."
    )


async def _renewed(context: Context, _done: Any, _input: Any) -> viewers.Viewer:
    await context.renew()
    return context.by


@mutation("viewer", Viewer, read=_renewed)
async def viewer_set_preferences(by: viewers.Viewer, input: ViewerSetPreferencesInput) -> Outcome:
    """Set your own name, language, time zone, start of the day, and how you are told."""
    names = ("name", "locale", "time_zone", "day_starts_at", "notify_in_app", "notify_by_email")
    sent: people.Preferences = given(input, *names)  # type: ignore[assignment]
    return await people.prefer(by=by, preferences=sent)


@mutation("viewer", Viewer, read=_renewed)
async def notification_mark_all_read(by: viewers.Viewer, input: NotificationMarkAllReadInput) -> Outcome:
    """Mark everything in your inbox as read."""
    return await inbox.mark_all_read(by=by, up_to=or_none(input.up_to))


QUERIES = [viewer]
MUTATIONS = [viewer_set_preferences, notification_mark_all_read]
