"""Leads: the central object, with all that one sees of it at a glance."""

from datetime import date, datetime
from typing import Any

import strawberry
from strawberry import Parent

import reads
from reads import Row
from sales import journal, leads, money, pipelines, reasons, reminders, statuses, steps, users
from sales.leads import Status
from sales.moments import zone_named
from sales.reminders import ReminderState
from schema import rights
from schema.connections import After, Before, Connection, First, Last, Page, Slice
from schema.context import Context, Info
from schema.events import Event
from schema.history import history_of
from schema.money import Money, of_row
from schema.nodes import Node
from schema.orders import AS_IT_HAPPENED
from schema.pipelines import Pipeline
from schema.reasons import Reason
from schema.reminders import Reminder
from schema.steps import Step
from schema.users import User


def _probability(lead: Row) -> str:
    return (
        f"coalesce({lead.probability}, (select s.probability from {lead.rows_of(steps.Step)} s "
        f"where s.id = {lead.step_id}))"
    )


def _due(lead: Row) -> str:
    reminder = f"from {lead.rows_of(reminders.Reminder)} r where r.lead_id = {lead.id}"
    fired = f"(select r.due_at {reminder} and r.state = 'FIRED' order by r.due_at desc limit 1)"
    waking = f"(select r.due_at {reminder} and r.id = {lead.waking_reminder_id} and r.state in ('PENDING', 'FIRED'))"
    return f"case when {lead.waking_reminder_id} is null then {fired} else {waking} end"


def _late(lead: Row) -> str:
    zone = lead.bind(_zone, "text")
    return f"coalesce(greatest(0, (now() at time zone {zone})::date - ({_due(lead)} at time zone {zone})::date), 0)"


def _zone(run: reads.Run) -> str:
    zone: str = run.who.user.time_zone
    return zone


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

    @strawberry.field(
        graphql_type=Money | None,
        description="What it is worth; null: unknown.",
        metadata=reads.same_row(present=of_row),
    )
    def amount(self, lead: Parent[leads.Lead]) -> money.Money | None:
        return None if lead.amount is None or lead.currency is None else money.Money(lead.amount, lead.currency)

    @strawberry.field(
        description="Per cent: its own, or its step's; null: neither has one.",
        metadata=reads.computed(_probability),
    )
    async def probability(self, lead: Parent[leads.Lead], info: Info) -> int | None:
        step = await info.context.loaders.one(steps.Step).load(lead.step_id) if lead.probability is None else None
        probability: int | None = step.probability if step else lead.probability
        return probability

    @strawberry.field(
        description="Per cent, as somebody set it on the lead itself; null: the step's counts.",
        metadata=reads.computed(lambda lead: lead.probability),
    )
    def own_probability(self, lead: Parent[leads.Lead]) -> int | None:
        probability: int | None = lead.probability
        return probability

    @strawberry.field(
        graphql_type=Step,
        description="How far along the sale is. Never null.",
        metadata=reads.to_one(steps.Step, "step_id"),
    )
    async def step(self, lead: Parent[leads.Lead], info: Info) -> steps.Step | None:
        return await info.context.loaders.one(steps.Step).load(lead.step_id)

    @strawberry.field(
        graphql_type=Pipeline,
        description="The pipeline of its step. Never null.",
        metadata=reads.one(
            pipelines.Pipeline,
            lambda lead, pipeline, _: (
                f"{pipeline.id} = (select s.pipeline_id from {lead.rows_of(steps.Step)} s where s.id = {lead.step_id})"
            ),
        ),
    )
    async def pipeline(self, lead: Parent[leads.Lead], info: Info) -> pipelines.Pipeline | None:
        step = await info.context.loaders.one(steps.Step).load(lead.step_id)
        return await info.context.loaders.one(pipelines.Pipeline).load(step.pipeline_id) if step else None

    @strawberry.field(
        graphql_type=User | None,
        description="Whose it is; null: nobody's, it can be claimed.",
        metadata=reads.to_one(users.User, "owner_id"),
    )
    async def owner(self, lead: Parent[leads.Lead], info: Info) -> users.User | None:
        return await info.context.loaders.one(users.User).load(lead.owner_id) if lead.owner_id else None

    @strawberry.field(
        graphql_type=User | None,
        description="Who made it. Null when that person can't be seen.",
        metadata=reads.to_one(users.User, "created_by_id"),
    )
    async def created_by(self, lead: Parent[leads.Lead], info: Info) -> users.User | None:
        return await info.context.loaders.one(users.User).load(lead.created_by_id)

    @strawberry.field(
        graphql_type=Reason | None,
        description="Why it was closed; null: open, or nobody said.",
        metadata=reads.to_one(reasons.Reason, "reason_id"),
    )
    async def reason(self, lead: Parent[leads.Lead], info: Info) -> reasons.Reason | None:
        return await info.context.loaders.one(reasons.Reason).load(lead.reason_id) if lead.reason_id else None

    @strawberry.field(
        graphql_type=Reminder | None,
        description="Its earliest pending reminder; null: none is.",
        metadata=reads.one(
            reminders.Reminder,
            lambda lead, reminder, _: (
                f"{reminder.id} = (select r.id from {lead.rows_of(reminders.Reminder)} r "
                f"where r.lead_id = {lead.id} and r.state = 'PENDING' order by r.due_at, r.id limit 1)"
            ),
        ),
    )
    async def next_reminder(self, lead: Parent[leads.Lead], info: Info) -> reminders.Reminder | None:
        found = await info.context.loaders.open_reminders_of.load(lead.id)
        return next((each for each in found if each.state == ReminderState.PENDING), None)

    @strawberry.field(
        description="The moment to show beside it: of what will wake it, or of the last reminder that fired and is "
        "not done; null: there is none.",
        metadata=reads.computed(_due),
    )
    async def due_at(self, lead: Parent[leads.Lead], info: Info) -> datetime | None:
        return await _due_at(info.context, lead)

    @strawberry.field(
        description="Whether that moment is past. Never null.",
        metadata=reads.computed(lambda lead: f"coalesce({_due(lead)} < now(), false)"),
    )
    async def is_overdue(self, lead: Parent[leads.Lead], info: Info) -> bool:
        due_at = await _due_at(info.context, lead)
        return due_at is not None and due_at < await info.context.now()

    @strawberry.field(
        description="How many days ago that moment was, on your calendar: 0 today, and where nothing is late. "
        "Never null.",
        metadata=reads.computed(_late),
    )
    async def days_late(self, lead: Parent[leads.Lead], info: Info) -> int:
        due_at = await _due_at(info.context, lead)
        if due_at is None:
            return 0
        zone = zone_named(info.context.by.user.time_zone, path="timeZone")
        today = (await info.context.now()).astimezone(zone).date()
        return max(0, (today - due_at.astimezone(zone).date()).days)

    @strawberry.field(
        description="The statuses that it may be given next; may be empty, never null.",
        metadata=reads.computed(_allowed),
    )
    def allowed_statuses(self, lead: Parent[leads.Lead]) -> list[Status]:
        return statuses.allowed_from(lead.status)

    @strawberry.field(
        description="Whether you may change it, and not only look at it. Never null.",
        metadata=reads.computed(rights.may_edit),
    )
    def may_edit(self, lead: Parent[leads.Lead], info: Info) -> bool:
        return info.context.by.may_edit(lead)

    @strawberry.field(
        graphql_type=Connection[Event],
        description="What happened to it, in order: `last: 5` are the latest five. Never null.",
        metadata=reads.connection(
            journal.Event,
            lambda lead, event, _: f"{event.account_id} = {lead.account_id} and {event.lead_id} = {lead.id}",
            order=AS_IT_HAPPENED,
        ),
    )
    async def history(
        self,
        lead: Parent[leads.Lead],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Slice:
        return await history_of(info.context, lead.id, Page.of(first, after, last, before))

    @strawberry.field(
        graphql_type=list[Reminder],
        description="Its open reminders, pending and fired, by their moment; may be empty, never null. "
        "The ended ones are in the query `reminders`.",
        metadata=reads.many(
            reminders.Reminder,
            lambda lead, reminder, _: f"{reminder.lead_id} = {lead.id} and {reminder.state} in ('PENDING', 'FIRED')",
            order=lambda reminder: f"{reminder.due_at}, {reminder.id}",
        ),
    )
    async def reminders(self, lead: Parent[leads.Lead], info: Info) -> list[Any]:
        return await info.context.loaders.open_reminders_of.load(lead.id)


async def _due_at(context: Context, lead: leads.Lead) -> datetime | None:
    found = await context.loaders.open_reminders_of.load(lead.id)
    waking = [each.due_at for each in found if each.id == lead.waking_reminder_id]
    fired = [each.due_at for each in found if each.state == ReminderState.FIRED]
    return next(iter(waking or fired[-1:]), None)
