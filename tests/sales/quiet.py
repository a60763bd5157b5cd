"""Quiet hours that it is right now."""

from datetime import datetime, timedelta

from sales import database
from sales.calendars import EVERY_DAY, Quiet
from sales.viewers import Viewer


async def night(by: Viewer, *, length: timedelta = timedelta(hours=8)) -> tuple[list[Quiet], datetime]:
    """Quiet hours of every day that began an hour ago, and when they end."""
    [row] = await database.fetch(
        "select date_trunc('minute', now() at time zone $1) as wall, date_trunc('minute', now()) as now",
        by.user.time_zone,
    )
    wall, start = row["wall"], row["now"] - timedelta(hours=1)
    return [Quiet(EVERY_DAY, (wall - timedelta(hours=1)).time(), (wall - timedelta(hours=1) + length).time())], (
        start + length
    )
