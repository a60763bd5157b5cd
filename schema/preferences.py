"""Preferences: what people are told, by which way, how often, and when they are left alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from enum import Enum
from typing import Any

import strawberry
from strawberry import UNSET, Parent

from sales import preferences
from sales.calendars import Quiet
from sales.errors import InvalidValue
from sales.moments import Morning
from sales.notifications import NotificationKind
from sales.preferences import PACED, Decided, NotificationChannel, Pace, choosing
from sales.preferences.choosing import Wishes
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema.absent import given
from schema.context import Info
from schema.mutations import Answer, mutation
from schema.words import described

MOST_AT_ONCE = 200


class Weekday(Enum):
    """A day of the week, by its number in ISO 8601."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


described(Weekday, "A day of the week.", **{day.name: f"{day.name.capitalize()}." for day in Weekday})


@dataclass(frozen=True)
class Row:
    """One place of the table of kinds and channels."""

    kind: NotificationKind
    channel: NotificationChannel
    is_on: bool
    usual: bool
    is_own: bool


@dataclass(frozen=True)
class Paced:
    channel: NotificationChannel
    pace: Pace
    is_own: bool


@dataclass(frozen=True)
class Shown:
    """What counts, beside what one has decided and what counts for all others."""

    own: preferences.Preferences | None
    now: Decided
    usual: Decided


@strawberry.type(description="Whether something of a kind is told by a channel.")
class NotificationChoice:
    kind: NotificationKind = strawberry.field(description="What is told. Never null.")
    channel: NotificationChannel = strawberry.field(description="By which way. Never null.")
    is_on: bool = strawberry.field(description="Whether it is told. Never null.")
    usual: bool = strawberry.field(description="What counts for those who have not decided it. Never null.")
    is_own: bool = strawberry.field(description="Whether it was decided here; false: it is the usual. Never null.")


@strawberry.type(description="How often something goes out by a channel.")
class NotificationChannelPace:
    channel: NotificationChannel = strawberry.field(description="By which way. Never null.")
    pace: Pace = strawberry.field(description="How often. Never null.")
    is_own: bool = strawberry.field(description="Whether it was decided here; false: it is the usual. Never null.")


@strawberry.type(description="A stretch of the day in which one is left alone, by the person's clocks.")
class QuietHours:
    @strawberry.field(description="The days on which it begins. Never null.")
    def days(self, quiet: Parent[Quiet]) -> list[Weekday]:
        return [Weekday(day) for day in sorted(quiet.days)]

    start: time = strawberry.field(name="from", description="When it begins. Never null.")
    end: time = strawberry.field(
        name="until", description="When it ends; where that is not later than `from`, on the next day. Never null."
    )


@strawberry.type(description="Whose public holidays count as days off.")
class ObservedHolidays:
    country: str = strawberry.field(description="ISO 3166-1, such as `FR`. Never null.")
    subdivision: str | None = strawberry.field(description="A part of it by ISO 3166-2, such as `BY`; null: none.")


@strawberry.type(description="How one is told: what was decided, over the account's defaults, over what is usual.")
class NotificationPreferences:
    @strawberry.field(graphql_type=list[NotificationChoice], description="Every kind and channel. Never null.")
    def choices(self, shown: Parent[Shown]) -> list[Row]:
        return list(_rows(shown))

    @strawberry.field(graphql_type=list[NotificationChannelPace], description="Every channel that waits. Never null.")
    def paces(self, shown: Parent[Shown]) -> list[Paced]:
        own = shown.own.paces if shown.own else {}
        return [Paced(channel, shown.now.pace(channel), channel.value in own) for channel in PACED]

    @strawberry.field(graphql_type=list[QuietHours], description="When one is left alone; may be empty, never null.")
    def quiet_hours(self, shown: Parent[Shown]) -> list[Quiet]:
        return list(shown.now.calendar.quiet)

    @strawberry.field(description="The days on which one works; on others one is left alone. Never null.")
    def working_days(self, shown: Parent[Shown]) -> list[Weekday]:
        return [Weekday(day) for day in sorted(shown.now.calendar.working_days)]

    @strawberry.field(description="Whose public holidays are days off; null: nobody's.")
    def holidays(self, shown: Parent[Shown]) -> ObservedHolidays | None:
        calendar = shown.now.calendar
        return (
            ObservedHolidays(country=calendar.country, subdivision=calendar.subdivision) if calendar.country else None
        )

    @strawberry.field(description="Whether the quiet hours were decided here. Never null.")
    def has_own_quiet_hours(self, shown: Parent[Shown]) -> bool:
        return shown.own is not None and shown.own.quiet_hours is not None

    @strawberry.field(description="Whether the working days were decided here. Never null.")
    def has_own_working_days(self, shown: Parent[Shown]) -> bool:
        return shown.own is not None and shown.own.working_days is not None

    @strawberry.field(description="Whether the holidays were decided here. Never null.")
    def has_own_holidays(self, shown: Parent[Shown]) -> bool:
        return shown.own is not None and shown.own.holidays is not None


def _rows(shown: Shown) -> Iterator[Row]:
    own = shown.own.choices if shown.own else {}
    for kind in NotificationKind:
        for channel in NotificationChannel:
            is_own = channel.value in own.get(kind.value, {})
            yield Row(kind, channel, shown.now.hears(kind, channel), shown.usual.hears(kind, channel), is_own)


async def _shown(by: Viewer, *, for_all: bool) -> Shown:
    found = await preferences.Preferences.filter(account_id=by.account.id, user_id__in=[by.user.id]).first()
    usual = await preferences.Preferences.filter(account_id=by.account.id, user_id=None).first()
    morning = Morning(by.user.day_starts_at, by.user.time_zone)
    own, below = (usual, None) if for_all else (found, usual)
    return Shown(
        own, preferences.decided(own, below, morning=morning), preferences.decided(None, below, morning=morning)
    )


@strawberry.field(
    name="notificationPreferences",
    graphql_type=NotificationPreferences,
    description="How you are told, and when you are left alone. Never null.",
)
async def own_preferences(info: Info) -> Shown:
    return await _shown(info.context.by, for_all=False)


@strawberry.field(
    name="notificationDefaults",
    graphql_type=NotificationPreferences,
    description="How those are told who have decided nothing else. Never null.",
)
async def defaults(info: Info) -> Shown:
    return await _shown(info.context.by, for_all=True)


@strawberry.input(description="Whether something of a kind is told by a channel.")
class NotificationChoiceInput:
    kind: NotificationKind = strawberry.field(description="What is told. It can't be null.")
    channel: NotificationChannel = strawberry.field(description="By which way. It can't be null.")
    is_on: bool | None = strawberry.field(default=UNSET, description="Left out or null: as for all others.")


@strawberry.input(description="How often something goes out by a channel.")
class NotificationPaceInput:
    channel: NotificationChannel = strawberry.field(description="Any but the inbox. It can't be null.")
    pace: Pace | None = strawberry.field(default=UNSET, description="Left out or null: as for all others.")


@strawberry.input(description="A stretch of the day in which one is left alone, by the person's clocks.")
class QuietHoursInput:
    days: list[Weekday] = strawberry.field(description="The days on which it begins. It can't be null.")
    start: time = strawberry.field(name="from", description="When it begins. It can't be null.")
    end: time = strawberry.field(
        name="until",
        description="When it ends; where that is not later than `from`, on the next day. It can't be null.",
    )


@strawberry.input(description="Whose public holidays count as days off.")
class HolidaysInput:
    country: str | None = strawberry.field(default=UNSET, description="ISO 3166-1. Left out or null: nobody's.")
    subdivision: str | None = strawberry.field(default=UNSET, description="ISO 3166-2. Left out or null: none.")


@strawberry.input(description="How you want to be told; what is left out stays.")
class NotificationPreferencesSetInput:
    choices: list[NotificationChoiceInput] | None = strawberry.field(
        default=UNSET, description=f"Those that change, at most {MOST_AT_ONCE}. Left out: all stay; never null."
    )
    paces: list[NotificationPaceInput] | None = strawberry.field(
        default=UNSET, description="Those that change. Left out: all stay; never null."
    )
    quiet_hours: list[QuietHoursInput] | None = strawberry.field(
        default=UNSET,
        description="All of them; an empty list: none. Left out: they stay; null: as for all others.",
    )
    working_days: list[Weekday] | None = strawberry.field(
        default=UNSET, description="All of them. Left out: they stay; null: as for all others."
    )
    holidays: HolidaysInput | None = strawberry.field(
        default=UNSET, description="Whose are days off. Left out: they stay; null: as for all others."
    )


@strawberry.input(description="How those are told who have decided nothing else; what is left out stays.")
class NotificationDefaultsSetInput(NotificationPreferencesSetInput):
    pass


async def _after(info: Info, answer: Answer) -> Shown:
    return await _shown(info.context.by, for_all=isinstance(answer.input, NotificationDefaultsSetInput))


@mutation("preferences", NotificationPreferences, read=_after)
async def notification_preferences_set(by: Viewer, input: NotificationPreferencesSetInput) -> Outcome:
    """Decide how you are told and when you are left alone. What is held for you already is planned again."""
    return await choosing.choose(by=by, wishes=_wishes(input))


@mutation("preferences", NotificationPreferences, read=_after)
async def notification_defaults_set(by: Viewer, input: NotificationDefaultsSetInput) -> Outcome:
    """Decide how those are told who have decided nothing else. Only an administrator may."""
    return await choosing.choose_for_all(by=by, wishes=_wishes(input))


def _wishes(input: NotificationPreferencesSetInput) -> Wishes:
    sent: Any = given(
        input,
        "choices", "paces", "quiet_hours", "working_days", "holidays",
        clearable={"quiet_hours", "working_days", "holidays"},
        read={
            "choices": _choices,
            "paces": lambda paces: {each.channel: each.pace or None for each in paces},
            "quiet_hours": lambda hours: [
                Quiet(frozenset(day.value for day in each.days), each.start, each.end) for each in hours
            ],
            "working_days": lambda days: frozenset(day.value for day in days),
            "holidays": _holidays,
        },
    )  # fmt: skip
    return sent  # type: ignore[no-any-return]


def _choices(choices: list[NotificationChoiceInput]) -> list[choosing.Choice]:
    if len(choices) > MOST_AT_ONCE:
        raise InvalidValue("choices", "too_many", most=MOST_AT_ONCE)
    return [choosing.Choice(each.kind, each.channel, None if each.is_on is UNSET else each.is_on) for each in choices]


def _holidays(input: HolidaysInput) -> dict[str, str | None]:
    return {"country": input.country, "subdivision": input.subdivision or None} if input.country else {}


QUERIES = [own_preferences, defaults]
MUTATIONS = [notification_preferences_set, notification_defaults_set]
