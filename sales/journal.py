"""The journal: one row for everything that happened, in order, never changed.

A verb drafts an event: what it adds, changes and removes. Writing the draft is the verb's last statement: it
takes the position from the account's head, writes the rows and the event, and so no path can forget to tell.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from tortoise import fields
from tortoise.models import Model

from sales import database

if TYPE_CHECKING:
    from sales.leads import Lead
    from sales.viewers import Viewer

Changes = dict[str, Any]


class Kind(StrEnum):
    """What can happen. New kinds are appended; none is renamed, since the journal is never changed."""

    ACCOUNT_OPENED = "account.opened"
    ACCOUNT_REASONS_REQUIRED = "account.reasons_required"
    USER_ADDED = "user.added"
    USER_PREFERENCES_SET = "user.preferences_set"
    TEAM_CREATED = "team.created"
    TEAM_MEMBER_ADDED = "team.member_added"
    SESSION_OPENED = "session.opened"
    SESSION_REVOKED = "session.revoked"
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    PIPELINE_CREATED = "pipeline.created"
    PIPELINE_RENAMED = "pipeline.renamed"
    PIPELINE_MOVED = "pipeline.moved"
    PIPELINE_MADE_DEFAULT = "pipeline.made_default"
    PIPELINE_ARCHIVED = "pipeline.archived"
    PIPELINE_RESTORED = "pipeline.restored"
    PIPELINE_DELETED = "pipeline.deleted"
    STEP_CREATED = "step.created"
    STEP_EDITED = "step.edited"
    STEP_MOVED = "step.moved"
    STEP_ARCHIVED = "step.archived"
    STEP_RESTORED = "step.restored"
    STEP_DELETED = "step.deleted"
    STEP_REBALANCED = "step.rebalanced"
    REASON_ADDED = "reason.added"
    REASON_ARCHIVED = "reason.archived"
    REASON_RESTORED = "reason.restored"
    LEAD_CREATED = "lead.created"
    LEAD_EDITED = "lead.edited"
    LEAD_MOVED = "lead.moved"
    LEAD_ASSIGNED = "lead.assigned"
    LEAD_CLAIMED = "lead.claimed"
    LEAD_STARRED = "lead.starred"
    LEAD_UNSTARRED = "lead.unstarred"
    LEAD_STOOD_BY = "lead.stood_by"
    LEAD_TAKEN_UP = "lead.taken_up"
    LEAD_WON = "lead.won"
    LEAD_LOST = "lead.lost"
    LEAD_CANCELLED = "lead.cancelled"
    LEAD_REOPENED = "lead.reopened"
    LEAD_CLOSING_CORRECTED = "lead.closing_corrected"
    REMINDER_SET = "reminder.set"
    REMINDER_MOVED = "reminder.moved"
    REMINDER_SNOOZED = "reminder.snoozed"
    REMINDER_FIRED = "reminder.fired"
    REMINDER_DONE = "reminder.done"
    REMINDER_CANCELLED = "reminder.cancelled"
    NOTIFICATION_READ = "notification.read"
    NOTIFICATION_UNREAD = "notification.unread"
    NOTIFICATION_ALL_READ = "notification.all_read"
    NOTIFICATION_ARCHIVED = "notification.archived"


class JournalHead(Model):
    """How far an account's journal has come; every writer locks it, last of all, in its last statement."""

    account_id = fields.UUIDField(primary_key=True)
    position = fields.BigIntField(default=0)
    last_at = fields.DatetimeField()
    lead_number = fields.BigIntField(default=0)

    class Meta:
        table = "journal_heads"


class DispatchCursor(Model):
    """How far the dispatch has read an account's journal."""

    account_id = fields.UUIDField(primary_key=True)
    dispatched = fields.BigIntField(default=0)

    class Meta:
        table = "dispatch_cursors"


class Event(Model):
    """Something that happened; the key is (account_id, position)."""

    position = fields.BigIntField(primary_key=True)
    account_id = fields.UUIDField()
    kind = fields.CharField(max_length=40)
    at = fields.DatetimeField(description="When it was written; never runs backwards within an account")
    happened_at = fields.DatetimeField(description="When it took place in business")
    actor = fields.CharField(max_length=10, description="USER, KEY or CLOCK")
    actor_id = fields.UUIDField(null=True, description="The person, also where a key acted for one")
    key_id = fields.UUIDField(null=True)
    request_id = fields.CharField(max_length=64, null=True)
    subject_id = fields.UUIDField()
    lead_id = fields.UUIDField(null=True)
    lead_version = fields.BigIntField(null=True)
    owner_id = fields.UUIDField(null=True, description="The lead's owner after the event")
    caused_by = fields.BigIntField(null=True, description="Position of the bulk event that this is a part of")
    changes: Changes = fields.JSONField(description="{column: [from, to]} of the subject, {table: {id: ...}} of others")
    private: Changes = fields.JSONField(description="The same for free text; emptied when a person is erased")
    data: dict[str, Any] = fields.JSONField(description="What else a reader needs; its meaning depends on the kind")

    class Meta:
        table = "journal"

    @property
    def all_changes(self) -> Changes:
        """Changes and private changes of the subject and of the other rows, merged."""
        return _merged(self.changes, self.private)


class Draft:
    """An event being written, and the rows that it adds, changes and removes."""

    def __init__(
        self,
        kind: Kind,
        subject: Model,
        *,
        by: "Viewer",
        lead: "Lead | None" = None,
        happened_at: datetime | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        self.kind = kind
        self.subject = subject
        self.by = by
        self.lead = lead
        self.happened_at = happened_at or by.acting_at
        self.data = data or {}
        self.warnings: list[Any] = []
        self.parts: list[Draft] = []
        self._rows: dict[tuple[str, UUID], _Row] = {}

    def add(self, row: Model) -> None:
        """A new row; every column that holds something is in the event."""
        noted = self._row(row, "insert")
        for column in database.columns_of(type(row)):
            noted.note(column, None, getattr(row, column))

    def change(self, row: Model, **values: Any) -> None:
        """Set columns of a row that this transaction has locked; what stays the same is not noted."""
        noted = self._row(row, "update")
        for column, value in values.items():
            noted.note(column, getattr(row, column), value)
            setattr(row, column, value)

    def remove(self, row: Model) -> None:
        """Delete a row; the event keeps what was in it."""
        noted = self._row(row, "delete")
        for column in database.columns_of(type(row)):
            noted.note(column, getattr(row, column), None)

    @property
    def is_empty(self) -> bool:
        return not self.parts and not any(row.changes or row.operation != "update" for row in self._rows.values())

    def changed(self, row: Model) -> Changes:
        """What this draft has noted of a row so far."""
        noted = self._rows.get(_key(row))
        return dict(noted.changes) if noted else {}

    def all_rows(self) -> Iterable["_Row"]:
        for draft in (self, *self.parts):
            yield from draft._rows.values()

    def raise_versions(self) -> None:
        """A change that a person can see raises the lead's version; a change of rank alone does not."""
        for draft in (self, *self.parts):
            if draft.lead is None or draft.lead.number == 0:
                continue
            seen = [set(row.changes) - {"rank"} for row in draft._rows.values()]
            if any(seen) and draft.kind != Kind.STEP_REBALANCED:
                draft.change(draft.lead, version=draft.lead.version + 1)

    def event(self, n: int, caused_by: int | None) -> dict[str, Any]:
        """The journal row as JSON; `n` counts from 1 within the statement."""
        changes: Changes = {}
        private: Changes = {}
        for row in self._rows.values():
            own = row.model_is(self.subject)
            for target, part in ((changes, row.open()), (private, row.private())):
                if own:
                    target.update(part)
                elif part:
                    target.setdefault(row.table, {})[str(row.id)] = part
        return {
            "n": n,
            "kind": self.kind,
            "happened_at": self.happened_at,
            "actor": "KEY" if self.by.key_id else "USER",
            "actor_id": self.by.user.id,
            "key_id": self.by.key_id,
            "request_id": self.by.request_id,
            "subject_id": self.subject.pk,
            "lead_id": self.lead.id if self.lead else None,
            "lead_version": self.lead.version if self.lead else None,
            "owner_id": self.lead.owner_id if self.lead else None,
            "caused_by": caused_by,
            "is_new_lead": self.kind == Kind.LEAD_CREATED,
            "changes": changes,
            "private": private,
            "data": self.data,
        }

    def _row(self, row: Model, operation: str) -> "_Row":
        return self._rows.setdefault(_key(row), _Row(row, operation))


class _Row:
    """One row that a draft touches."""

    def __init__(self, row: Model, operation: str) -> None:
        self.row = row
        self.operation = operation
        self.table: str = row._meta.db_table
        self.id: UUID = row.pk
        self.changes: Changes = {}

    def note(self, column: str, old: Any, new: Any) -> None:
        first = self.changes[column][0] if column in self.changes else plain(old)
        if first == plain(new):
            self.changes.pop(column, None)
        else:
            self.changes[column] = [first, plain(new)]

    def model_is(self, row: Model) -> bool:
        return (self.table, self.id) == _key(row)

    def open(self) -> Changes:
        return {c: change for c, change in self.changes.items() if c not in self._private | self._secret}

    def private(self) -> Changes:
        return {c: change for c, change in self.changes.items() if c in self._private}

    def values(self) -> dict[str, Any]:
        """What the statement needs of the row, as JSON: all of it, the changed columns and the id, or the id."""
        if self.operation == "insert":
            return {column: plain(getattr(self.row, column)) for column in database.columns_of(type(self.row))}
        changed = self.changes if self.operation == "update" else {}
        return {"id": str(self.id)} | {column: change[1] for column, change in changed.items()}

    @property
    def _private(self) -> frozenset[str]:
        return getattr(self.row, "PRIVATE", frozenset())

    @property
    def _secret(self) -> frozenset[str]:
        """Columns that are written and never told."""
        return getattr(self.row, "SECRET", frozenset())


async def write(draft: Draft, *, key: str | None = None, outcome: dict[str, Any] | None = None) -> int:
    """Write the rows, take the positions, insert the events: one statement. Returns the event's position.

    Everything it updates was locked before in the house's order, so the head is the last lock taken.
    """
    draft.raise_versions()
    by = draft.by
    events = [draft.event(1, None), *(part.event(n, 1) for n, part in enumerate(draft.parts, start=2))]
    new_leads = sum(event["is_new_lead"] for event in events)
    values: list[Any] = [by.account.id, len(events), new_leads, dumps(events)]
    writes = _writes(draft.all_rows(), values)
    if key is not None:
        values += [by.user.id, key, dumps(outcome)]
        n = len(values)
        writes.append(
            f"""update idempotency_keys k set outcome = ${n}::jsonb || jsonb_build_object('position', h.base + 1)
                from h where k.account_id = $1 and k.actor_id = ${n - 2} and k.key = ${n - 1}"""
        )
    ctes = "".join(f", w{n} as ({sql})" for n, sql in enumerate(writes))
    [row] = await database.fetch(_WRITE.replace("/*writes*/", ctes), *values)
    position: int = row["position"]
    return position


_WRITE = """
with h as (
  update journal_heads set position = position + $2, lead_number = lead_number + $3,
    last_at = greatest(last_at, clock_timestamp())
  where account_id = $1
  returning position - $2 as base, lead_number - $3 as numbers, last_at
)/*writes*/, e as (
  select r.*, count(*) filter (where is_new_lead) over (order by n) as new_leads
  from jsonb_to_recordset($4::jsonb) as r(
    n bigint, kind text, happened_at timestamptz, actor text, actor_id uuid, key_id uuid, request_id text,
    subject_id uuid, lead_id uuid, lead_version bigint, owner_id uuid, caused_by bigint, is_new_lead boolean,
    changes jsonb, private jsonb, data jsonb)
), j as (
  insert into journal (account_id, position, kind, at, happened_at, actor, actor_id, key_id, request_id, subject_id,
    lead_id, lead_version, owner_id, caused_by, changes, private, data)
  select $1, h.base + e.n, e.kind, h.last_at, coalesce(e.happened_at, h.last_at), e.actor, e.actor_id, e.key_id,
    e.request_id, e.subject_id, e.lead_id, e.lead_version, e.owner_id, h.base + e.caused_by,
    case when e.is_new_lead
      then e.changes || jsonb_build_object('number', jsonb_build_array(null, h.numbers + e.new_leads))
      else e.changes end,
    e.private, e.data
  from h, e order by e.n
)
select base + 1 as position from h
"""


def _writes(rows: Iterable[_Row], values: list[Any]) -> list[str]:
    """One statement per table, operation and set of columns; their rows go as JSON into `values`."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[dict[str, Any]]] = {}
    for row in rows:
        if row.operation == "update" and not row.changes:
            continue
        columns = tuple(row.values())
        groups.setdefault((row.table, row.operation, columns), []).append(row.values())
    statements = []
    for (table, operation, columns), group in groups.items():
        values.append(dumps(group))
        statements.append(
            _STATEMENT[operation](table, columns, f"jsonb_populate_recordset(null::{table}, ${len(values)}::jsonb)")
        )
    return statements


def _insert(table: str, columns: tuple[str, ...], rows: str) -> str:
    names = ", ".join(columns)
    if table != "leads":
        return f"insert into {table} ({names}) select {names} from {rows}"
    # A lead's number comes from the head that this very statement locks.
    taken = ", ".join("h.numbers + row_number() over ()" if name == "number" else f"n.{name}" for name in columns)
    return f"insert into leads ({names}) select {taken} from h, {rows} n"


def _update(table: str, columns: tuple[str, ...], rows: str) -> str:
    sets = ", ".join(f"{name} = n.{name}" for name in columns if name != "id")
    key = "t.id = $1" if table == "accounts" else "t.account_id = $1"
    return f"update {table} t set {sets} from {rows} n where {key} and t.id = n.id"


def _delete(table: str, columns: tuple[str, ...], rows: str) -> str:
    return f"delete from {table} t using {rows} n where t.account_id = $1 and t.id = n.id"


_STATEMENT = {"insert": _insert, "update": _update, "delete": _delete}


def plain(value: Any) -> Any:
    """A column's value as the journal keeps it: text for what JSON has no word for; instants in UTC."""
    match value:
        case datetime():
            return value.isoformat()
        case date() | time():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case UUID():
            return str(value)
        case StrEnum():
            return value.value
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def dumps(value: Any) -> str:
    return orjson.dumps(value, default=plain).decode()


def _key(row: Model) -> tuple[str, UUID]:
    return row._meta.db_table, row.pk


def _merged(first: Changes, second: Changes) -> Changes:
    merged = dict(first)
    for name, change in second.items():
        merged[name] = _merged(merged[name], change) if isinstance(merged.get(name), dict) else change
    return merged
