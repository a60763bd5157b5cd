"""Leads: the central object, with all that one sees of it at a glance."""

from datetime import date, datetime

import strawberry

import reads
from reads import Row
from sales import journal, leads, pipelines, reasons, reminders, statuses, steps, users
from sales.leads import Status
from sales.watches import Attention
from schema import rights
from schema.attention import DESCRIPTION, attention
from schema.connections import After, Before, Connection, First, Last
from schema.events import AS_IT_HAPPENED, Event
from schema.leads import computed
from schema.money import Money, of_row
from schema.nodes import Node
from schema.pipelines import Pipeline
from schema.reasons import Reason
from schema.reminders import Reminder
from schema.steps import Step
from schema.users import User


def _allowed(lead: Row) -> str:
    cases = " ".join(
        f"when '{status}' then array[{', '.join(repr(str(each)) for each in statuses.allowed_from(status))}]::text[]"
        for status in Status
    )
    return f"case {lead.status} {cases} end"


@strawberry.type(description="A real chance of a sale.")
class Lead(Node, over=leads.Lead):
    number: int = strawberry.field(description="For people: 1, 2, 3, ... within the account. Never null.")
    version: int = strawberry.field(
        description="Grows with each change that a person can see; send it as `expectedVersion`. Never null."
    )
    title: str = strawberry.field(description="What it is about. Never null.")
    description: str = strawberry.field(description="All else there is to know; may be empty, never null.")
    is_starred: bool = strawberry.field(description="Marked as important, for everybody. Never null.")
    expected_close_on: date | None = strawberry.field(description="When a decision is expected; null: unknown.")
    created_at: datetime = strawberry.field(description="When it came up; may be back-dated. Never null.")
    status: Status = strawberry.field(description="Is it alive, and must I act now? Never null.")
    status_changed_at: datetime = strawberry.field(description="Since when it has its status. Never null.")
    closed_at: datetime | None = strawberry.field(description="When it was closed; null: it is open.")
    step_entered_at: datetime = strawberry.field(description="Since when it is in its step. Never null.")
    amount: Money | None = strawberry.field(
        description="What it is worth; null: unknown.", metadata=reads.same_row(present=of_row)
    )
    probability: int | None = strawberry.field(
        description="Per cent: its own, or its step's; null: neither has one.",
        metadata=reads.computed(computed.probability),
    )
    own_probability: int | None = strawberry.field(
        description="Per cent, as somebody set it on the lead itself; null: the step's counts.",
        metadata=reads.computed(lambda lead: lead.probability),
    )
    step: Step = strawberry.field(
        description="How far along the sale is. Never null.", metadata=reads.to_one(steps.Step, "step_id")
    )
    pipeline: Pipeline = strawberry.field(
        description="The pipeline of its step. Never null.",
        metadata=reads.one(
            pipelines.Pipeline,
            lambda lead, pipeline, _: (
                f"{pipeline.id} = (select s.pipeline_id from {lead.rows_of(steps.Step)} s where s.id = {lead.step_id})"
            ),
        ),
    )
    owner: User | None = strawberry.field(
        description="Whose it is; null: nobody's, it can be claimed.", metadata=reads.to_one(users.User, "owner_id")
    )
    created_by: User | None = strawberry.field(
        description="Who made it. Null when that person can't be seen.",
        metadata=reads.to_one(users.User, "created_by_id"),
    )
    reason: Reason | None = strawberry.field(
        description="Why it was closed; null: open, or nobody said.", metadata=reads.to_one(reasons.Reason, "reason_id")
    )
    next_reminder: Reminder | None = strawberry.field(
        description="Its earliest pending reminder; null: none is.",
        metadata=reads.one(
            reminders.Reminder,
            lambda lead, reminder, _: (
                f"{reminder.id} = (select r.id from {lead.rows_of(reminders.Reminder)} r "
                f"where r.lead_id = {lead.id} and r.state = 'PENDING' order by r.due_at, r.id limit 1)"
            ),
        ),
    )
    due_at: datetime | None = strawberry.field(
        description="The moment to show beside it: of what will wake it, or of the last reminder that fired and is "
        "not done; null: there is none.",
        metadata=reads.computed(computed.due_at),
    )
    is_overdue: bool = strawberry.field(
        description="Whether that moment is past. Never null.",
        metadata=reads.computed(computed.is_overdue),
    )
    days_late: int = strawberry.field(
        description="How many days ago that moment was, on your calendar: 0 today, and where nothing is late. "
        "Never null.",
        metadata=reads.computed(computed.days_late),
    )
    allowed_statuses: list[Status] = strawberry.field(
        description="The statuses that it may be given next; may be empty, never null.",
        metadata=reads.computed(_allowed),
    )
    may_edit: bool = strawberry.field(
        description="Whether you may change it, and not only look at it. Never null.",
        metadata=reads.computed(rights.may_edit),
    )
    attention: Attention | None = strawberry.field(description=DESCRIPTION, metadata=attention("lead_id"))

    @strawberry.field(
        graphql_type=Connection[Event],
        description="What happened to it, in order: `last: 5` are the latest five. Never null.",
        metadata=reads.connection(
            journal.Event,
            lambda lead, event, _: f"{event.account_id} = {lead.account_id} and {event.lead_id} = {lead.id}",
            order=AS_IT_HAPPENED,
        ),
    )
    def history(self, first: First = None, after: After = None, last: Last = None, before: Before = None) -> None: ...

    reminders: list[Reminder] = strawberry.field(
        description="Its open reminders, pending and fired, by their moment; may be empty, never null. "
        "The ended ones are in the query `reminders`.",
        metadata=reads.many(
            reminders.Reminder,
            lambda lead, reminder, _: f"{reminder.lead_id} = {lead.id} and {reminder.state} in ('PENDING', 'FIRED')",
            order=lambda reminder: f"{reminder.due_at}, {reminder.id}",
        ),
    )
