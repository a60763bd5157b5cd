"""Moments: an instant, a local time, a day or a delay, as a person chooses it."""

import datetime as dt

import strawberry

from sales.moments import After, At, Local, Moment, On
from schema.scalars import TimeZone


@strawberry.input(description="A time on the clocks of a place.")
class LocalMomentInput:
    date: dt.date = strawberry.field(description="The day there. It can't be null.")
    time: dt.time = strawberry.field(
        description="The time there. One that a clock change skips moves forward; one that occurs twice means the "
        "first. It can't be null."
    )
    time_zone: TimeZone = strawberry.field(description="Where. It can't be null.")


@strawberry.input(one_of=True, description="A moment: exactly one of these, and that one not null.")
class MomentInput:
    at: dt.datetime | None = strawberry.field(default=strawberry.UNSET, description="An instant. Left out, never null.")
    local: LocalMomentInput | None = strawberry.field(
        default=strawberry.UNSET, description="A time on the clocks of a place. Left out, never null."
    )
    on: dt.date | None = strawberry.field(
        default=strawberry.UNSET,
        description="A day in your own time zone: due when it begins, and today at once. Left out, never null.",
    )
    after: dt.timedelta | None = strawberry.field(
        default=strawberry.UNSET, description="A delay from now; a day is 24 hours. Left out, never null."
    )


def read(moment: MomentInput) -> Moment:
    if moment.at:
        return At(moment.at)
    if moment.local:
        return Local(moment.local.date, moment.local.time, moment.local.time_zone)
    if moment.on:
        return On(moment.on)
    assert moment.after is not None, "GraphQL lets exactly one through"
    return After(moment.after)


def maybe(moment: MomentInput | None) -> Moment | None:
    return read(moment) if moment else None
