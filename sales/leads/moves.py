"""Moving a lead: to a step, before or after another lead. The server owns the rank, unique within a step."""

from dataclasses import dataclass
from uuid import UUID

from sales import attempts, database, ranks
from sales.errors import InvalidValue, NotFound, StepGuardFailed
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.leads.locking import COLUMNS as LEAD
from sales.leads.locking import SEEN, held, locked, require_editable
from sales.steps import COLUMNS as STEP
from sales.steps import FROM as STEPS
from sales.steps import Guard, Step, entered, locked_step
from sales.verbs import optimistic_verb
from sales.versions import require_unchanged
from sales.viewers import Viewer, visible_to


@dataclass(frozen=True)
class Place:
    """Between which two ranks of a step; None is the column's end on that side."""

    lower: str | None
    upper: str | None


@optimistic_verb
async def move(
    lead_id: UUID,
    *,
    by: Viewer,
    step_id: UUID | None = None,
    before_id: UUID | None = None,
    after_id: UUID | None = None,
    expected_version: int | None = None,
) -> Draft:
    """Put a lead before or after another one, or at the end of a step; a step of another pipeline moves it there.

    The target step is locked, so that ranks are handed out one at a time. Raises StepGuardFailed with all that is
    missing, and VersionConflict where the step has changed since `expected_version`.
    """
    step_id = step_id or await _step_of_neighbour(before_id, after_id, by)
    rows = await _sight(lead_id, step_id, by)
    step = entered(rows)
    if before_id or after_id:
        place = await _find_place(step, by, before_id, after_id, lead_id)
    else:
        place = Place(rows[0]["last_rank"], None)
    rank, rebalanced = await rank_at(step, by, place, lead_id)
    lead = held(rows[0]) if attempts.running() and rows[0]["l_id"] else await locked(lead_id, by=by)
    require_editable(lead, by)
    if step.id != lead.step_id:
        await require_unchanged(lead, expected_version, {"step_id": step.id})
        require_guards(step, lead)
    draft = Draft(Kind.LEAD_MOVED, lead, by=by, lead=lead)
    draft.parts += rebalanced
    draft.change(lead, step_id=step.id, rank=rank)
    if "step_id" in draft.changed(lead):
        draft.change(lead, step_entered_at=by.acting_at or rows[0]["now"])
    return draft


async def take_rank(
    step: Step, *, by: Viewer, before_id: UUID | None = None, after_id: UUID | None = None
) -> tuple[str, list[Draft]]:
    """A free rank in a locked step, next to the named lead or at the end.

    Where ranks have grown long the whole step gets short ones: the draft of that goes along with the verb's own.
    """
    return await rank_at(step, by, await _find_place(step, by, before_id, after_id, None), None)


def require_guards(step: Step, lead: Lead) -> None:
    """Refuse (StepGuardFailed) a lead that lacks what the step asks for; all that is missing at once."""
    missing = [guard for guard in step.guards if not _is_filled(lead, Guard(guard))]
    if missing:
        raise StepGuardFailed(step.name, missing)


def _is_filled(lead: Lead, guard: Guard) -> bool:
    match guard:
        case Guard.DESCRIPTION:
            return bool(lead.description.strip())
        case Guard.AMOUNT:
            return lead.amount is not None
        case Guard.PROBABILITY:
            return lead.probability is not None
        case Guard.EXPECTED_CLOSE_ON:
            return lead.expected_close_on is not None
        case Guard.OWNER:
            return lead.owner_id is not None


_LAST = """(select x.rank from leads x where x.account_id = {account} and x.step_id = {step}
  and x.id is distinct from {moving} order by x.rank desc limit 1)"""

_LAST_OF_STEP = f"select {_LAST.format(account='$1', step='$2', moving='$3')} as rank"

_SIGHT = f"""
select {STEP}, {LEAD}, now() as now, {_LAST.format(account="$1", step="s.id", moving="$3")} as last_rank
from {STEPS} left join leads l on l.account_id = $1 and l.id = $3 and {SEEN.format(owners="$4")}
where s.account_id = $1 and s.id = $2
"""

_NEXT_TO = f"""
select {LEAD}, (select x.rank from leads x
  where x.account_id = $1 and x.step_id = l.step_id and x.rank {{side}} l.rank and x.id is distinct from $3
  order by x.rank {{order}} limit 1) as beyond
from leads l where l.account_id = $1 and l.id = $2 and {SEEN.format(owners="$4")}
"""

_BEFORE = _NEXT_TO.format(side="<", order="desc")
_AFTER = _NEXT_TO.format(side=">", order="asc")


async def _sight(lead_id: UUID, step_id: UUID, by: Viewer) -> list[database.Row]:
    """The step, its last rank and the lead. Outside an attempt the step is locked.

    The lead isn't yet: ranks that have to be spread anew lock many leads, in an order of their own.
    """
    if not attempts.running():
        # By a statement of its own: the next one sees what was committed while this one waited.
        await locked_step(step_id, by=by, path="stepId")
    await attempts.in_turn(step_id)
    return await database.fetch(_SIGHT, by.account.id, step_id, lead_id, by.seen_owners)


async def rank_at(step: Step, by: Viewer, place: Place, moving: UUID | None) -> tuple[str, list[Draft]]:
    """A rank there for a lead that comes into a locked step (`moving` is None for a new one); see `take_rank`."""
    rank = ranks.between(place.lower, place.upper)
    if len(rank) <= ranks.LONGEST:
        return rank, []
    attempts.require_locks()
    return await _rebalance(step, by, place, moving)


async def _find_place(
    step: Step, by: Viewer, before_id: UUID | None, after_id: UUID | None, moving: UUID | None
) -> Place:
    if before_id and after_id:
        raise InvalidValue("beforeId", "before_and_after")
    if before_id:
        upper, lower = await _next_to(step, before_id, by, path="beforeId", moving=moving)
        return Place(lower, upper)
    if after_id:
        return Place(*await _next_to(step, after_id, by, path="afterId", moving=moving))
    [row] = await database.fetch(_LAST_OF_STEP, step.account_id, step.id, moving)
    return Place(row["rank"], None)


async def _step_of_neighbour(before_id: UUID | None, after_id: UUID | None, by: Viewer) -> UUID:
    neighbour_id, path = (before_id, "beforeId") if before_id else (after_id, "afterId")
    if neighbour_id is None:
        raise InvalidValue("stepId", "move_without_target")
    neighbour = await Lead.filter(visible_to(by), id=neighbour_id).first()
    if neighbour is None:
        raise NotFound("lead", path)
    return neighbour.step_id


async def _next_to(step: Step, lead_id: UUID, by: Viewer, *, path: str, moving: UUID | None) -> tuple[str, str | None]:
    """The rank of a lead of the step, and the nearest one before or after it, as the path says; None: there is none."""
    if lead_id == moving:
        raise InvalidValue(path, "next_to_itself")
    sql = _BEFORE if path == "beforeId" else _AFTER
    rows = await database.fetch(sql, by.account.id, lead_id, moving, by.seen_owners)
    if not rows:
        raise NotFound("lead", path)
    neighbour = held(rows[0])
    if neighbour.step_id != step.id:
        raise InvalidValue(path, "not_in_step")
    return neighbour.rank, rows[0]["beyond"]


async def _rebalance(step: Step, by: Viewer, place: Place, moving: UUID | None) -> tuple[str, list[Draft]]:
    """Short ranks for every lead of the step, and a free one among them.

    An event of its own, without version or notice: nobody's order has changed. The step is written anew as it is, so
    that an attempt that rests on it finds that it was overtaken.
    """
    await database.fetch("update steps set position = position where id = $1 returning id", step.id)
    ids = await database.fetch(
        "select id from leads where account_id = $1 and (step_id = $2 or id = $3) order by id for no key update",
        step.account_id, step.id, moving,
    )  # fmt: skip
    others = await Lead.filter(account_id=step.account_id, step_id=step.id, id__in=[row["id"] for row in ids])
    others = sorted((other for other in others if other.id != moving), key=lambda other: other.rank)
    fresh = ranks.spread(len(others) + 1)
    own = fresh.pop(sum(1 for other in others if place.lower is not None and other.rank <= place.lower))
    draft = Draft(Kind.STEP_REBALANCED, step, by=by)
    for other, rank in zip(others, fresh, strict=True):
        draft.change(other, rank=rank)
    return own, [draft]
