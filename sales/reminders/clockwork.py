"""What the clock does to reminders besides firing them: it dissolves them, puts them off, tells ahead and escalates.

Each is one statement over what is due by an index, which writes the rows and an event for each: killed at any instant
it happened or it did not. A series goes on by a transaction for each reminder (`following.py`).
"""

from sales import database
from sales.journal import Kind
from sales.reminders import following
from sales.reminders.overtaken import dissolved_by, is_acknowledged, postponed_to
from sales.sweeps import HEADS, Sweep, iso, locked, these

_PENDING = "r.state = 'PENDING' and r.set_aside_at is null"

# now() and not clock_timestamp(), which is volatile and would keep the index reminders_due out: 40 ms a look instead
# of 0.03. A row that somebody has locked is being changed: it is looked at again with what it has become.
DUE = f"{_PENDING} and r.due_at <= now()"
CERTAIN = f"{DUE} and r.until = '{{}}' and r.since_activity is null"
"""Those that are due, whatever has happened."""

_SWEEP = """
with {locked},
due as materialized (  -- one of each lead, so that every event has a version of the lead of its own; the rest is next
  select distinct on (l.lead_id) l.* from locked l order by l.lead_id, l.id),
changed as (
  update reminders r set {sets} from due d where {these_reminders}),
touched as (
  update leads l set version = l.version + 1 from due d where {these_leads}),
{heads},
written as (
  insert into journal (account_id, position, kind, at, happened_at, actor, subject_id, lead_id, lead_version, owner_id,
    changes, private, data)
  select n.account_id, h.base + n.n, {kind}, h.at, h.at, 'CLOCK', n.id, n.lead_id, n.version + 1, n.owner_id,
    {changes} || jsonb_build_object('leads', jsonb_build_object(n.lead_id,
      jsonb_build_object('version', jsonb_build_array(n.version, n.version + 1)))),
    '{{}}', {data}
  from numbered n join heads h using (account_id) order by n.due_at, n.id)
select id from due
"""


def _sweep(due: str, *, at: str, sets: str, kind: str, changes: dict[str, tuple[str, str]], condition: str = "true",
           more: str = "null", data: str = "'{}'") -> Sweep:  # fmt: skip
    """A sweep over `due` in the order of `at`; `sets` read `d`, and `changes` {column: (before, after)} read `n`."""
    pairs = ", ".join(f"'{name}', jsonb_build_array({old}, {new})" for name, (old, new) in changes.items())
    return Sweep(
        _SWEEP.format(
            locked=locked(f"r.*, l.owner_id, l.version, {more}", due=f"{due} and {condition}", at=at), sets=sets,
            these_reminders=these("r", "id"), these_leads=these("l", "lead_id"), heads=HEADS,
            kind=kind, changes=f"jsonb_build_object({pairs})", data=data,
        ),
        f"select r.id, r.account_id from reminders r where {due} order by {at}, r.id limit $1",
    )  # fmt: skip


# As the index reminders_conditional has them: those that something may overtake before they tell anybody.
_FIRST = "least(r.due_at, r.ahead_at)"
CONDITIONAL = f"(r.until <> '{{}}' or r.since_activity is not null) and {_FIRST} <= now()"
_CONDITIONAL = f"{_PENDING} and {CONDITIONAL}"

DISSOLVE = _sweep(
    _CONDITIONAL,
    at=_FIRST,
    more=f"{dissolved_by('r')} as because",
    condition=f"{dissolved_by('r')} is not null",
    sets="state = 'CANCELLED', ended_at = now()",
    kind=f"'{Kind.REMINDER_DISSOLVED}'",
    changes={"state": ("'PENDING'", "'CANCELLED'"), "ended_at": ("null", iso("now()"))},
    data="jsonb_build_object('because', n.because)",
)

POSTPONE = _sweep(
    _CONDITIONAL,
    at=_FIRST,
    more=f"{postponed_to('r')} as later",
    condition=f"r.since_activity is not null and {postponed_to('r')} is not null",
    sets="due_at = d.later, notify_at = d.later",
    kind=f"'{Kind.REMINDER_POSTPONED}'",
    changes={name: (iso(f"n.{name}"), iso("n.later")) for name in ("due_at", "notify_at")},
)

_NEXT_AHEAD = """(
  select min(r.notify_at - seconds * interval '1 second') from unnest(r.ahead) seconds
  where r.notify_at - seconds * interval '1 second' > now())"""

_AHEAD = f"{_PENDING} and r.ahead_at <= now()"
TELL_AHEAD = _sweep(
    _AHEAD,
    at="r.ahead_at",
    more=f"{_NEXT_AHEAD} as next_at",
    # What has come due meanwhile is told of as that.
    condition=f"r.due_at > now() and (r.until = '{{}}' or {dissolved_by('r')} is null)",
    sets="ahead_at = d.next_at",
    kind=f"'{Kind.REMINDER_AHEAD}'",
    changes={"ahead_at": (iso("n.ahead_at"), iso("n.next_at"))},
)

# Set when it fires and taken back when it ends: to ask for its state, too, would lead to the index of all that fired.
_UNACKNOWLEDGED = "r.escalate_at <= now() and r.set_aside_at is null"
ESCALATE = _sweep(
    _UNACKNOWLEDGED,
    at="r.escalate_at",
    more=f"{is_acknowledged('r', 'l')} as is_acknowledged",
    sets="escalate_at = null",
    kind=f"case when n.is_acknowledged then '{Kind.REMINDER_ACKNOWLEDGED}' else '{Kind.REMINDER_ESCALATED}' end",
    changes={"escalate_at": (iso("n.escalate_at"), "null")},
)

_SWEEPS = {
    "conditional": (DISSOLVE, POSTPONE),
    "ahead": (TELL_AHEAD,),
    "unacknowledged": (ESCALATE,),
}
_WAITING_FOR = {
    "certain": CERTAIN,
    "conditional": _CONDITIONAL,
    "ahead": _AHEAD,
    "unacknowledged": _UNACKNOWLEDGED,
    "over": following.DUE,
}

# One glance at the beginning of each index, so that a clock with nothing else to do asks but once.
_WAITING = "select " + ", ".join(
    f"exists (select from reminders r where {due}) as {name}" for name, due in _WAITING_FOR.items()
)


async def waiting() -> dict[str, bool]:
    """Of what there is something due."""
    [found] = await database.fetch(_WAITING)
    return found


async def do_due(waiting: dict[str, bool], limit: int) -> int:
    """Do what waits, at most `limit` of each kind; returns how much it was. Safe to call at once."""
    sweeps = [sweep for name, sweeps in _SWEEPS.items() if waiting[name] for sweep in sweeps]
    done = sum([len(await sweep.run(limit)) for sweep in sweeps])
    if waiting["over"] or waiting["conditional"]:
        done += await following.follow_due()
    return done
