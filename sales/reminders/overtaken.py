"""Overtaken: what somebody did to a lead that makes a reminder of it pointless, or puts it off; as SQL.

Only what people do counts, and of that not what they do to the reminder itself. What was undone dissolves nothing; a
sign of life it was all the same. Nothing is noted when they do it: the lead's journal is looked at when the reminder
comes due, by its index (journal_lead).
"""

from sales.journal import Kind
from sales.reminders.terms import Until

# All else that is written of a reminder before it fires plans it.
_UNPLANNED = ", ".join(f"'{kind}'" for kind in (Kind.REMINDER_AHEAD, Kind.REMINDER_POSTPONED))

_COLUMNS = {Until.STATUS_CHANGED: "status", Until.STEP_LEFT: "step_id"}
"""The column of the lead whose change dissolves a reminder; any change at all: ACTIVITY_LOGGED."""


def dissolved_by(reminder: str) -> str:
    """The first condition of its `until` that came true since it was planned last, or null; `reminder` is an alias."""
    r = reminder
    whens = " ".join(
        f"when '{until}' = any({r}.until) and c.changes ? '{column}' then '{until}'"
        for until, column in _COLUMNS.items()
    )
    reason = f"case {whens} when '{Until.ACTIVITY_LOGGED}' = any({r}.until) then '{Until.ACTIVITY_LOGGED}' end"
    return f"""(
  select {reason} from journal j
  cross join lateral (select coalesce(case when j.subject_id = j.lead_id then j.changes
    else j.changes #> array['leads', j.lead_id::text] end, '{{}}') as changes) c
  where {_by_people(r)} and {reason} is not null and {_STANDS} and j.position > coalesce((
    select max(p.position) from journal p where p.account_id = {r}.account_id and p.lead_id = {r}.lead_id
      and (p.subject_id = {r}.id or p.changes -> 'reminders' ? {r}.id::text) and p.kind not in ({_UNPLANNED})), 0)
  order by j.position limit 1)"""


def postponed_to(reminder: str) -> str:
    """Until when one that waits for inactivity has to wait anew; null: it does not.

    One that follows another waits for somebody to touch the lead first: it does not fire again of the same silence.
    """
    r = reminder
    length = f"{r}.since_activity * interval '1 second'"
    return f"""(
  select case
    when a.at is null then case when {r}.occurrence > 1 then now() + {length} end
    when a.at + {length} > now() then a.at + {length} end
  from (select (
    select j.at from journal j where {_by_people(r)} and j.at > {r}.created_at
    order by j.position desc limit 1) as at) a)"""


def is_acknowledged(reminder: str, lead: str) -> str:
    """Whether somebody whose affair a fired reminder is has read of it, or has done something with the lead since."""
    r = reminder
    return f"""(
  exists (select from notifications n where n.reminder_id = {r}.id and n.account_id = {r}.account_id
    and n.kind = 'REMINDER_DUE' and n.read_at is not null)
  or exists (select from journal j where {_by_people(r)} and j.at > {r}.fired_at
    and j.actor_id in ({r}.user_id, {lead}.owner_id)))"""


# The deletion of a step is undone as a whole: with it what it did to each lead.
_STANDS = f"""j.kind <> '{Kind.LEAD_UNDONE}' and not exists (
    select from journal u where u.account_id = j.account_id and u.data ? 'undoes'
      and (u.data ->> 'undoes')::bigint = coalesce(j.caused_by, j.position))"""


def _by_people(r: str) -> str:
    return (
        f"j.account_id = {r}.account_id and j.lead_id = {r}.lead_id and j.actor <> 'CLOCK' and j.subject_id <> {r}.id"
    )


UNLESS_OVERTAKEN = f"{dissolved_by('r')} is null and (r.since_activity is null or {postponed_to('r')} is null)"
