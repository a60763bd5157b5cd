"""The morning list: a person's own open leads that want him or her today."""

from datetime import datetime

from tortoise.expressions import Q, RawSQL
from tortoise.queryset import QuerySet

from sales.leads import Lead, Status
from sales.moments import end_of_day
from sales.viewers import Viewer

# A reminder that names nobody is the owner's, and in this list the owner is the viewer.
_MOMENT = """(select min(r.due_at) from reminders r
  where r.account_id = "leads"."account_id" and r.lead_id = "leads"."id" and r.state in ('PENDING', 'FIRED')
    and coalesce(r.user_id, "leads"."owner_id") = "leads"."owner_id")"""


def morning_list(by: Viewer, now: datetime) -> QuerySet[Lead]:
    """My open leads that are TODO, or with a pending or fired reminder of mine due before my local midnight.

    What will wake a standby lead is such a reminder. Each has its earliest such moment as `moment`, None without one;
    in that order, nulls last, the list begins with what is late.
    """
    midnight = end_of_day(now, zone=by.user.time_zone)
    mine = Lead.filter(account_id=by.account.id, owner_id=by.user.id, status__in=[Status.TODO, Status.STANDBY])
    return mine.annotate(moment=RawSQL(_MOMENT)).filter(Q(status=Status.TODO) | Q(moment__lt=midnight))
