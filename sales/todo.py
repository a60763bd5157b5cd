"""The morning list: a person's own open leads that want him or her today."""

from datetime import datetime

from tortoise.expressions import RawSQL
from tortoise.queryset import QuerySet

from sales.leads import Lead, Status
from sales.moments import end_of_day
from sales.viewers import Viewer

# A reminder that names nobody is the owner's, and in this list the owner is the viewer.
_MOMENT = RawSQL('"leads"."todo_at"')


def morning_list(by: Viewer, now: datetime) -> list[QuerySet[Lead]]:
    """My open leads that are TODO, or with a pending or fired reminder of mine due before my local midnight.

    What will wake a standby lead is such a reminder. Each has its earliest such moment as `moment`, None without one;
    in that order, nulls last, the list begins with what is late.

    In three parts that follow one another in that order: before midnight, later, and without a moment. Each is a
    stretch of an index, so that a page reads no more rows than it shows, however many leads are put away.
    """
    midnight = end_of_day(now, zone=by.user.time_zone)
    mine = Lead.filter(account_id=by.account.id, owner_id=by.user.id).annotate(moment=_MOMENT)
    to_do = mine.filter(status=Status.TODO)
    return [
        mine.filter(status__in=[Status.TODO, Status.STANDBY], moment__lt=midnight),
        to_do.filter(moment__gte=midnight),
        to_do.filter(moment__isnull=True),
    ]
