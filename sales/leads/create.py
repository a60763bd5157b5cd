"""Creating a lead: every field in one call, in any status, back-dated if asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sales.errors import InvalidValue
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Lead, Status
from sales.leads.edit import LeadFields, columns
from sales.leads.moves import require_guards, take_rank
from sales.moments import Moment
from sales.reminders import set_waking
from sales.statuses import CLOSED, require_closing_date, require_reason
from sales.steps import first_step, locked_to_enter
from sales.users import require_active
from sales.verbs import Checks, verb
from sales.viewers import Viewer


@dataclass(frozen=True)
class Placement:
    """Where a new lead goes: a step (None: the first one of the default pipeline), before or after a lead, or last."""

    step_id: UUID | None = None
    before_id: UUID | None = None
    after_id: UUID | None = None


@dataclass(frozen=True)
class Standing:
    """The status of a new lead and what belongs to it: `until` with STANDBY, the rest with a closed one."""

    status: Status = Status.TODO
    until: Moment | None = None
    activity: str = ""
    note: str = ""
    closed_at: datetime | None = None
    reason_id: UUID | None = None


FIRST_YEAR = 1970
LAST_IN_FIRST_STEP = Placement()
STARTING = Standing()


@verb
async def create(
    *,
    by: Viewer,
    fields: LeadFields,
    owner_id: UUID | None,
    is_starred: bool = False,
    placement: Placement = LAST_IN_FIRST_STEP,
    standing: Standing = STARTING,
    created_at: datetime | None = None,
    id: UUID | None = None,
) -> Draft:
    """A new lead; `owner_id` None leaves it to whoever claims it.

    All that is wrong with what was given is raised at once (Refused), then all that the step asks for.
    """
    now = await by.now()
    values = await _checked(by, fields, owner_id, standing, created_at, now)
    closed_at = (standing.closed_at or now) if standing.status in CLOSED else None
    step = await locked_to_enter(placement.step_id or await first_step(by), by=by)
    rank, rebalanced = await take_rank(step, by=by, before_id=placement.before_id, after_id=placement.after_id)
    lead = Lead(
        id=id or new_id(), account_id=by.account.id, number=0, step_id=step.id, step_entered_at=created_at or now,
        rank=rank, owner_id=owner_id, created_by_id=by.user.id,
        created_at=created_at or now, is_starred=is_starred, status=standing.status,
        status_changed_at=closed_at or created_at or now, closed_at=closed_at, reason_id=standing.reason_id, **values,
    )  # fmt: skip
    require_guards(step, lead)
    draft = Draft(Kind.LEAD_CREATED, lead, by=by, lead=lead, happened_at=created_at)
    draft.parts += rebalanced
    draft.add(lead)
    if standing.until is not None:
        await set_waking(draft, lead, standing.until, activity=standing.activity, note=standing.note)
    return draft


async def _checked(
    by: Viewer,
    fields: LeadFields,
    owner_id: UUID | None,
    standing: Standing,
    created_at: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    values, checks = {}, Checks()
    with checks:
        values = {"description": "", **columns({"title": "", **fields})}
    with checks:
        _require_coherent(standing)
    if standing.status in CLOSED:
        with checks:
            await require_reason(standing.status, standing.reason_id, by=by)
        with checks:
            require_closing_date(created_at or now, standing.closed_at, now)
    if created_at is not None and created_at > now:
        checks.refusals.append(InvalidValue("createdAt", "in_the_future"))
    if created_at is not None and created_at.year < FIRST_YEAR:
        checks.refusals.append(InvalidValue("createdAt", "too_long_ago", year=str(FIRST_YEAR)))
    if owner_id not in (None, by.user.id):
        with checks:
            await require_active(owner_id, by=by, path="ownerId")
    checks.done()
    return values


def _require_coherent(standing: Standing) -> None:
    """What is given fits the status."""
    checks = Checks()
    is_standby, is_closed = standing.status == Status.STANDBY, standing.status in CLOSED
    if is_standby and standing.until is None:
        checks.refusals.append(InvalidValue("until", "standby_needs_moment"))
    if not is_standby and standing.until is not None:
        checks.refusals.append(InvalidValue("until", "only_for_standby"))
    if not is_closed and standing.closed_at is not None:
        checks.refusals.append(InvalidValue("closedAt", "only_for_closed"))
    if not is_closed and standing.reason_id is not None:
        checks.refusals.append(InvalidValue("reasonId", "only_for_closed"))
    checks.done()
