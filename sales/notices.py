"""What a notification says, in its reader's language: made from the event when it is read, never stored."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import orjson
from babel.dates import format_date, format_time, format_timedelta

from sales import database
from sales.journal import Changes
from sales.moments import zone_named
from sales.money import Money, in_words
from sales.notifications import NotificationKind
from sales.sentences import say
from sales.steps import name_of
from sales.viewers import sees

_STEP_BEFORE = "(c.changes #>> '{step_id,0}')::uuid"
_STEP_AFTER = "coalesce(c.changes #>> '{step_id,1}', j.data ->> 'targetStepId')::uuid"

_OF_YOURS = frozenset({NotificationKind.STATUS_CHANGED, NotificationKind.STEP_CHANGED, NotificationKind.AMOUNT_CHANGED})

# Columns of the lead lie at the top of an event about the lead, and under `leads` in one about its reminder.
_LOAD = f"""
select n.id, n.kind, n.position, n.lead_id, j.kind as event, j.at, j.data, c.changes,
  reader.id as reader_id, reader.name as reader, reader.email, reader.locale, reader.time_zone,
  actor.name as actor, owner.name as owner,
  l.number, case when seen.is_seen then l.amount end as amount, case when seen.is_seen then l.currency end as currency,
  -- Who may not see the lead any more reads its title as it was then, and nothing of what is in it now.
  case when seen.is_seen then l.title else (
    select t.private #>> '{{title,1}}' from journal t
    where t.account_id = n.account_id and t.lead_id = n.lead_id and t.position <= n.position and t.private ? 'title'
    order by t.position desc limit 1) end as title,
  case when j.kind in ('step.deleted', 'pipeline.deleted') then j.changes #>> '{{name,0}}'
    when j.kind in ('step.undone', 'pipeline.undone') then j.changes #>> '{{name,1}}'
    else {name_of("n.account_id", _STEP_BEFORE)} end as step_before,
  {name_of("n.account_id", _STEP_AFTER)} as step_after,
  r.due_at, r.notify_at, r.local_date, r.local_time, case when seen.is_seen then r.activity end as activity,
  case when seen.is_seen then r.note end as note, reminded.name as reminded,
  j.owner_id is not distinct from n.user_id as is_owner,
  case when n.kind = 'ENDPOINT_DISABLED' then (
    select e.name || ' (' || e.shown || ')' from endpoints e where e.account_id = n.account_id and e.id = j.subject_id)
  end as endpoint, j.changes #>> '{{disabled_because,1}}' as because
from notifications n
join journal j on j.account_id = n.account_id and j.position = n.position
cross join lateral (
  select coalesce(case when j.subject_id = j.lead_id then j.changes
    else j.changes #> array['leads', j.lead_id::text] end, '{{}}') as changes) c
join users reader on reader.account_id = n.account_id and reader.id = n.user_id
left join users actor on actor.account_id = n.account_id and actor.id = j.actor_id
left join users owner on owner.account_id = n.account_id and owner.id = j.owner_id
left join leads l on l.account_id = n.account_id and l.id = n.lead_id
cross join lateral (select {sees("reader", "l.owner_id")} as is_seen) seen
left join reminders r on r.account_id = n.account_id and r.id = n.reminder_id
left join users reminded on reminded.account_id = r.account_id and reminded.id = r.user_id
where n.id = any($1)
"""


_UNITS: dict[Literal["day", "hour", "minute"], timedelta] = {
    "day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1),
}  # fmt: skip


@dataclass(frozen=True)
class Notice:
    """One notification with all that its words need."""

    id: UUID
    kind: NotificationKind
    position: int
    lead_id: UUID | None
    event: str
    at: datetime
    data: dict[str, Any]
    changes: Changes
    reader_id: UUID
    reader: str
    email: str
    locale: str
    time_zone: str
    actor: str | None
    owner: str | None
    number: int | None
    title: str | None
    amount: Decimal | None
    currency: str | None
    step_before: str | None
    step_after: str | None
    due_at: datetime | None
    notify_at: datetime | None
    local_date: date | None
    local_time: time | None
    activity: str | None
    note: str | None
    reminded: str | None
    endpoint: str | None
    because: str | None
    is_owner: bool = True

    @property
    def sentence(self) -> str:
        """What happened, in one sentence."""
        return self._say(f"notice-{self._name}", **self._values())

    @property
    def subject(self) -> str:
        """The same for the subject line of an e-mail: what is to be done comes first."""
        if self.kind == NotificationKind.REMINDER_AHEAD:
            return self._say("notice-subject-ahead", **self._values())
        if self.kind == NotificationKind.REMINDER_DUE:
            return self._say("notice-subject", activity=self.activity or self._say("notice-reminder"), lead=self.title)
        return self.sentence

    @property
    def details(self) -> list[tuple[str, str]]:
        """What else there is to know, as labels and values."""
        rows = [
            ("moment", self._moment()),
            ("activity", self.activity),
            ("note", self.note),
            ("status", _from_to(*(self._status(side) for side in (0, 1)))),
            ("step", _from_to(self.step_before, self.step_after)),
            ("amount", _from_to(*(self._money(side) for side in (0, 1)))),
            ("by", self.actor),
        ]
        return [(self._say(f"detail-{name}"), value) for name, value in rows if value]

    @property
    def _name(self) -> str:
        if self.kind == NotificationKind.ENDPOINT_DISABLED:
            return "endpoint-disabled"
        if self.kind == NotificationKind.EMAIL_BOUNCED:
            return "email-bounced"
        if self.lead_id is None:
            return self.event.replace(".", "-")
        if self.kind == NotificationKind.LEAD_TAKEN_AWAY and self.owner is None:
            return "lead-left-to-nobody"
        if self.kind == NotificationKind.AMOUNT_CHANGED and self._money(1) is None:
            return f"{self._of_whom}amount-removed"
        if self.kind == NotificationKind.OWNER_CHANGED and self.owner is None:
            return "owner-removed"
        prefix = self._of_whom if self.kind in _OF_YOURS else ""
        return prefix + self.kind.lower().replace("_", "-")

    @property
    def _of_whom(self) -> str:
        """Who watches a lead is not told that it is theirs."""
        return "" if self.is_owner else "watched-"

    def _values(self) -> dict[str, Any]:
        known = {
            "actor": self.actor or self._say("notice-somebody"),
            "lead": self.title,
            "owner": self.owner,
            "status": self._status(1),
            "before": self.step_before,
            "step": self.step_after,
            "amount": self._money(1),
            "endpoint": self.endpoint,
            "because": self.because,
            "activity": self.activity or self._say("notice-reminder"),
            "reminded": self.reminded or self._say("notice-somebody"),
            "in": self._ahead(),
            "email": self.email,
            "leads": self.data.get("owners", {}).get(str(self.reader_id), 0),
        }
        return {name: "?" if value is None else value for name, value in known.items()}

    def _say(self, name: str, **values: Any) -> str:
        return say(self.locale, name, **values)

    def _ahead(self) -> str | None:
        """How far away the reminder was when this was told: in 1 hour."""
        if self.kind != NotificationKind.REMINDER_AHEAD or self.notify_at is None:
            return None
        left = timedelta(minutes=round((self.notify_at - self.at) / timedelta(minutes=1)))
        unit = next(unit for unit, length in _UNITS.items() if left % length == timedelta(0))
        return format_timedelta(left, granularity=unit, threshold=math.inf, add_direction=True, locale=self.locale)

    def _moment(self) -> str | None:
        """When the reminder came due on the reader's clocks; a day alone stays a day."""
        if self.due_at is None:
            return None
        if self.local_date is not None and self.local_time is None:
            return format_date(self.local_date, "full", locale=self.locale)
        zone = zone_named(self.time_zone, path="timeZone")
        day = format_date(self.due_at.astimezone(zone), "full", locale=self.locale)
        return f"{day}, {format_time(self.due_at, 'short', tzinfo=zone, locale=self.locale)}"

    def _status(self, side: int) -> str | None:
        """The status before (0) or after (1) the event, where it changed and somebody decided so."""
        status = self.changes["status"][side] if "status" in self.changes and self.actor else None
        return self._say(f"status-{status.lower()}") if status else None

    def _money(self, side: int) -> str | None:
        """The amount before (0) or after (1) the event, where it changed."""
        if not {"amount", "currency"} & self.changes.keys():
            return None
        amount, currency = (
            self.changes[column][side] if column in self.changes else getattr(self, column)
            for column in ("amount", "currency")
        )
        return in_words(Money(Decimal(amount), currency), self.locale) if amount is not None and currency else None


async def load(ids: Sequence[UUID]) -> dict[UUID, Notice]:
    """The notices of these notifications, in one query, whatever their number."""
    return {row["id"]: _notice(row) for row in await database.fetch(_LOAD, list(ids))}


def _notice(row: database.Row) -> Notice:
    parsed = {name: orjson.loads(row[name]) for name in ("changes", "data")}
    return Notice(**{**row, **parsed, "kind": NotificationKind(row["kind"])})


def _from_to(before: str | None, after: str | None) -> str | None:
    return f"{before} → {after}" if before and after else after
