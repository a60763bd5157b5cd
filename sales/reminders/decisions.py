"""What people decide about reminders: set, move, snooze, done, cancel.

At the very instant at which a reminder comes due the clock or the person is first. Who comes second gets the
truth: the clock finds the new moment, the person is told that it fired, and when (ReminderNotPending).
"""

from uuid import UUID

from sales.errors import InvalidValue, NotAllowed, NotFound, ReminderNotPending
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Lead, Status
from sales.leads.locking import locked, require_editable
from sales.moments import Moment
from sales.reminders import Reminder, ReminderState, columns, due_for, end, set_waking, words
from sales.users import require_active
from sales.verbs import verb
from sales.viewers import Viewer, viewer_of

MOST_PENDING = 50


@verb
async def set_reminder(
    lead_id: UUID,
    *,
    by: Viewer,
    at: Moment,
    user_id: UUID | None = None,
    activity: str = "",
    note: str = "",
    urgent: bool = False,
    id: UUID | None = None,
) -> Draft:
    """Remind somebody of a lead (None: oneself), whatever its status; it notifies and changes nothing.

    What is `urgent` is told of in quiet hours too, and never in a digest.

    Whoever sees a lead may remind himself; whoever may edit it, others who see it.
    """
    lead = await locked(lead_id, by=by, path="leadId")
    whom = user_id or by.user.id
    if whom != by.user.id:
        require_editable(lead, by)
        await _require_seen_by(whom, lead, by)
    await _require_room(lead)
    now = await by.now()
    reminder = Reminder(
        id=id or new_id(), account_id=by.account.id, lead_id=lead.id, user_id=whom, created_by_id=by.user.id,
        created_at=now, is_urgent=urgent, **words(activity, note),
    )  # fmt: skip
    draft = Draft(Kind.REMINDER_SET, reminder, by=by, lead=lead)
    reminder.update_from_dict(columns(await due_for(whom, at, draft=draft, now=now, path="at")))
    draft.add(reminder)
    return draft


@verb
async def move(
    reminder_id: UUID, *, by: Viewer, at: Moment | None = None, activity: str | None = None, note: str | None = None
) -> Draft:
    """Give a pending reminder another moment or other words; a standby lead then wakes at the new moment."""
    lead, reminder = await _locked(reminder_id, by=by)
    _require(reminder, ReminderState.PENDING)
    draft = Draft(Kind.REMINDER_MOVED, reminder, by=by, lead=lead)
    wanted = words(reminder.activity if activity is None else activity, reminder.note if note is None else note)
    if at is not None:
        await _plan(draft, reminder, lead, at, path="at")
    draft.change(reminder, **wanted)
    return draft


@verb
async def snooze(reminder_id: UUID, *, by: Viewer, until: Moment) -> Draft:
    """Not now, later. A pending reminder moves; a fired one is done, and a new one with its words takes its place.

    Where it had woken the lead, the lead stands by again. The outcome names the reminder that is pending now.
    """
    lead, reminder = await _locked(reminder_id, by=by)
    _require(reminder, ReminderState.PENDING, ReminderState.FIRED)
    draft = Draft(Kind.REMINDER_SNOOZED, reminder, by=by, lead=lead)
    if reminder.state == ReminderState.PENDING:
        await _plan(draft, reminder, lead, until, path="until")
        return draft
    now = await by.now()
    end(draft, reminder, now, ReminderState.DONE)
    if reminder.wakes:
        require_editable(lead, by)
        draft.subject = await set_waking(draft, lead, until, activity=reminder.activity, note=reminder.note)
        if lead.status != Status.STANDBY:
            draft.change(lead, status=Status.STANDBY, status_changed_at=now)
        return draft
    due = await due_for(reminder.user_id, until, draft=draft, now=now)
    draft.subject = Reminder(
        account_id=by.account.id, lead_id=lead.id, user_id=reminder.user_id, created_by_id=by.user.id,
        created_at=now, activity=reminder.activity, note=reminder.note, is_urgent=reminder.is_urgent, **columns(due),
    )  # fmt: skip
    draft.add(draft.subject)
    return draft


@verb
async def done(reminder_id: UUID, *, by: Viewer) -> Draft:
    """What the reminder asked for is done, before or after it fired; a lead that it would have woken is TODO."""
    return await _ended(reminder_id, Kind.REMINDER_DONE, ReminderState.DONE, by=by)


@verb
async def cancel(reminder_id: UUID, *, by: Viewer) -> Draft:
    """Call off a pending reminder; a lead that it would have woken is TODO."""
    return await _ended(reminder_id, Kind.REMINDER_CANCELLED, ReminderState.CANCELLED, by=by)


async def _ended(reminder_id: UUID, kind: Kind, state: ReminderState, *, by: Viewer) -> Draft:
    lead, reminder = await _locked(reminder_id, by=by)
    draft = Draft(kind, reminder, by=by, lead=lead)
    if reminder.state == state:
        return draft
    from_fired = [ReminderState.FIRED] if state == ReminderState.DONE else []
    _require(reminder, ReminderState.PENDING, *from_fired)
    now = await by.now()
    end(draft, reminder, now, state)
    if lead.waking_reminder_id == reminder.id:
        draft.change(lead, waking_reminder_id=None, status=Status.TODO, status_changed_at=now)
    return draft


async def _locked(reminder_id: UUID, *, by: Viewer) -> tuple[Lead, Reminder]:
    """The lead and then the reminder, locked, for the person reminded or for who may edit the lead."""
    found = await Reminder.filter(account_id=by.account.id, id=reminder_id).first()
    if found is None:
        raise NotFound("reminder")
    try:
        lead = await locked(found.lead_id, by=by)
    except NotFound:
        raise NotFound("reminder") from None
    reminder = await Reminder.filter(account_id=by.account.id, id=reminder_id).select_for_update(no_key=True).get()
    if reminder.user_id != by.user.id and not by.may_edit(lead):
        raise NotAllowed("reminder")
    return lead, reminder


def _require(reminder: Reminder, *states: ReminderState) -> None:
    if reminder.state not in states:
        raise ReminderNotPending(reminder.state, reminder.ended_at or reminder.fired_at)


async def _plan(draft: Draft, reminder: Reminder, lead: Lead, moment: Moment, *, path: str) -> None:
    whom = lead.owner_id if reminder.wakes else reminder.user_id
    due = await due_for(whom, moment, draft=draft, now=await draft.by.now(), path=path)
    draft.change(reminder, set_aside_at=None, **columns(due))


async def _require_seen_by(user_id: UUID, lead: Lead, by: Viewer) -> None:
    user = await require_active(user_id, by=by, path="userId")
    if not (await viewer_of(by.account, user)).may_see(lead):
        raise InvalidValue("userId", "cannot_see_lead", name=user.name)


async def _require_room(lead: Lead) -> None:
    pending = await Reminder.filter(account_id=lead.account_id, lead_id=lead.id, state=ReminderState.PENDING).count()
    if pending >= MOST_PENDING:
        raise InvalidValue("leadId", "too_many_reminders", most=MOST_PENDING)
