"""The morning list: what to do today, late first."""

from datetime import datetime

import strawberry

import reads
from reads import Key, Row
from sales import leads
from schema.connections import After, Before, Connection, First, Last
from schema.leads import Lead
from schema.rights import me

_BY_MOMENT = (Key("moment", datetime, nulls_first=False), Key("id"))


def _mine(row: Row) -> str:
    """My open leads that are TODO, or with a pending or fired reminder of mine due before my local midnight.

    What will wake a standby lead is such a reminder. Each has its earliest such moment as `moment`, null without one;
    in that order, nulls last, the list begins with what is late. It is one walk along an index that is sorted as the
    list is, and ends with the page.
    """
    owner, zone = me(row), row.bind(_zone, "text")
    midnight = f"(((now() at time zone {zone})::date + 1)::timestamp at time zone {zone})"
    # A case, where an "or" would be taken to look in other indexes, whose rows would have to be sorted.
    wanted = f"l.status in ('TODO', 'STANDBY') and case l.status when 'TODO' then true else l.todo_at < {midnight} end"
    return f"(select l.*, l.todo_at as moment from {row.rows_of(leads.Lead)} l where l.owner_id = {owner} and {wanted})"


def _zone(run: reads.Run) -> object:
    return run.who.user.time_zone


@strawberry.type(description="A lead in the morning list.")
class TodoItem:
    lead: Lead = strawberry.field(description="The lead. Never null.", metadata=reads.same_row())
    moment: datetime | None = strawberry.field(
        description="The earliest moment at which you wanted to come back to it; null: none was chosen."
    )
    is_late: bool = strawberry.field(
        description="Whether that moment is past. Never null.",
        metadata=reads.computed(lambda item: f"coalesce({item.moment} < now(), false)"),
    )


@strawberry.field(
    graphql_type=Connection[TodoItem],
    description="Your morning list: your open leads that are TODO, in STANDBY until before your midnight, or with a "
    "reminder of yours due by then; each once, by its earliest moment: late first, then due today, then the rest. "
    "Never null.",
    metadata=reads.connection(leads.Lead, lambda *_: "true", order=_BY_MOMENT, rows=lambda row, _: _mine(row)),
)
def todo(first: First = None, after: After = None, last: Last = None, before: Before = None) -> None: ...


QUERIES = [todo]
