"""Columns as clients know them: `step_id` is `stepId`, and its values are ids with their type."""

from typing import Any
from uuid import UUID

from tortoise.models import Model

from sales.reasons import Reason
from sales.reminders import Reminder
from sales.steps import Step
from sales.users import User
from schema import ids

REFERENCES: dict[str, type[Model]] = {"step_id": Step, "owner_id": User, "reason_id": Reason}


TOLD = (
    "title", "description", "amount", "currency", "probability", "expected_close_on", "is_starred", "status",
    "closed_at", "reason_id", "step_id", "owner_id",
)  # fmt: skip
"""The columns of a lead whose changes a person can make sense of."""


def camel(column: str) -> str:
    first, *others = column.split("_")
    return first + "".join(word.title() for word in others)


def shown_value(column: str, value: Any) -> str | None:
    """A column's value as text; a reference as the id that clients know."""
    if value is None:
        return None
    model = Reminder if column == "waking_reminder_id" else REFERENCES.get(column)
    if model is not None:
        return ids.shown(model, UUID(str(value)))
    return str(value).lower() if isinstance(value, bool) else str(value)
