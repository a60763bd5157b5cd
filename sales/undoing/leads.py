"""A lead and its reminders as they were before an event, from what the event itself says."""

from typing import Any, TypeVar
from uuid import UUID

from tortoise.models import Model

from sales.errors import CannotUndo, FieldConflict, NotFound, VersionConflict, WhyNotUndone
from sales.journal import Changes, Event, Kind, plain
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.leads.locking import locked_to_edit
from sales.reminders import Reminder, ReminderState, end, tell_new_owner_in_the_morning
from sales.steps import Step, locked_step
from sales.undoing.places import has_moved_since, put_in_place
from sales.viewers import Viewer

M = TypeVar("M", bound=Model)

_FOLLOWS = {"status_changed_at": "status", "step_entered_at": "step_id"}
"""What goes back along with another column, and is nothing that people would miss by itself."""

_CHOSEN = ("state", "due_at", "activity", "note")
"""Of a reminder that the event set: what somebody may have changed since, by choice or because it came due."""


async def undone_lead(event: Event, *, by: Viewer) -> Draft:
    """The draft that puts one lead back; its step, the lead and its reminders are locked."""
    assert event.lead_id is not None
    step = await _step_of_return(event, by)
    lead = await locked_to_edit(event.lead_id, by=by, path="position")
    draft = await put_back(event, lead, by=by)
    if step is not None and lead.step_id == step.id:
        await put_in_place(draft, event, lead, step)
    return draft


async def put_back(event: Event, lead: Lead, *, by: Viewer) -> Draft:
    """Put back all but the place in the column. Raises VersionConflict with all that has changed since."""
    draft = Draft(Kind.LEAD_UNDONE, lead, by=by, lead=lead, happened_at=event.happened_at)
    told = {column: change for column, change in event.changes_of_lead.items() if isinstance(change, list)}
    changes = {column: told[column] for column in told.keys() - {"version", "rank"}}
    conflicts = [
        FieldConflict(column, _text(after), _text(now), _text(before))
        for column, (before, after) in sorted(changes.items())
        if column not in _FOLLOWS and (now := plain(getattr(lead, column))) not in (before, after)
    ]
    if "step_id" not in told and "rank" in told and await has_moved_since(event, lead):
        conflicts.append(FieldConflict("rank", None, None, None))
    conflicts += await _put_reminders_back(draft, event, lead)
    if conflicts:
        raise VersionConflict(lead.version, conflicts, path="position")
    draft.change(lead, **{column: value_of(lead, column, changes[column][0]) for column in _still(changes, lead)})
    if "waking_reminder_id" in draft.changed(lead) and lead.owner_id != event.owner_id:
        await tell_new_owner_in_the_morning(draft, lead)
    return draft


def value_of(row: Model | type[Model], column: str, told: Any) -> Any:
    """A value that the journal tells, as the column has it."""
    return row._meta.fields_map[column].to_python_value(told)


def row_before(model: type[M], changes: Changes) -> M:
    """A row that the event removed, from what the event keeps of it."""
    own = {column: change[0] for column, change in changes.items() if isinstance(change, list)}
    return model(**{column: value_of(model, column, told) for column, told in own.items()})


def _still(changes: Changes, lead: Lead) -> list[str]:
    """The columns that are not back already, and what follows them."""
    away = {
        column
        for column, (before, _) in changes.items()
        if column not in _FOLLOWS and plain(getattr(lead, column)) != before
    }
    return [column for column in changes if _FOLLOWS.get(column, column) in away]


async def _step_of_return(event: Event, by: Viewer) -> Step | None:
    """The step in which the lead gets its place again, locked; None: it keeps the place that it has."""
    told = event.changes_of_lead
    if not told.keys() & {"rank", "step_id"}:
        return None
    if "step_id" in told:
        step_id = UUID(told["step_id"][0])
    else:
        step_id = (await Lead.get(account_id=event.account_id, id=event.lead_id)).step_id
    try:
        return await locked_step(step_id, by=by)
    except NotFound:
        raise CannotUndo(WhyNotUndone.STEP_GONE) from None


async def _put_reminders_back(draft: Draft, event: Event, lead: Lead) -> list[FieldConflict]:
    """What the event set is called off, what it ended is as it was; gives what somebody changed since."""
    told: Changes = event.all_changes.get("reminders", {})
    touched = Reminder.filter(account_id=lead.account_id, id__in=list(told))
    now, conflicts = await draft.by.now(), []
    for reminder in await touched.order_by("id").select_for_update(no_key=True):
        changes = told[str(reminder.id)]
        is_new = "id" in changes
        before = {"state": ReminderState.CANCELLED} if is_new else {column: changes[column][0] for column in changes}
        if plain(reminder.state) == plain(before.get("state")):
            continue
        found = [_conflict(reminder, column, changes[column][1], before.get(column))
                 for column in changes if column in _CHOSEN]  # fmt: skip
        conflicts += [conflict for conflict in found if conflict.base != conflict.theirs]
        if is_new:
            end(draft, reminder, now, ReminderState.CANCELLED)
        else:
            draft.change(reminder, **{column: value_of(reminder, column, value) for column, value in before.items()})
    return conflicts


def _conflict(reminder: Reminder, column: str, base: Any, yours: Any) -> FieldConflict:
    return FieldConflict(f"reminder_{column}", _text(base), _text(plain(getattr(reminder, column))), _text(yours))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
