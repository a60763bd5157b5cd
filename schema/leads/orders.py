"""Orders of leads: by any of their values, also by those that SQL has to work out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import strawberry
from tortoise.models import Model

from reads import Key, Row
from sales import leads
from sales.pipelines import Pipeline
from sales.reasons import Reason
from sales.reminders import Reminder
from sales.steps import Step
from sales.users import User
from schema.words import by_status, described


class LeadOrderField(StrEnum):
    """What leads can be sorted by."""

    NUMBER = "number"
    CREATED_AT = "created_at"
    TITLE = "title"
    AMOUNT = "amount"
    STATUS_CHANGED_AT = "status_changed_at"
    EXPECTED_CLOSE_ON = "expected_close_on"
    RANK = "rank"
    STATUS = "status_place"
    STEP = "step_place"
    STEP_ENTERED_AT = "step_entered_at"
    PIPELINE = "pipeline_place"
    OWNER = "owner_name"
    CREATED_BY = "creator_name"
    REASON = "reason_label"
    PROBABILITY = "probability_of_step_too"
    WEIGHTED_AMOUNT = "weighted_amount"
    IS_STARRED = "stars"
    NEXT_REMINDER = "next_reminder_at"
    DUE_AT = "due_at"
    CLOSED_AT = "closed_at"


class OrderDirection(StrEnum):
    """Which end comes first."""

    ASC = "ASC"
    DESC = "DESC"


class OrderNulls(StrEnum):
    """Where empty values go."""

    FIRST = "FIRST"
    LAST = "LAST"


described(
    LeadOrderField,
    "What leads can be sorted by.",
    NUMBER="The number within the account.",
    CREATED_AT="When it came up.",
    TITLE="The title, letter by letter.",
    AMOUNT="The amount, whatever the currency.",
    STATUS_CHANGED_AT="Since when it has its status.",
    EXPECTED_CLOSE_ON="The expected closing date.",
    RANK="The place in the column of the board; makes sense within one step.",
    STATUS="The status: TODO, STANDBY, WON, LOST, CANCELLED.",
    STEP="The place of its step in the pipeline; with several pipelines sort by PIPELINE first.",
    STEP_ENTERED_AT="Since when it is in its step.",
    PIPELINE="The place of its pipeline among the others.",
    OWNER="The owner's name, whatever its case and accents; empty: nobody's.",
    CREATED_BY="The name of who made it, whatever its case and accents.",
    REASON="Why it was closed, whatever case and accents; empty: open, or nobody said.",
    PROBABILITY="Per cent: its own, or its step's; empty: neither has one.",
    WEIGHTED_AMOUNT="Amount times probability (none is zero), whatever the currency; empty: no amount is known.",
    IS_STARRED="Those without a star, then those with one; DESC is the other way round.",
    NEXT_REMINDER="The moment of its earliest pending reminder, as in the filter `due`; empty: none is.",
    DUE_AT="The moment to show beside it, its `dueAt`; empty: there is none.",
    CLOSED_AT="When it was closed; empty: it is open.",
)
described(
    OrderDirection, "Which end comes first.", ASC="The smallest, or the earliest.", DESC="The largest, or latest."
)
described(OrderNulls, "Where empty values go.", FIRST="Before all others.", LAST="After all others.")


@strawberry.input(description="One thing to sort by.")
class LeadOrder:
    field: LeadOrderField = strawberry.field(description="By what. It can't be null.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end comes first. It can't be null."
    )
    nulls: OrderNulls = strawberry.field(default=OrderNulls.LAST, description="Where empty values go; never null.")


class _Value(NamedTuple):
    """What a field is sorted by: its type, whether it can be empty, and how SQL works it out if it is no column."""

    kind: type
    can_be_empty: bool = False
    sql: Callable[[Row], str] | None = None


def sorted_by(order_by: Sequence[LeadOrder]) -> tuple[Key, ...]:
    """The sort keys, newest first without any; a field that comes twice counts once, and the id is the last."""
    fields = {order.field: order for order in reversed(order_by or _NEWEST_FIRST)}
    keys = [
        Key(
            each.field.value,
            _VALUES[each.field].kind,
            descending=each.direction == OrderDirection.DESC,
            nulls_first=each.nulls == OrderNulls.FIRST if _VALUES[each.field].can_be_empty else None,
        )
        for each in reversed(fields.values())
    ]
    return (*keys, Key("id", UUID))


def asked(order_by: Sequence[Mapping[str, Any]] | None) -> list[LeadOrder]:
    """The orders in an argument of a query, as a plan sees it."""
    return [
        LeadOrder(
            field=LeadOrderField(each["field"]),
            direction=OrderDirection(each["direction"]),
            nulls=OrderNulls(each["nulls"]),
        )
        for each in order_by or []
    ]


def sortable(row: Row, order_by: Sequence[LeadOrder]) -> str:
    """The leads to select from, with what they are sorted by as columns."""
    found = row.rows_of(leads.Lead)
    lead = Row(row.statement, row.statement.name("l"), leads.Lead)
    values = {order.field.value: _VALUES[order.field].sql for order in order_by}
    columns = "".join(f", {sql(lead)} as {name}" for name, sql in values.items() if sql)
    return f"(select {lead}.*{columns} from {found} {lead} {' '.join(lead.joins)})" if columns else found


def _joined(lead: Row, model: type[Model], column: str, *, source: str = "") -> Row:
    """The row of another table that a column names, joined: to look one up for each lead takes four times as long."""
    other = Row(lead.statement, lead.statement.name("o"), model)
    lead.joins.append(f"left join {source or lead.rows_of(model)} {other} on {other.id} = {column}")
    return other


def _step(lead: Row) -> Row:
    return _joined(lead, Step, lead.step_id)


def _pipeline(lead: Row) -> str:
    return _joined(lead, Pipeline, _step(lead).pipeline_id).position


def _named(lead: Row, model: type[Model], column: str, *, name: str) -> str:
    # "offset 0" has PostgreSQL make plain letters of each name once, and not for each lead.
    source = f"(select n.id, plain_text(n.{name}) as plain from {lead.rows_of(model)} n offset 0)"
    return _joined(lead, model, column, source=source).plain


def _next_reminder_at(lead: Row) -> str:
    pending = f"select r.lead_id as id, min(r.due_at) as at from {lead.rows_of(Reminder)} r where r.state = 'PENDING'"
    return _joined(lead, Reminder, lead.id, source=f"({pending} group by r.lead_id)").at


def _due_at(lead: Row) -> str:
    """As `computed.due_at`."""
    reminders = lead.rows_of(Reminder)
    fired = f"select r.lead_id as id, max(r.due_at) as at from {reminders} r where r.state = 'FIRED' group by r.lead_id"
    waking = f"select r.id, r.due_at as at from {lead.rows_of(Reminder)} r where r.state in ('PENDING', 'FIRED')"
    last_fired = _joined(lead, Reminder, lead.id, source=f"({fired})").at
    wakes = _joined(lead, Reminder, lead.waking_reminder_id, source=f"({waking})").at
    return f"case when {lead.waking_reminder_id} is null then {last_fired} else {wakes} end"


def _probability(lead: Row) -> str:
    return f"coalesce({lead.probability}, {_step(lead).probability})"


def _weighted(lead: Row) -> str:
    return f"{lead.amount} * coalesce({_probability(lead)}, 0) * 0.01"


_NEWEST_FIRST = (LeadOrder(field=LeadOrderField.NUMBER, direction=OrderDirection.DESC),)

_VALUES: dict[LeadOrderField, _Value] = {
    LeadOrderField.NUMBER: _Value(int),
    LeadOrderField.CREATED_AT: _Value(datetime),
    LeadOrderField.TITLE: _Value(str),
    LeadOrderField.AMOUNT: _Value(Decimal, can_be_empty=True),
    LeadOrderField.STATUS_CHANGED_AT: _Value(datetime),
    LeadOrderField.EXPECTED_CLOSE_ON: _Value(date, can_be_empty=True),
    LeadOrderField.RANK: _Value(str),
    LeadOrderField.STATUS: _Value(int, sql=lambda lead: by_status(lead.status)),
    LeadOrderField.STEP: _Value(int, sql=lambda lead: _step(lead).position),
    LeadOrderField.STEP_ENTERED_AT: _Value(datetime),
    LeadOrderField.PIPELINE: _Value(int, sql=_pipeline),
    LeadOrderField.OWNER: _Value(
        str, can_be_empty=True, sql=lambda lead: _named(lead, User, lead.owner_id, name="name")
    ),
    LeadOrderField.CREATED_BY: _Value(
        str, can_be_empty=True, sql=lambda lead: _named(lead, User, lead.created_by_id, name="name")
    ),
    LeadOrderField.REASON: _Value(
        str, can_be_empty=True, sql=lambda lead: _named(lead, Reason, lead.reason_id, name="label")
    ),
    LeadOrderField.PROBABILITY: _Value(int, can_be_empty=True, sql=_probability),
    LeadOrderField.WEIGHTED_AMOUNT: _Value(Decimal, can_be_empty=True, sql=_weighted),
    LeadOrderField.IS_STARRED: _Value(int, sql=lambda lead: f"{lead.is_starred}::integer"),
    LeadOrderField.NEXT_REMINDER: _Value(datetime, can_be_empty=True, sql=_next_reminder_at),
    LeadOrderField.DUE_AT: _Value(datetime, can_be_empty=True, sql=_due_at),
    LeadOrderField.CLOSED_AT: _Value(datetime, can_be_empty=True),
}
