"""Editing what is written on a lead, and its star."""

from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from sales.errors import InvalidValue
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.leads.locking import locked_to_edit
from sales.money import Money, require_sensible
from sales.names import clean, clean_text
from sales.verbs import Checks, optimistic_verb
from sales.versions import require_unchanged
from sales.viewers import Viewer

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 20_000


class LeadFields(TypedDict, total=False):
    """What can be edited; what is absent stays."""

    title: str
    description: str
    money: Money | None
    probability: int | None
    expected_close_on: date | None


@optimistic_verb
async def edit(lead_id: UUID, *, by: Viewer, fields: LeadFields, expected_version: int | None = None) -> Draft:
    """Change what is written on a lead; closed leads too. With `expected_version`, VersionConflict may be raised."""
    values = columns(fields)
    lead = await locked_to_edit(lead_id, by=by)
    await require_unchanged(lead, expected_version, values)
    draft = Draft(Kind.LEAD_EDITED, lead, by=by, lead=lead)
    draft.change(lead, **values)
    return draft


@optimistic_verb
async def star(lead_id: UUID, *, by: Viewer) -> Draft:
    """Mark a lead as one of the important ones, for everybody."""
    return await _star(lead_id, True, Kind.LEAD_STARRED, by)


@optimistic_verb
async def unstar(lead_id: UUID, *, by: Viewer) -> Draft:
    return await _star(lead_id, False, Kind.LEAD_UNSTARRED, by)


def columns(fields: LeadFields) -> dict[str, Any]:
    """The columns that these fields set; everything that is wrong with them is raised at once."""
    values: dict[str, Any] = {}
    checks = Checks()
    if "title" in fields:
        with checks:
            values["title"] = clean(fields["title"], path="title", longest=LONGEST_TITLE)
    if "description" in fields:
        with checks:
            values["description"] = clean_text(fields["description"], path="description", longest=LONGEST_DESCRIPTION)
    if "money" in fields:
        with checks:
            values |= money_columns(fields["money"])
    if "probability" in fields:
        with checks:
            values["probability"] = _per_cent(fields["probability"])
    if "expected_close_on" in fields:
        values["expected_close_on"] = fields["expected_close_on"]
    checks.done()
    return values


def money_columns(money: Money | None) -> dict[str, Any]:
    if money is None:
        return {"amount": None, "currency": None}
    require_sensible(money)
    return {"amount": money.amount, "currency": money.currency}


async def _star(lead_id: UUID, is_starred: bool, kind: Kind, by: Viewer) -> Draft:
    lead: Lead = await locked_to_edit(lead_id, by=by)
    draft = Draft(kind, lead, by=by, lead=lead)
    draft.change(lead, is_starred=is_starred)
    return draft


def _per_cent(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= 100:
        raise InvalidValue("probability", "not_per_cent")
    return value
