"""Watches: who follows a lead, a step, a pipeline or a saved view that is not theirs, and who wants none of it.

Muting is stronger than watching and than owning: a muted step is silent, however loved the lead that lies in it.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.errors import InvalidValue, NotFound
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.pipelines import Pipeline
from sales.steps import Step
from sales.users import User
from sales.verbs import verb
from sales.viewers import Viewer, sees, visible_to
from sales.views import SavedView, seen_by

MOST_WATCHES: Final = 1_000
MOST_VIEWS: Final = 20
"""Views that one person follows: each is looked through whenever something happens to a lead."""

_COLUMNS: Final[dict[type[Model], str]] = {
    Lead: "lead_id", Step: "step_id", Pipeline: "pipeline_id", SavedView: "view_id",
}  # fmt: skip


class Attention(StrEnum):
    """What somebody wants to hear of something."""

    WATCHED = "WATCHED"
    MUTED = "MUTED"


class Watch(Model):
    """One person who follows, or wants to hear nothing of, one lead, step, pipeline or view."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    user_id = fields.UUIDField(description="Whose")
    lead_id = fields.UUIDField(null=True)
    step_id = fields.UUIDField(null=True)
    pipeline_id = fields.UUIDField(null=True)
    view_id = fields.UUIDField(null=True)
    attention = fields.CharEnumField(Attention, max_length=10)
    created_at = fields.DatetimeField()

    class Meta:
        table = "watches"


Follower: TypeAlias = tuple[UUID, Attention]
LookIntoViews: TypeAlias = Callable[[UUID, Collection[Watch], Collection[UUID]], Awaitable[dict[UUID, set[UUID]]]]
"""Which of some leads lie in the view of each watch, for its person: given the account, the watches and the leads."""


async def _no_views(account_id: UUID, watches: Collection[Watch], leads: Collection[UUID]) -> dict[UUID, set[UUID]]:
    return {}


_look_into_views: LookIntoViews = _no_views


def look_into_views_by(look: LookIntoViews) -> None:
    """Set how this process finds the leads of a saved view: its filter is the API's, which rules know nothing of."""
    global _look_into_views
    _look_into_views = look


@verb
async def attend(model: type[Model], id: UUID, *, by: Viewer, attention: Attention | None) -> Draft:
    """Watch or mute a lead, a step, a pipeline or a saved view for oneself; None: neither any more."""
    column = _COLUMNS[model]
    # The person is locked, so that two requests at once make one row.
    await User.filter(account_id=by.account.id, id=by.user.id).select_for_update(no_key=True).get()
    own = Watch.filter(account_id=by.account.id, user_id=by.user.id)
    watch = await own.filter(**{column: id}).first()
    if attention is None:
        draft = Draft(Kind.WATCH_ENDED, watch or by.user, by=by)
        if watch is not None:
            draft.remove(watch)
        return draft
    await _require_seen(model, id, by)
    if watch is None:
        await _require_room(model, by)
        watch = Watch(
            account_id=by.account.id, user_id=by.user.id, attention=attention, created_at=await by.now(), **{column: id}
        )
        draft = Draft(Kind.WATCH_SET, watch, by=by)
        draft.add(watch)
    else:
        draft = Draft(Kind.WATCH_SET, watch, by=by)
        draft.change(watch, attention=attention)
    return draft


_FOLLOWERS = f"""
with lead as (
  select l.id, l.owner_id, s.id as step_id, s.pipeline_id
  -- One look-up each, whatever the planner thinks of an account that has just grown.
  from unnest($2::uuid[], $3::uuid[]) as w(lead_id, step_id)
  cross join lateral (select l.* from leads l where l.account_id = $1 and l.id = w.lead_id offset 0) l
  cross join lateral (
    select s.* from steps s where s.account_id = $1 and s.id = coalesce(w.step_id, l.step_id) offset 0) s),
followed as (
  select l.id, l.owner_id, w.user_id, w.attention from lead l join watches w on w.account_id = $1 and w.lead_id = l.id
  union
  select l.id, l.owner_id, w.user_id, w.attention from lead l
  join watches w on w.account_id = $1 and w.step_id = l.step_id
  union
  select l.id, l.owner_id, w.user_id, w.attention from lead l
  join watches w on w.account_id = $1 and w.pipeline_id = l.pipeline_id)
select f.id, f.user_id, f.attention from followed f
join users u on u.account_id = $1 and u.id = f.user_id
where f.attention = 'MUTED' or {sees("u", "f.owner_id")}
"""


async def followers(account_id: UUID, places: Iterable[tuple[UUID, UUID | None]]) -> dict[UUID, set[Follower]]:
    """Who watches and who has muted each of these leads, of those who may see it.

    Places are leads, each with a step that it lay in or None for where it lies now: one that has left a watched step
    is told of. What lies in a view is what does so now.
    """
    leads, steps = zip(*set(places), strict=True)
    found: dict[UUID, set[Follower]] = defaultdict(set)
    for row in await database.fetch(_FOLLOWERS, account_id, list(leads), list(steps)):
        found[row["id"]].add((row["user_id"], Attention(row["attention"])))
    watches = await Watch.filter(account_id=account_id, view_id__isnull=False)
    if watches:
        within = await _look_into_views(account_id, watches, set(leads))
        for watch in watches:
            for lead_id in within.get(watch.id, ()):
                found[lead_id].add((watch.user_id, watch.attention))
    return found


async def _require_seen(model: type[Model], id: UUID, by: Viewer) -> None:
    if model is Lead:
        is_seen = await Lead.filter(visible_to(by), id=id).exists()
    elif model is SavedView:
        is_seen = await SavedView.filter(seen_by(by), id=id).exists()
    else:
        is_seen = await model.filter(account_id=by.account.id, id=id).exists()
    if not is_seen:
        raise NotFound("view" if model is SavedView else model.__name__.lower())


async def _require_room(model: type[Model], by: Viewer) -> None:
    own = Watch.filter(account_id=by.account.id, user_id=by.user.id)
    if await own.count() >= MOST_WATCHES:
        raise InvalidValue("id", "too_many_watches", most=MOST_WATCHES)
    if model is SavedView and await own.filter(view_id__isnull=False).count() >= MOST_VIEWS:
        raise InvalidValue("id", "too_many_watched_views", most=MOST_VIEWS)
