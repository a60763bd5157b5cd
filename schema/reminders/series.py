"""Series: what people decide about reminders that come again."""

import strawberry

from sales import reminders
from sales.reminders import decisions
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import ids
from schema.mutations import mutation
from schema.reminders import Reminder


@strawberry.input(description="One of a series of reminders to leave out.")
class ReminderSkipInput:
    id: strawberry.ID = strawberry.field(description="The pending one of the series. It can't be null.")


@strawberry.input(description="A series of reminders to end.")
class ReminderEndSeriesInput:
    id: strawberry.ID = strawberry.field(description="Any of the series. It can't be null.")


@mutation("reminder", Reminder)
async def reminder_skip(by: Viewer, input: ReminderSkipInput) -> Outcome:
    """Leave out the pending one of a series. Answers the next, or the skipped one where the series is at its end."""
    return await decisions.skip(ids.read(input.id, reminders.Reminder), by=by)


@mutation("reminder", Reminder)
async def reminder_end_series(by: Viewer, input: ReminderEndSeriesInput) -> Outcome:
    """Let a series of reminders come no more; its pending one is cancelled."""
    return await decisions.end_series(ids.read(input.id, reminders.Reminder), by=by)


MUTATIONS = [reminder_skip, reminder_end_series]
