"""A draft is an event being written, with the rows that it adds, changes and removes.

Writing it is the last statement of a verb: it takes the position from the account's head, writes the rows and the
event, and so no path can forget to tell.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise.models import Model

from sales import attempts, database
from sales.advice import Advice
from sales.attempts import Overtaken
from sales.journal import Changes, Kind, dumps, plain

if TYPE_CHECKING:
    from sales.leads import Lead
    from sales.viewers import Viewer


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
        is_clocks: bool = False,
    ) -> None:
        self.kind = kind
        self.subject = subject
        self.by = by
        self.lead = lead
        self.happened_at = happened_at or by.acting_at
        self.data = data or {}
        self.is_clocks = is_clocks
        self.warnings: list[Advice] = []
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
            "actor": "CLOCK" if self.is_clocks else "KEY" if self.by.key_id else "USER",
            "actor_id": None if self.is_clocks else self.by.user.id,
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
        noted = self._rows.setdefault(_key(row), _Row(row, operation))
        assert noted.operation == operation or operation == "update", "added, changed or removed: one of these"
        return noted


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
    holds, if_held = _holds(draft, values)
    if by.guess is not None:
        condition, versions = by.guess.condition(len(values))
        values += versions
        if_held += f" and {condition}"
    sql = _WRITE.replace("/*holds*/", holds).replace("/*if held*/", if_held).replace("/*writes*/", ctes)
    rows = await database.fetch(sql, *values)
    if not rows:
        raise Overtaken
    position: int = rows[0]["position"]
    return position


_WRITE = """
with /*holds*/h as (
  update journal_heads set position = position + $2, lead_number = lead_number + $3,
    last_at = greatest(last_at, clock_timestamp())
  where account_id = $1 /*if held*/
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


def _holds(draft: Draft, values: list[Any]) -> tuple[str, str]:
    """In an attempt: locks what it rests on, one row after the other while they are as they were read, then the head.

    Whoever waited for a lock sees the row as it is by then, so a version that somebody replaced is not found.
    """
    begun = attempts.running()
    if begun is None:
        return "", ""
    if any(row.operation != "insert" and _key(row.row) not in begun.rows for row in draft.all_rows()):
        raise Overtaken
    ctes, condition = "", ""
    for n, held in enumerate(begun.in_order()):
        values += [held.id, held.xmin]
        ctes += f"""held{n} as materialized (select from {held.table} where account_id = $1
          and id = ${len(values) - 1} and xmin = ${len(values)} {condition} for no key update), """
        condition = f"and exists (select from held{n})"
    return ctes, condition


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


_HEAD_TAKEN = "exists (select from h)"


def _insert(table: str, columns: tuple[str, ...], rows: str) -> str:
    names = ", ".join(columns)
    if table != "leads":
        return f"insert into {table} ({names}) select {names} from {rows} where {_HEAD_TAKEN}"
    # A lead's number comes from the head that this very statement locks.
    taken = ", ".join("h.numbers + row_number() over ()" if name == "number" else f"n.{name}" for name in columns)
    return f"insert into leads ({names}) select {taken} from h, {rows} n"


def _update(table: str, columns: tuple[str, ...], rows: str) -> str:
    sets = ", ".join(f"{name} = n.{name}" for name in columns if name != "id")
    key = "t.id = $1" if table == "accounts" else "t.account_id = $1"
    return f"update {table} t set {sets} from {rows} n where {key} and t.id = n.id and {_HEAD_TAKEN}"


def _delete(table: str, columns: tuple[str, ...], rows: str) -> str:
    return f"delete from {table} t using {rows} n where t.account_id = $1 and t.id = n.id and {_HEAD_TAKEN}"


_STATEMENT = {"insert": _insert, "update": _update, "delete": _delete}


def _key(row: Model) -> tuple[str, UUID]:
    return row._meta.db_table, row.pk
