"""What people decide about reminders: set, move, snooze, done, cancel; skip one of a series, and end it.

At the very instant at which a reminder comes due the clock or the person is first. Who comes second gets the
truth: the clock finds the new moment, the person is told that it fired, and when (ReminderNotPending).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sales.errors import InvalidValue, NotAllowed, NotFound, ReminderNotPending
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Lead, Status
from sales.leads.locking import locked, require_editable
from sales.moments import Due, Moment
from sales.reminders import Reminder, ReminderState, another, columns, due_for, end, next_ahead, set_waking, words
from sales.reminders.series import Series, by_rule, follow, on_inactivity
from sales.reminders.terms import NO_TERMS, Terms, Until
from sales.users import require_active
from sales.verbs import Checks, verb
from sales.viewers import Viewer, viewer_of

MOST_PENDING = 50


@verb
async def set_reminder(
    lead_id: UUID,
    *,
    by: Viewer,
    at: Moment | None = None,
    user_id: UUID | None = None,
    activity: str = "",
    note: str = "",
    terms: Terms = NO_TERMS,
    recurrence: str | None = None,
    since_activity: timedelta | None = None,
    urgent: bool = False,
    id: UUID | None = None,
) -> Draft:
    """Remind somebody of a lead (None: oneself), whatever its status; it notifies and changes nothing.

    Whoever sees a lead may remind himself; whoever may edit it, others who see it. It comes at a moment, again and
    again by a rule from then on, or when nobody has touched the lead for some time. What is `urgent` is told of in
    quiet hours too, and never in a digest.
    """
    lead = await locked(lead_id, by=by, path="leadId")
    whom = user_id or by.user.id
    if whom != by.user.id:
        require_editable(lead, by)
        await _require_seen_by(whom, lead, by)
    await _require_room(lead)
    _require_one_beginning(at, recurrence, since_activity, terms)
    now, wanted = await by.now(), terms.columns()
    reminder = Reminder(
        id=id or new_id(), account_id=by.account.id, lead_id=lead.id, user_id=whom, created_by_id=by.user.id,
        created_at=now, is_urgent=urgent, **wanted, **words(activity, note),
    )  # fmt: skip
    draft = Draft(Kind.REMINDER_SET, reminder, by=by, lead=lead)
    due = await _begin(draft, reminder, at, recurrence, since_activity)
    reminder.update_from_dict(columns(due, reminder.ahead, now))
    draft.add(reminder)
    return draft


@verb
async def move(
    reminder_id: UUID,
    *,
    by: Viewer,
    at: Moment | None = None,
    activity: str | None = None,
    note: str | None = None,
    terms: Mapping[str, Any] = MappingProxyType({}),
) -> Draft:
    """Give a pending reminder another moment, other words or other terms; a standby lead wakes at the new moment.

    `terms` are fields of Terms; what is absent stays.
    """
    lead, reminder = await _locked(reminder_id, by=by)
    _require(reminder, ReminderState.PENDING)
    draft = Draft(Kind.REMINDER_MOVED, reminder, by=by, lead=lead)
    wanted: dict[str, Any] = words(
        reminder.activity if activity is None else activity, reminder.note if note is None else note
    )
    if terms:
        new = replace(_terms_of(reminder), **terms)
        _require_fitting(new, wakes=reminder.wakes, waits=reminder.since_activity is not None)
        wanted |= new.columns()
    draft.change(reminder, **wanted)
    if at is not None:
        await _plan(draft, reminder, lead, at, path="at")
    elif terms:
        draft.change(reminder, ahead_at=next_ahead(reminder.notify_at, reminder.ahead, await by.now()))
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
        words_ = {"activity": reminder.activity, "note": reminder.note}
        draft.subject = await set_waking(draft, lead, until, **words_, terms=_terms_of(reminder))
        if lead.status != Status.STANDBY:
            draft.change(lead, status=Status.STANDBY, status_changed_at=now)
        return draft
    due = await due_for(reminder.user_id, until, draft=draft, now=now)
    draft.subject = another(reminder, created_by_id=by.user.id, created_at=now, **columns(due, reminder.ahead, now))
    draft.add(draft.subject)
    return draft


@verb
async def done(reminder_id: UUID, *, by: Viewer) -> Draft:
    """What the reminder asked for is done, before or after it fired; a lead that it would have woken is TODO."""
    return await _ended(reminder_id, Kind.REMINDER_DONE, ReminderState.DONE, by=by)


@verb
async def cancel(reminder_id: UUID, *, by: Viewer) -> Draft:
    """Call off a pending reminder; a lead that it would have woken is TODO. Of a series, this one alone."""
    return await _ended(reminder_id, Kind.REMINDER_CANCELLED, ReminderState.CANCELLED, by=by)


@verb
async def skip(reminder_id: UUID, *, by: Viewer) -> Draft:
    """Leave out the pending one of a series: the outcome names the next, or this one where there is none."""
    lead, reminder = await _locked(reminder_id, by=by)
    _require_series(reminder)
    _require(reminder, ReminderState.PENDING)
    draft, now = Draft(Kind.REMINDER_SKIPPED, reminder, by=by, lead=lead), await by.now()
    end(draft, reminder, now, ReminderState.CANCELLED)
    following = await follow(draft, reminder, now=now)
    draft.subject = following or reminder
    return draft


@verb
async def end_series(reminder_id: UUID, *, by: Viewer) -> Draft:
    """Let a series come no more; which of its reminders is named is all the same. The pending one is cancelled."""
    lead, reminder = await _locked(reminder_id, by=by)
    _require_series(reminder)
    draft, now = Draft(Kind.REMINDER_SERIES_ENDED, reminder, by=by, lead=lead), await by.now()
    series = await Series.get(account_id=by.account.id, id=reminder.series_id)
    if series.ended_at is not None:
        return draft
    draft.change(series, ended_at=now)
    of_series = Reminder.filter(account_id=by.account.id, series_id=series.id, is_followed=False)
    for each in await of_series.order_by("id").select_for_update(no_key=True):
        if each.state == ReminderState.PENDING:
            end(draft, each, now, ReminderState.CANCELLED)
        draft.change(each, is_followed=True)
    return draft


async def _ended(reminder_id: UUID, kind: Kind, state: ReminderState, *, by: Viewer) -> Draft:
    lead, reminder = await _locked(reminder_id, by=by)
    draft = Draft(kind, reminder, by=by, lead=lead)
    if reminder.state == state:
        return draft
    from_fired = [ReminderState.FIRED] if state == ReminderState.DONE else []
    _require(reminder, ReminderState.PENDING, *from_fired)
    now = await by.now()
    end(draft, reminder, now, state)
    if reminder.series_id is not None and not reminder.is_followed:
        await follow(draft, reminder, now=now)
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
    if reminder.since_activity is not None:
        raise InvalidValue(path, "inactivity_has_no_moment")
    whom, now = lead.owner_id if reminder.wakes else reminder.user_id, await draft.by.now()
    due = await due_for(whom, moment, draft=draft, now=now, path=path)
    draft.change(reminder, set_aside_at=None, **columns(due, reminder.ahead, now))


async def _begin(
    draft: Draft, reminder: Reminder, at: Moment | None, recurrence: str | None, since_activity: timedelta | None
) -> Due:
    """When a new reminder comes due first, and the series that it begins, if it does."""
    now = await draft.by.now()
    if since_activity is not None:
        series, due = on_inactivity(draft, since_activity, now=now)
        reminder.update_from_dict({"series_id": series.id, "since_activity": int(since_activity.total_seconds())})
        return due
    assert at is not None, "one of the two is required"
    if recurrence is not None:
        series, day = by_rule(draft, recurrence, at, now=now)
        reminder.update_from_dict({"series_id": series.id, "occurs_on": day})
        assert series.rule is not None, "it has one"
        at = series.rule.moment(day)
    return await due_for(reminder.user_id, at, draft=draft, now=now, path="at")


def _require_one_beginning(
    at: Moment | None, recurrence: str | None, since_activity: timedelta | None, terms: Terms
) -> None:
    checks = Checks()
    if at is None and since_activity is None:
        checks.refusals.append(InvalidValue("at", "reminder_needs_moment"))
    if since_activity is not None and (at is not None or recurrence is not None):
        checks.refusals.append(InvalidValue("sinceActivity", "inactivity_has_no_moment"))
    with checks:
        _require_fitting(terms, wakes=False, waits=since_activity is not None)
    checks.done()


def _require_fitting(terms: Terms, *, wakes: bool, waits: bool) -> None:
    """What wakes a lead must come, so nothing dissolves it; what waits for inactivity has no moment to be ahead of."""
    if wakes and terms.until:
        raise InvalidValue("until", "waking_cannot_dissolve")
    if waits and terms.ahead:
        raise InvalidValue("aheadOf", "inactivity_has_no_moment")


def _require_series(reminder: Reminder) -> None:
    if reminder.series_id is None:
        raise InvalidValue("id", "reminder_comes_once")


def _terms_of(reminder: Reminder) -> Terms:
    after = reminder.escalate_after
    return Terms(
        ahead=[timedelta(seconds=seconds) for seconds in reminder.ahead],
        until=[Until(each) for each in reminder.until],
        escalate_after=None if after is None else timedelta(seconds=after),
    )


async def _require_seen_by(user_id: UUID, lead: Lead, by: Viewer) -> None:
    user = await require_active(user_id, by=by, path="userId")
    if not (await viewer_of(by.account, user)).may_see(lead):
        raise InvalidValue("userId", "cannot_see_lead", name=user.name)


async def _require_room(lead: Lead) -> None:
    pending = await Reminder.filter(account_id=lead.account_id, lead_id=lead.id, state=ReminderState.PENDING).count()
    if pending >= MOST_PENDING:
        raise InvalidValue("leadId", "too_many_reminders", most=MOST_PENDING)
