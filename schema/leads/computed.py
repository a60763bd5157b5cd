"""What SQL works out about a lead, for whoever shows it, looks for it or sorts by it."""

from reads import Row
from sales.reminders import Reminder
from sales.steps import Step
from schema.comparisons import zone_of_viewer


def probability(lead: Row) -> str:
    """Its own, or its step's; null: neither has one."""
    of_step = f"(select s.probability from {lead.rows_of(Step)} s where s.id = {lead.step_id})"
    return f"coalesce({lead.probability}, {of_step})"


def pending(lead: Row) -> str:
    """Its pending reminders, to select from as `r`."""
    return f"{lead.rows_of(Reminder)} r where r.lead_id = {lead.id} and r.state = 'PENDING'"


def due_at(lead: Row) -> str:
    """The moment to show beside it: of what will wake it, or of the last reminder that fired and is not done."""
    reminder = f"from {lead.rows_of(Reminder)} r where r.lead_id = {lead.id}"
    fired = f"(select r.due_at {reminder} and r.state = 'FIRED' order by r.due_at desc limit 1)"
    waking = f"(select r.due_at {reminder} and r.id = {lead.waking_reminder_id} and r.state in ('PENDING', 'FIRED'))"
    return f"case when {lead.waking_reminder_id} is null then {fired} else {waking} end"


def is_overdue(lead: Row) -> str:
    return f"coalesce({due_at(lead)} < now(), false)"


def days_late(lead: Row) -> str:
    """How many days ago that moment was, on the viewer's calendar."""
    zone = lead.bind(zone_of_viewer, "text")
    return f"coalesce(greatest(0, (now() at time zone {zone})::date - ({due_at(lead)} at time zone {zone})::date), 0)"
