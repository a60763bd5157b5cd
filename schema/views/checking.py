"""Whether a saved view still means what it was saved for: its filter is read again, and what that names looked up."""

from asyncio import gather
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from reads import More, Row, Run, Statement
from sales import leads, steps
from sales.sentences import say
from sales.viewers import Viewer
from sales.views import Reference, SavedView
from schema import plans, stored
from schema.context import Context, Info
from schema.leads.conditions import Conditions
from schema.leads.filters import LeadFilter
from schema.leads.orders import LeadOrder
from schema.mistakes import Mistake
from schema.rights import Rights, kind_of
from schema.words import described


class ViewProblemCode(StrEnum):
    """Why a view can't show what it was saved for."""

    GONE = "GONE"
    OUTDATED = "OUTDATED"


described(
    ViewProblemCode,
    "Why a view can't show what it was saved for. Codes are appended: treat an unknown one by its message.",
    GONE="It asks for a step, a pipeline, a person or the like that was deleted, or that you may not see.",
    OUTDATED="It asks in a way that this version of the API does not know.",
)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a stored view; the path is that in the input of a mutation."""

    code: ViewProblemCode
    path: str
    sentence: str
    what: str = ""
    step: str = ""

    def message(self, locale: str) -> str:
        return say(locale, self.sentence, path=self.path, what=self.what, step=self.step)


async def problems_of(view: SavedView, info: Info) -> list[Problem]:
    """What is wrong with a view now: it is read again, and what it names is looked up."""
    _, problems = order_of(view, info)
    outdated = stored.outdated(info, LeadFilter, view.lead_filter, path="filter")
    problems += [_outdated(path) for path in outdated]
    if outdated:
        return problems
    filter = stored.read(info, LeadFilter, view.lead_filter)
    problems += await _gone(list(stored.references(filter, path="filter")), info.context)
    try:
        require_readable(filter, info.context.by)
    except Mistake:
        problems.append(_outdated("filter"))
    return problems


def require_readable(filter: LeadFilter, by: Viewer) -> None:
    """Refuse (BAD_USER_INPUT) a filter that no list takes: it is too large, or an id in it is none."""
    kept = More()
    statement = Statement(Rights(kind_of(by)))
    Conditions(Row(statement, "lead", leads.Lead)).of(stored.tree(filter, kept))
    for value in statement.values:
        value.get(Run((), by, kept.values))


def order_of(view: SavedView, info: Info) -> tuple[list[LeadOrder], list[Problem]]:
    """What the view can still be sorted by, and what is wrong with the rest."""
    order_by, problems = [], []
    for n, each in enumerate(view.order_by):
        if outdated := stored.outdated(info, LeadOrder, each, path=f"orderBy.{n}"):
            problems += [_outdated(path) for path in outdated]
        else:
            order_by.append(stored.read(info, LeadOrder, each))
    return order_by, problems


def _outdated(path: str) -> Problem:
    return Problem(ViewProblemCode.OUTDATED, path, "view-outdated")


async def _gone(named: list[Reference], context: Context) -> list[Problem]:
    """The problems with rows that are named and that the viewer doesn't see."""
    rows = await gather(*(plans.one(context, each.model, each.id) for each in named))
    gone = [each for each, row in zip(named, rows, strict=True) if row is None]
    names = await gather(*(_name_of(each, context) for each in gone))
    return [_problem(each, name) for each, name in zip(gone, names, strict=True)]


async def _name_of(gone: Reference, context: Context) -> str | None:
    """What a step was called when it was deleted."""
    if gone.model is not steps.Step:
        return None

    async def load(ids: list[UUID]) -> list[str | None]:
        found = await steps.names(context.by.account.id, ids)
        return [found.get(id) for id in ids]

    name: str | None = await context.batched(steps.names, load, gone.id)
    return name


def _problem(gone: Reference, step: str | None) -> Problem:
    if step is not None:
        return Problem(ViewProblemCode.GONE, gone.path, "view-step-deleted", step=step)
    return Problem(ViewProblemCode.GONE, gone.path, "view-gone", what=gone.what)
