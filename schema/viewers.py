"""The viewer: whoever asks, with what is their own."""

from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import Any

import strawberry
from strawberry import UNSET

import reads
from sales import accounts, endpoints, feeds, keys, users, viewers
from sales import notifications as inbox
from sales.endpoints import EndpointKind, chats, devices
from sales.sessions import Session as Device
from sales.users import people
from sales.verbs import Outcome
from schema import plans
from schema.absent import given, or_none
from schema.accounts import Account
from schema.context import Info
from schema.endpoints import Endpoint
from schema.feeds import CalendarFeed
from schema.keys import ApiKey
from schema.mutations import Answer, mutation
from schema.notifications import UNREAD
from schema.rights import me
from schema.scalars import EmailAddress, Locale, TimeZone
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
    notify_of_own: bool = strawberry.field(
        description="Whether you are told of what you did yourself, too. Never null."
    )
    email_bounced_at: datetime | None = strawberry.field(
        description="Since when an e-mail came back and none is sent to your address; null: they arrive."
    )


def _is(what: Callable[[viewers.Viewer], bool]) -> reads.Metadata:
    return reads.computed(lambda row: row.bind(lambda run: what(run.who), "boolean"))


_person = reads.one(users.User, lambda _, user, __: f"{user.id} = {me(user)}")


def _of_kinds(kinds: Sequence[EndpointKind], *, only_own: bool) -> reads.Metadata:
    def chosen(_: reads.Row, endpoint: reads.Row, __: reads.Arguments) -> str:
        of_kind = f"{endpoint.kind} in ({', '.join(repr(str(kind)) for kind in kinds)})"
        if not only_own:
            return of_kind
        return f"{of_kind} and {endpoint.user_id} = {me(endpoint)}"

    return reads.many(endpoints.Endpoint, chosen, order=lambda endpoint: f"{endpoint.created_at} desc, {endpoint.id}")


@strawberry.type(description="You: who asks, in which account, and with what rights.")
class Viewer:
    user: User = strawberry.field(
        description="The person; for an API key, whom it acts for. Never null.", metadata=_person
    )
    account: Account = strawberry.field(
        description="The company. Never null.", metadata=reads.one(accounts.Account, lambda *_: "true")
    )
    is_administrator: bool = strawberry.field(
        description="Whether you may set up pipelines, steps, reasons and people. Never null.",
        metadata=_is(lambda viewer: viewer.is_administrator),
    )
    sees_all_leads: bool = strawberry.field(
        description="Whether you see every lead of the account. Never null.",
        metadata=_is(lambda viewer: viewer.sees_all),
    )
    is_api_key: bool = strawberry.field(
        description="Whether a script asks, with an API key. Never null.",
        metadata=_is(lambda viewer: viewer.key_id is not None),
    )
    preferences: Preferences = strawberry.field(
        description="What you decide for yourself. Never null.", metadata=_person
    )
    unread_count: int = strawberry.field(
        description="How many notifications in your inbox you have not read. Never null.", metadata=UNREAD
    )
    sessions: list[Session] = strawberry.field(
        description=f"Where you are signed in, the last used first, at most {MOST_LISTED}. Never null.",
        metadata=reads.many(
            Device,
            lambda _, session, __: (
                f"{session.id} in (select s.id from {session.rows_of(Device)} s where s.revoked_at is null "
                f"and s.expires_at > now() order by s.last_used_at desc, s.id limit {MOST_LISTED})"
            ),
            order=lambda session: f"{session.last_used_at} desc, {session.id}",
        ),
    )
    api_keys: list[ApiKey] = strawberry.field(
        description="Keys that work, the newest first: yours, or as administrator everybody's, "
        f"at most {MOST_LISTED}. Never null.",
        metadata=reads.many(
            keys.ApiKey,
            lambda _, key, __: (
                f"{key.id} in (select k.id from {key.rows_of(keys.ApiKey)} k where k.revoked_at is null "
                f"order by k.created_at desc, k.id limit {MOST_LISTED})"
            ),
            order=lambda key: f"{key.created_at} desc, {key.id}",
        ),
    )
    devices: list[Endpoint] = strawberry.field(
        description="The browsers and telephones on which you are told, the newest first. Never null.",
        metadata=_of_kinds(devices.KINDS, only_own=True),
    )
    chats: list[Endpoint] = strawberry.field(
        description="The chats in which you are told, the newest first; for an administrator, the account's, too. "
        "Never null.",
        metadata=_of_kinds(chats.KINDS, only_own=False),
    )
    calendar_feeds: list[CalendarFeed] = strawberry.field(
        description="The secret addresses of your calendar that work, the newest first. Never null.",
        metadata=reads.many(
            feeds.CalendarFeed,
            lambda _, feed, __: f"{feed.revoked_at} is null",
            order=lambda feed: f"{feed.created_at} desc, {feed.id}",
        ),
    )


YOU = reads.same_row()
"""How the viewer is read: of no table, but from whoever asks."""


@strawberry.field(
    graphql_type=Viewer,
    description="You. Never null: without a valid token the request is refused.",
    metadata=YOU,
)
def viewer() -> None: ...


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
    notify_of_own: bool | None = strawberry.field(
        default=UNSET, description="Whether to tell you of what you did yourself, too. Left out: stays; never null."
    )


@strawberry.input(description="Where your e-mails arrive.")
class ViewerConfirmEmailInput:
    email: EmailAddress | None = strawberry.field(
        default=UNSET, description="Another address, by which you sign in from now on. Left out or null: the same."
    )


@strawberry.input(description="How much of your inbox.")
class NotificationMarkAllReadInput:
    up_to: datetime | None = strawberry.field(
        default=UNSET, description="What you were told until then, as `at` says. Left out or null: until now."
    )


async def _renewed(info: Info, _: Answer) -> Any:
    await info.context.renew()
    return await plans.field(info, YOU, {})


@mutation("viewer", Viewer, read=_renewed)
async def viewer_set_preferences(by: viewers.Viewer, input: ViewerSetPreferencesInput) -> Outcome:
    """Set your own name, language, time zone, start of the day, and how you are told."""
    names = ("name", "locale", "time_zone", "day_starts_at", "notify_in_app", "notify_by_email", "notify_of_own")
    sent: people.Preferences = given(input, *names)  # type: ignore[assignment]
    return await people.prefer(by=by, preferences=sent)


@mutation("viewer", Viewer, read=_renewed)
async def viewer_confirm_email(by: viewers.Viewer, input: ViewerConfirmEmailInput) -> Outcome:
    """Say that your e-mails arrive, after one came back, or change your address: they are sent again from now on."""
    return await people.confirm_email(by=by, email=or_none(input.email))


@mutation("viewer", Viewer, read=_renewed)
async def notification_mark_all_read(by: viewers.Viewer, input: NotificationMarkAllReadInput) -> Outcome:
    """Mark everything in your inbox as read."""
    return await inbox.mark_all_read(by=by, up_to=or_none(input.up_to))


QUERIES = [viewer]
MUTATIONS = [viewer_set_preferences, viewer_confirm_email, notification_mark_all_read]
