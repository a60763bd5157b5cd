"""Advice: it was done, but look at this."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sales.sentences import say


class AdviceCode(StrEnum):
    """What is worth a look although it was done."""

    MOMENT_MOVED = "MOMENT_MOVED"
    REMINDERS_KEPT = "REMINDERS_KEPT"
    MANY_STEPS = "MANY_STEPS"
    GUARDS_SKIPPED = "GUARDS_SKIPPED"
    SECRET_SHOWN_ONCE = "SECRET_SHOWN_ONCE"
    MAY_ARRIVE_TWICE = "MAY_ARRIVE_TWICE"


@dataclass(frozen=True)
class Advice:
    """Done, but look at this; `ids` are the rows that it is about."""

    code: AdviceCode
    ids: tuple[UUID, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)

    def message(self, locale: str) -> str:
        return say(locale, "advice-" + self.code.lower().replace("_", "-"), **self.values)
