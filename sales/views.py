"""Saved views: lists of leads under a name, a person's own or shared: which leads, in which order, shown how."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

import orjson
from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.expressions import Q
from tortoise.models import Model

from sales import database
from sales.errors import InvalidValue, NotAllowed, NotFound
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean
from sales.users import User
from sales.verbs import Checks, verb
from sales.viewers import Viewer

LONGEST_NAME = 120
LONGEST_FILTER = 20_000
"""In bytes of JSON; some 400 ids."""
MOST_VIEWS = 200


class Layout(StrEnum):
    """How a view shows its leads."""

    TABLE = "TABLE"
    CARDS = "CARDS"
    BOARD = "BOARD"


class LeadColumn(StrEnum):
    """What a table of leads can show. New ones are appended; none is renamed, since views keep them."""

    NUMBER = "NUMBER"
    TITLE = "TITLE"
    DESCRIPTION = "DESCRIPTION"
    STATUS = "STATUS"
    STATUS_CHANGED_AT = "STATUS_CHANGED_AT"
    STEP = "STEP"
    STEP_ENTERED_AT = "STEP_ENTERED_AT"
    PIPELINE = "PIPELINE"
    OWNER = "OWNER"
    AMOUNT = "AMOUNT"
    PROBABILITY = "PROBABILITY"
    EXPECTED_CLOSE_ON = "EXPECTED_CLOSE_ON"
    IS_STARRED = "IS_STARRED"
    NEXT_REMINDER = "NEXT_REMINDER"
    CREATED_AT = "CREATED_AT"
    CREATED_BY = "CREATED_BY"
    CLOSED_AT = "CLOSED_AT"
    REASON = "REASON"


class SavedView(Model):
    """A filter, an order and a layout of leads under a name; its person's own, or shared with the account."""

    PRIVATE = frozenset({"name", "lead_filter"})

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    user_id = fields.UUIDField(description="Whose it is")
    name = fields.CharField(max_length=120)
    is_shared = fields.BooleanField(default=False, description="Everybody in the account sees it")
    layout = fields.CharEnumField(Layout, max_length=10)
    lead_filter: dict[str, Any] = fields.JSONField(description="As clients write it; {} means all leads")
    order_by: list[dict[str, str]] = fields.JSONField(description="As clients write it; [] means newest first")
    columns: list[str] = ArrayField(element_type="text", default=list, description="What a table shows, in order")
    created_at = fields.DatetimeField()

    class Meta:
        table = "saved_views"


class ViewFields(TypedDict, total=False):
    """What can be set on a view; what is absent stays."""

    name: str
    is_shared: bool
    layout: Layout
    lead_filter: dict[str, Any]
    order_by: list[dict[str, str]]
    columns: list[LeadColumn]


@dataclass(frozen=True)
class Reference:
    """A row of the account's that a filter names, and where in the input: `filter.step.id.eq`."""

    path: str
    model: type[Model]
    id: UUID

    @property
    def what(self) -> str:
        return self.model.__name__.lower()


@verb
async def create(
    *, by: Viewer, fields: ViewFields, references: Sequence[Reference] = (), id: UUID | None = None
) -> Draft:
    """Keep a view as the viewer's own. What its filter refers to must exist (NotFound under the reference's path)."""
    values = await _checked(fields, references, by=by)
    await _require_room(by)
    view = SavedView(
        id=id or new_id(), account_id=by.account.id, user_id=by.user.id, created_at=await database.now(), **values
    )
    draft = Draft(Kind.VIEW_CREATED, view, by=by)
    draft.add(view)
    return draft


@verb
async def edit(view_id: UUID, *, by: Viewer, fields: ViewFields, references: Sequence[Reference] = ()) -> Draft:
    """Change what a view is called, and what it shows to whom and how."""
    view = await _locked(view_id, by)
    draft = Draft(Kind.VIEW_EDITED, view, by=by)
    draft.change(view, **await _checked(fields, references, by=by))
    return draft


@verb
async def delete(view_id: UUID, *, by: Viewer) -> Draft:
    view = await _locked(view_id, by)
    draft = Draft(Kind.VIEW_DELETED, view, by=by)
    draft.remove(view)
    return draft


def seen_by(by: Viewer) -> Q:
    """The viewer's own views and those that somebody shares; others' own do not exist, for administrators neither."""
    return Q(account_id=by.account.id) & (Q(user_id=by.user.id) | Q(is_shared=True))


def may_edit(view: SavedView, by: Viewer) -> bool:
    return by.is_administrator or view.user_id == by.user.id


async def _checked(fields: ViewFields, references: Sequence[Reference], *, by: Viewer) -> dict[str, Any]:
    """The columns that these fields set; all that is wrong with them is raised at once."""
    values: dict[str, Any] = dict(fields)
    checks = Checks()
    if "name" in fields:
        with checks:
            values["name"] = clean(fields["name"], path="name", longest=LONGEST_NAME)
    if len(orjson.dumps(values.get("lead_filter"))) > LONGEST_FILTER:
        checks.refusals.append(InvalidValue("filter", "name_too_long", longest=LONGEST_FILTER))
    checks.refusals += [NotFound(each.what, each.path) for each in await _gone(references, by)]
    checks.done()
    return values


async def _gone(references: Iterable[Reference], by: Viewer) -> list[Reference]:
    """Those that the account has no row for."""
    by_model = defaultdict(list)
    for each in references:
        by_model[each.model].append(each)
    gone = []
    for model, named in by_model.items():
        rows = model.filter(account_id=by.account.id, id__in={each.id for each in named})
        found = set(await rows.values_list("id", flat=True))
        gone += [each for each in named if each.id not in found]
    return gone


async def _require_room(by: Viewer) -> None:
    # The person is locked, so that two requests at once can't both take the last place.
    await User.filter(account_id=by.account.id, id=by.user.id).select_for_update(no_key=True).get()
    if await SavedView.filter(account_id=by.account.id, user_id=by.user.id).count() >= MOST_VIEWS:
        raise InvalidValue("name", "too_many_views", most=MOST_VIEWS)


async def _locked(view_id: UUID, by: Viewer) -> SavedView:
    view = await SavedView.filter(seen_by(by), id=view_id).select_for_update(no_key=True).first()
    if view is None:
        raise NotFound("view")
    if not may_edit(view, by):
        raise NotAllowed("view")
    return view
