"""Whether a saved view still means what it was saved for: its filter is read again, and what that names looked up."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from sales import steps
from sales.sentences import say
from sales.views import Reference, SavedView
from schema import stored
from schema.context import Info
from schema.leads.filters import LeadFilter
from schema.leads.find import LeadConditions
from schema.leads.orders import LeadOrder
from schema.mistakes import Mistake
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


@dataclass(frozen=True)
class Checked:
    """A view as the schema reads it today. With problems, the filter and the order are not to be used."""

    filter: LeadFilter
    order_by: list[LeadOrder]
    problems: list[Problem]


async def checked(view: SavedView, info: Info) -> Checked:
    """Read a view and look up what it names, now."""
    order_by, problems = order_of(view, info)
    outdated = stored.outdated(info, LeadFilter, view.lead_filter, path="filter")
    problems += [_outdated(path) for path in outdated]
    if outdated:
        return Checked(LeadFilter(), order_by, problems)
    filter = stored.read(info, LeadFilter, view.lead_filter)
    looked_up = (_gone(each, info) for each in stored.references(filter, path="filter"))
    problems += [problem for problem in await asyncio.gather(*looked_up) if problem]
    try:
        # For its bounds alone, which no instant changes.
        LeadConditions(view.account_id, view.created_at).of(filter)
    except Mistake:
        problems.append(_outdated("filter"))
    return Checked(filter, order_by, problems)


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


async def _gone(reference: Reference, info: Info) -> Problem | None:
    """The problem with a row that is named; None where the viewer sees it."""
    if await info.context.loaders.one(reference.model).load(reference.id) is not None:
        return None
    if reference.model is steps.Step and (step := await info.context.loaders.step_names.load(reference.id)):
        return Problem(ViewProblemCode.GONE, reference.path, "view-step-deleted", step=step)
    return Problem(ViewProblemCode.GONE, reference.path, "view-gone", what=reference.what)
