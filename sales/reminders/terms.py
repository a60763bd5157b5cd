"""Terms of a reminder: of what it tells ahead, what dissolves it, and who is told when nobody acknowledges it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypedDict

from sales.errors import InvalidValue
from sales.verbs import Checks

MOST_AHEAD = 5
FURTHEST_AHEAD = timedelta(minutes=40_320)  # four weeks
_MINUTE = timedelta(minutes=1)
SHORTEST_ESCALATION, LONGEST_ESCALATION = _MINUTE, timedelta(days=28)


class Until(StrEnum):
    """What makes a reminder pointless before its moment: somebody did this to the lead after it was set."""

    STATUS_CHANGED = "STATUS_CHANGED"
    ACTIVITY_LOGGED = "ACTIVITY_LOGGED"
    STEP_LEFT = "STEP_LEFT"


class TermColumns(TypedDict):
    """The terms as a reminder keeps them; lengths in seconds."""

    ahead: list[int]
    until: list[str]
    escalate_after: int | None


@dataclass(frozen=True)
class Terms:
    """Lead times before the moment, what dissolves it (never one that wakes a lead), and the delay of escalation."""

    ahead: Sequence[timedelta] = ()
    until: Sequence[Until] = ()
    escalate_after: timedelta | None = None

    def columns(self) -> TermColumns:
        """Checked, in order and each once. Raises InvalidValue, all at once."""
        checks = Checks()
        if len(set(self.ahead)) > MOST_AHEAD:
            checks.refusals.append(InvalidValue("aheadOf", "too_many", most=MOST_AHEAD))
        if any(not _MINUTE <= each <= FURTHEST_AHEAD for each in self.ahead):
            checks.refusals.append(InvalidValue("aheadOf", "lead_time_out_of_range"))
        after = self.escalate_after
        if after is not None and not SHORTEST_ESCALATION <= after <= LONGEST_ESCALATION:
            checks.refusals.append(InvalidValue("escalateAfter", "escalation_out_of_range"))
        checks.done()
        return {
            "ahead": sorted({int(each.total_seconds()) for each in self.ahead}),
            "until": sorted({each.value for each in self.until}),
            "escalate_after": None if after is None else int(after.total_seconds()),
        }


NO_TERMS = Terms()
