"""Statuses: which may follow which, and the decisions that change one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sales.errors import IllegalTransition, InvalidValue, NotFound, ReasonRequired
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Lead, Status
from sales.leads.locking import locked_to_edit
from sales.moments import Moment
from sales.money import Money, require_sensible
from sales.reasons import Reason
from sales.reminders import end_for_closing, end_waking, set_waking
from sales.reminders.terms import NO_TERMS, Terms
from sales.verbs import Checks, verb
from sales.versions import require_unchanged
from sales.viewers import Viewer

OPEN = frozenset({Status.TODO, Status.STANDBY})
CLOSED = frozenset({Status.WON, Status.LOST, Status.CANCELLED})


@dataclass(frozen=True)
class Transition:
    """A decision: the event that it becomes, and from which statuses to which it leads."""

    name: str
    kind: Kind
    before: frozenset[Status]
    after: frozenset[Status]


TRANSITIONS = (
    Transition("stand by", Kind.LEAD_STOOD_BY, OPEN, frozenset({Status.STANDBY})),
    Transition("take up", Kind.LEAD_TAKEN_UP, frozenset({Status.STANDBY}), frozenset({Status.TODO})),
    Transition("win", Kind.LEAD_WON, OPEN, frozenset({Status.WON})),
    Transition("lose", Kind.LEAD_LOST, OPEN, frozenset({Status.LOST})),
    Transition("cancel", Kind.LEAD_CANCELLED, OPEN, frozenset({Status.CANCELLED})),
    Transition("reopen", Kind.LEAD_REOPENED, CLOSED, OPEN),
)
"""All that people may decide. The clock adds one: STANDBY to TODO, when the waking reminder comes due."""

_CLOSING = {Status.WON: Kind.LEAD_WON, Status.LOST: Kind.LEAD_LOST, Status.CANCELLED: Kind.LEAD_CANCELLED}


def allowed_from(status: Status) -> list[Status]:
    """The statuses that a lead may be given next, in the order of the catalogue."""
    return [after for after in Status if any(status in t.before and after in t.after for t in TRANSITIONS)]


@verb
async def stand_by(
    lead_id: UUID,
    *,
    by: Viewer,
    until: Moment,
    activity: str = "",
    note: str = "",
    terms: Terms = NO_TERMS,
    expected_version: int | None = None,
) -> Draft:
    """Put a lead away until a moment; it comes back by itself. A lead in STANDBY gets the new moment instead."""
    lead = await _decided(lead_id, Kind.LEAD_STOOD_BY, Status.STANDBY, by=by, expected_version=expected_version)
    draft = Draft(Kind.LEAD_STOOD_BY, lead, by=by, lead=lead)
    await set_waking(draft, lead, until, activity=activity, note=note, terms=terms)
    _enter(draft, lead, Status.STANDBY, await by.now())
    return draft


@verb
async def take_up(lead_id: UUID, *, by: Viewer, expected_version: int | None = None) -> Draft:
    """Bring a standby lead back to TODO before its moment; its waking reminder is cancelled."""
    lead = await _decided(lead_id, Kind.LEAD_TAKEN_UP, Status.TODO, by=by, expected_version=expected_version)
    draft = Draft(Kind.LEAD_TAKEN_UP, lead, by=by, lead=lead)
    await end_waking(draft, lead)
    _enter(draft, lead, Status.TODO, await by.now())
    return draft


@verb
async def close(
    lead_id: UUID,
    *,
    by: Viewer,
    status: Status,
    closed_at: datetime | None = None,
    money: Money | None = None,
    reason_id: UUID | None = None,
    expected_version: int | None = None,
) -> Draft:
    """Win, lose or cancel a lead. What wakes it is cancelled, fired reminders are done, others are kept (a warning).

    `money` sets the amount in the same call. Raises ReasonRequired where the account wants to know why.
    """
    kind, now = _CLOSING[status], await by.now()
    sent = {} if money is None else {"amount": money.amount, "currency": money.currency}
    lead = await _decided(lead_id, kind, status, by=by, expected_version=expected_version, **sent)
    checks = Checks()
    if money is not None:
        with checks:
            require_sensible(money)
    with checks:
        await require_reason(status, reason_id, by=by)
    with checks:
        require_closing_date(lead.created_at, closed_at, now)
    checks.done()
    draft = Draft(kind, lead, by=by, lead=lead, happened_at=closed_at)
    await end_for_closing(draft, lead, now)
    draft.change(lead, closed_at=closed_at or now, reason_id=reason_id, **sent)
    _enter(draft, lead, status, now)
    return draft


@verb
async def reopen(
    lead_id: UUID,
    *,
    by: Viewer,
    until: Moment | None = None,
    activity: str = "",
    note: str = "",
    expected_version: int | None = None,
) -> Draft:
    """Bring a closed lead back: to TODO, or with `until` to STANDBY. The history keeps when it was closed, and why."""
    status = Status.STANDBY if until else Status.TODO
    lead = await _decided(lead_id, Kind.LEAD_REOPENED, status, by=by, expected_version=expected_version)
    draft = Draft(Kind.LEAD_REOPENED, lead, by=by, lead=lead)
    draft.change(lead, closed_at=None, reason_id=None)
    if until is not None:
        await set_waking(draft, lead, until, activity=activity, note=note)
    _enter(draft, lead, status, await by.now())
    return draft


@verb
async def correct_closing(
    lead_id: UUID, *, by: Viewer, closed_at: datetime, expected_version: int | None = None
) -> Draft:
    """Say when a closed lead was really closed: not before it was created, not in the future."""
    lead = await locked_to_edit(lead_id, by=by)
    if lead.status not in CLOSED:
        raise InvalidValue("closedAt", "only_for_closed")
    await require_unchanged(lead, expected_version, {"closed_at": closed_at})
    require_closing_date(lead.created_at, closed_at, await by.now())
    draft = Draft(Kind.LEAD_CLOSING_CORRECTED, lead, by=by, lead=lead, happened_at=closed_at)
    draft.change(lead, closed_at=closed_at)
    return draft


async def require_reason(status: Status, reason_id: UUID | None, *, by: Viewer) -> None:
    """The reason is one of the account's for that status, and there is one where the account wants one."""
    if reason_id is None:
        if status in by.account.reason_required:
            raise ReasonRequired(status)
        return
    reason = await Reason.filter(account_id=by.account.id, id=reason_id).first()
    if reason is None:
        raise NotFound("reason", "reasonId")
    if reason.status != status or reason.archived_at is not None:
        raise InvalidValue("reasonId", "reason_of_another_status")


def require_closing_date(created_at: datetime, closed_at: datetime | None, now: datetime) -> None:
    """Not before the lead was created, not in the future."""
    if closed_at is None:
        return
    if closed_at < created_at:
        raise InvalidValue("closedAt", "closed_before_creation")
    if closed_at > now:
        raise InvalidValue("closedAt", "in_the_future")


async def _decided(
    lead_id: UUID, kind: Kind, status: Status, *, by: Viewer, expected_version: int | None, **sent: object
) -> Lead:
    """The lead, locked, for a decision that its status allows and nobody else's overtook."""
    lead = await locked_to_edit(lead_id, by=by)
    await require_unchanged(lead, expected_version, {"status": status, **sent})
    _require_allowed(lead, kind, status)
    return lead


def _require_allowed(lead: Lead, kind: Kind, status: Status) -> None:
    transition = next(t for t in TRANSITIONS if t.kind == kind)
    if lead.status not in transition.before:
        raise IllegalTransition(lead.status, status, allowed_from(lead.status))


def _enter(draft: Draft, lead: Lead, status: Status, now: datetime) -> None:
    if lead.status != status:
        draft.change(lead, status=status, status_changed_at=now)
