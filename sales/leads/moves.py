"""Moving a lead: to a step, before or after another lead. The server owns the rank, unique within a step."""

from dataclasses import dataclass
from uuid import UUID

from sales import database, ranks
from sales.errors import InvalidValue, NotFound, StepGuardFailed
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.leads.locking import locked_to_edit
from sales.steps import Guard, Step, locked_to_enter
from sales.verbs import verb
from sales.versions import require_unchanged
from sales.viewers import Viewer, visible_to


@dataclass(frozen=True)
class Place:
    """Between which two ranks of a step; None is the column's end on that side."""

    lower: str | None
    upper: str | None


@verb
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
    step = await locked_to_enter(step_id or await _step_of_neighbour(before_id, after_id, by), by=by)
    rank, rebalanced = await take_rank(step, by=by, before_id=before_id, after_id=after_id, moving=lead_id)
    lead = await locked_to_edit(lead_id, by=by)
    if step.id != lead.step_id:
        await require_unchanged(lead, expected_version, {"step_id": step.id})
        require_guards(step, lead)
    draft = Draft(Kind.LEAD_MOVED, lead, by=by, lead=lead)
    draft.parts += rebalanced
    draft.change(lead, step_id=step.id, rank=rank)
    if "step_id" in draft.changed(lead):
        draft.change(lead, step_entered_at=await by.now())
    return draft


async def take_rank(
    step: Step,
    *,
    by: Viewer,
    before_id: UUID | None = None,
    after_id: UUID | None = None,
    moving: UUID | None = None,
) -> tuple[str, list[Draft]]:
    """A free rank in a locked step, next to the named lead or at the end; `moving` counts as taken out.

    Where ranks have grown long the whole step gets short ones: the draft of that goes along with the verb's own.
    """
    place = await _find_place(step, by, before_id, after_id, moving)
    rank = ranks.between(place.lower, place.upper)
    if len(rank) <= ranks.LONGEST:
        return rank, []
    return await _rebalance(step, by, place, moving)


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


async def _find_place(
    step: Step, by: Viewer, before_id: UUID | None, after_id: UUID | None, moving: UUID | None
) -> Place:
    if before_id and after_id:
        raise InvalidValue("beforeId", "before_and_after")
    if before_id:
        upper = await _rank_in(step, before_id, by, path="beforeId", moving=moving)
        return Place(await _neighbour(step, "<", upper, moving), upper)
    if after_id:
        lower = await _rank_in(step, after_id, by, path="afterId", moving=moving)
        return Place(lower, await _neighbour(step, ">", lower, moving))
    return Place(await _neighbour(step, "<", None, moving), None)


async def _step_of_neighbour(before_id: UUID | None, after_id: UUID | None, by: Viewer) -> UUID:
    neighbour_id, path = (before_id, "beforeId") if before_id else (after_id, "afterId")
    if neighbour_id is None:
        raise InvalidValue("stepId", "move_without_target")
    neighbour = await Lead.filter(visible_to(by), id=neighbour_id).first()
    if neighbour is None:
        raise NotFound("lead", path)
    return neighbour.step_id


async def _rank_in(step: Step, lead_id: UUID, by: Viewer, *, path: str, moving: UUID | None) -> str:
    if lead_id == moving:
        raise InvalidValue(path, "next_to_itself")
    neighbour = await Lead.filter(visible_to(by), id=lead_id).first()
    if neighbour is None:
        raise NotFound("lead", path)
    if neighbour.step_id != step.id:
        raise InvalidValue(path, "not_in_step")
    return neighbour.rank


async def _neighbour(step: Step, side: str, rank: str | None, moving: UUID | None) -> str | None:
    """The nearest rank below (`<`) or above (`>`) this one; below None is the last of the step."""
    beyond = f"rank {side} $3" if rank is not None else "$3::text is null"
    rows = await database.fetch(
        f"""select rank from leads where account_id = $1 and step_id = $2 and {beyond} and id is distinct from $4
            order by rank {"desc" if side == "<" else "asc"} limit 1""",
        step.account_id, step.id, rank, moving,
    )  # fmt: skip
    return rows[0]["rank"] if rows else None


async def _rebalance(step: Step, by: Viewer, place: Place, moving: UUID | None) -> tuple[str, list[Draft]]:
    """Short ranks for every lead of the step, and a free one among them.

    An event of its own, without version or notice: nobody's order has changed.
    """
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
