"""Preferences: what a person wants to be told, by which way, how often, and when not.

choosing.py   what people and administrators decide
held.py       what is held already, planned again when somebody has decided otherwise
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from typing import Any, Final

from tortoise import fields
from tortoise.models import Model

from sales.calendars import EVERY_DAY, Calendar, Quiet
from sales.deliveries import Channel
from sales.ids import new_id
from sales.moments import Morning
from sales.notifications import NotificationKind


class NotificationChannel(StrEnum):
    """A way to a person."""

    IN_APP = "IN_APP"
    EMAIL = "EMAIL"
    PUSH = "PUSH"
    CHAT = "CHAT"


class Pace(StrEnum):
    """How often something goes out by a channel."""

    AT_ONCE = "AT_ONCE"
    HOURLY = "HOURLY"
    MORNING = "MORNING"


PACED: Final = (NotificationChannel.EMAIL, NotificationChannel.PUSH, NotificationChannel.CHAT)
"""The inbox holds nothing back."""


class Preferences(Model):
    """What one person has decided about being told, or an administrator for all who have decided nothing else."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    user_id = fields.UUIDField(null=True, description="Whose; null: the account's defaults")
    choices: dict[str, dict[str, bool]] = fields.JSONField(
        default=dict, description="{kind: {channel: is on}}; what is not there is as for all others"
    )
    paces: dict[str, str] = fields.JSONField(default=dict, description="{channel: pace}; likewise")
    quiet_hours: list[dict[str, Any]] | None = fields.JSONField(
        null=True, description="[{days, start, end}]; null: as for all others"
    )
    working_days: list[int] | None = fields.JSONField(null=True, description="From 1, Monday; null: as for all others")
    holidays: dict[str, str | None] | None = fields.JSONField(
        null=True, description="{country, subdivision}; {}: none; null: as for all others"
    )

    class Meta:
        table = "preferences"


@dataclass(frozen=True)
class Decided:
    """What counts for one person: their own choices, over the account's, over what is usual."""

    calendar: Calendar
    choices: tuple[Mapping[str, Mapping[str, bool]], ...] = ()
    paces: Mapping[str, str] = field(default_factory=dict)

    def hears(self, kind: NotificationKind, channel: NotificationChannel | Channel) -> bool:
        """Whether this is told by that channel; everything is that nobody has turned off."""
        for choices in self.choices:
            choice = choices.get(kind.value, {}).get(channel.value)
            if choice is not None:
                return choice
        return True

    def pace(self, channel: NotificationChannel | Channel) -> Pace:
        return Pace(self.paces.get(channel.value, Pace.AT_ONCE))


def decided(own: Preferences | None, usual: Preferences | None, *, morning: Morning) -> Decided:
    """What counts for somebody with these preferences (None: nothing decided) in an account with those defaults."""
    rows = [row for row in (own, usual) if row is not None]

    def first(column: str, otherwise: Any) -> Any:
        return next((value for row in rows if (value := getattr(row, column)) is not None), otherwise)

    observed = first("holidays", {})
    calendar = Calendar(
        morning,
        quiet=tuple(quiet_of(each) for each in first("quiet_hours", [])),
        working_days=frozenset(first("working_days", EVERY_DAY)),
        country=observed.get("country"),
        subdivision=observed.get("subdivision"),
    )
    paces = {channel: pace for row in reversed(rows) for channel, pace in row.paces.items()}
    return Decided(calendar, tuple(row.choices for row in rows), paces)


def quiet_of(kept: Mapping[str, Any]) -> Quiet:
    """Quiet hours as they are kept."""
    return Quiet(frozenset(kept["days"]), time.fromisoformat(kept["start"]), time.fromisoformat(kept["end"]))
