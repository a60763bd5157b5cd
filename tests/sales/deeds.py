"""Whatever people can do, by name and at random; and the rows made again from what the journal tells of it."""

from collections.abc import Set
from datetime import timedelta
from typing import Any

from sales import database, pipelines, statuses, steps
from sales.ids import new_id
from sales.journal import Changes, Event, plain
from sales.leads import Lead, Status
from sales.leads.create import Placement, Standing, create
from sales.leads.edit import LeadFields, edit, star, unstar
from sales.leads.moves import move
from sales.leads.owners import assign, claim
from sales.moments import After
from sales.pipelines import Pipeline
from sales.reminders import Reminder
from sales.reminders import decisions as reminders
from sales.steps import Step, StepFields
from sales.steps.delete import delete_step
from sales.viewers import Viewer
from tests.factories import events

TABLES = {"lead": Lead, "reminder": Reminder, "step": Step, "pipeline": Pipeline}
LATER = After(timedelta(days=1))
KEPT = {"todo_at"}
"""Columns that triggers keep: they follow from other rows, and no event tells of them."""

DEEDS = (
    "create", "standby", "take_up", "win", "lose", "cancel", "reopen", "edit", "star", "unstar", "move_step",
    "move_before", "assign", "claim", "remind", "snooze", "done", "call_off", "move_reminder", "add_step",
    "move_pipeline_step", "archive_step", "restore_step", "delete_step", "rename",
)  # fmt: skip


async def do(name: str, one: int, other: int, by: Viewer, ben: Viewer) -> None:
    """Do one of DEEDS to the lead, step or reminder that the numbers pick. Raises what the rules refuse."""
    leads = await Lead.filter(account_id=by.account.id).order_by("number")
    all_steps = await Step.filter(account_id=by.account.id).order_by("position")
    all_reminders = await Reminder.filter(account_id=by.account.id).order_by("id")
    lead = leads[one % len(leads)].id if leads else new_id()
    neighbour = leads[other % len(leads)].id if leads else new_id()
    step = all_steps[one % len(all_steps)]
    target = all_steps[other % len(all_steps)]
    reminder = all_reminders[one % len(all_reminders)].id if all_reminders else new_id()
    match name:
        case "create":
            status = list(Status)[one % 5]
            standing = Standing(status, until=LATER if status == Status.STANDBY else None, note="n")
            owner = [by.user.id, ben.user.id, None][other % 3]
            await create(
                by=by, fields=LeadFields(title=f"Lead {one}", description="d"), owner_id=owner,
                placement=Placement(step_id=target.id), standing=standing,
            )  # fmt: skip
        case "standby":
            await statuses.stand_by(lead, by=by, until=LATER)
        case "take_up":
            await statuses.take_up(lead, by=by)
        case "win" | "lose" | "cancel":
            status = {"win": Status.WON, "lose": Status.LOST, "cancel": Status.CANCELLED}[name]
            await statuses.close(lead, by=by, status=status)
        case "reopen":
            await statuses.reopen(lead, by=by, until=LATER if other % 2 else None)
        case "edit":
            await edit(lead, by=by, fields=LeadFields(title=f"Edited {other}", probability=other))
        case "star":
            await star(lead, by=by)
        case "unstar":
            await unstar(lead, by=by)
        case "move_step":
            await move(lead, by=by, step_id=target.id)
        case "move_before":
            await move(lead, by=by, before_id=neighbour)
        case "assign":
            await assign(lead, by=by, owner_id=[by.user.id, ben.user.id, None][other % 3])
        case "claim":
            await claim(lead, by=ben)
        case "remind":
            await reminders.set_reminder(lead, by=by, at=LATER, note="call")
        case "snooze":
            await reminders.snooze(reminder, by=by, until=LATER)
        case "done":
            await reminders.done(reminder, by=by)
        case "call_off":
            await reminders.cancel(reminder, by=by)
        case "move_reminder":
            await reminders.move(reminder, by=by, at=After(timedelta(hours=other + 1)))
        case "add_step":
            await steps.create(
                step.pipeline_id, by=by, fields=StepFields(name=f"Step {one}{other}"), before_id=target.id
            )
        case "move_pipeline_step":
            await steps.move(step.id, by=by, before_id=target.id)
        case "archive_step":
            await steps.archive(step.id, by=by)
        case "restore_step":
            await steps.restore(step.id, by=by)
        case "delete_step":
            await delete_step(step.id, by=by, target_step_id=target.id)
        case "rename":
            await pipelines.rename(step.pipeline_id, by=by, name=f"Pipeline {other}")
        case _:
            raise AssertionError(name)


def replayed(journal: list[Event], apart_from: Set[str] = frozenset()) -> dict[str, dict[str, dict[str, Any]]]:
    """The rows of every table, made from the events alone."""
    rows: dict[str, dict[str, dict[str, Any]]] = {model._meta.db_table: {} for model in TABLES.values()}
    for event in journal:
        own = {name: change for name, change in event.all_changes.items() if isinstance(change, list)}
        others = {name: change for name, change in event.all_changes.items() if isinstance(change, dict)}
        word = event.kind.split(".")[0]
        if word in TABLES:
            _apply(rows[TABLES[word]._meta.db_table], str(event.subject_id), own, apart_from)
        for table, changed in others.items():
            for id, change in changed.items():
                _apply(rows.setdefault(table, {}), id, change, apart_from)
    return rows


def _apply(rows: dict[str, dict[str, Any]], id: str, changes: Changes, apart_from: Set[str]) -> None:
    row = rows.setdefault(id, {})
    for column, (before, after) in changes.items():
        if column in apart_from:
            continue
        assert row.get(column) == before, f"{column} was {row.get(column)}, not {before}"
        row[column] = after
    if row.get("id") is None and "id" in changes:
        del rows[id]


async def stored(by: Viewer) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for model in TABLES.values():
        rows = await model.filter(account_id=by.account.id)
        found[model._meta.db_table] = {
            str(row.pk): {
                column: plain(getattr(row, column)) for column in database.columns_of(model) if column not in KEPT
            }
            for row in rows
        }
    return found


async def require_replayable(by: Viewer, *, apart_from: Set[str] = frozenset()) -> None:
    """The rows made again from the journal are the rows that are stored."""
    rebuilt, actual = replayed(await events(by), apart_from), await stored(by)
    for table, rows in actual.items():
        for row in rows.values():
            for column in apart_from:
                row.pop(column, None)
        made = {id: {column: row.get(column) for column in rows.get(id, {})} for id, row in rebuilt[table].items()}
        assert made == rows, table
