"""Batched loading: rows that many fields ask for, one by one, come in one statement for each table.

Which rows of a table a viewer sees is said here once, for every look-up by id. Never to be used inside a
transaction: a loader runs in a task of its own, beside it.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader
from tortoise.expressions import Q, Subquery
from tortoise.models import Model
from tortoise.queryset import QuerySet

from sales import database, notices, steps
from sales.accounts import Account
from sales.deliveries import Delivery
from sales.journal import Event
from sales.keys import ApiKey
from sales.leads import Lead
from sales.notifications import Notification, inbox_of
from sales.reminders import Reminder, ReminderState
from sales.sessions import Session
from sales.steps import Step
from sales.teams import Membership
from sales.viewers import Viewer, visible_to
from sales.views import SavedView, seen_by
from schema.history import Histories

Row = TypeVar("Row", bound=Model)
Key = TypeVar("Key", bound=Hashable)


async def seen(model: type[Row], by: Viewer) -> QuerySet[Row]:
    """The rows of a table that exist for this viewer."""
    return model.filter(await _seen(model, by))


class Loaders:
    """The loaders of one request; each remembers what it has loaded."""

    def __init__(self, by: Viewer) -> None:
        self.by = by
        self._loaders: dict[type[Model], DataLoader[UUID, Any]] = {}
        self.steps_of = _Many(by, Step, "pipeline_id", order="position")
        self.open_reminders_of = _Many(
            by, Reminder, "lead_id", order="due_at", state__in=[ReminderState.PENDING, ReminderState.FIRED]
        )
        self.deliveries_of = _Many(by, Delivery, "notification_id", order="created_at")
        self.members_of = _Many(by, Membership, "team_id", order="-is_manager")
        self.texts = DataLoader(load_fn=_texts)
        self.step_names = DataLoader(load_fn=self._load_step_names)
        self.histories = Histories(by)
        self.events = DataLoader(load_fn=self._load_events)

    def one(self, model: type[Row]) -> DataLoader[UUID, Row | None]:
        """Loads rows of a table by their ids; None for what does not exist for the viewer."""

        async def load(ids: list[UUID]) -> list[Row | None]:
            found = {row.pk: row for row in await (await seen(model, self.by)).filter(pk__in=ids)}
            return [found.get(id) for id in ids]

        if model not in self._loaders:
            self._loaders[model] = DataLoader(load_fn=load)
        return self._loaders[model]

    async def _load_step_names(self, ids: list[UUID]) -> list[str | None]:
        found = await steps.names(self.by.account.id, ids)
        return [found.get(id) for id in ids]

    async def _load_events(self, positions: list[int]) -> list[Event | None]:
        found = {event.position: event for event in await (await seen(Event, self.by)).filter(position__in=positions)}
        return [found.get(position) for position in positions]


class _Many(Generic[Row]):
    """The rows of a table that belong to each of many others, in order."""

    def __init__(self, by: Viewer, model: type[Row], column: str, *, order: str, **only: Any) -> None:
        self._by, self._model, self._column, self._order, self._only = by, model, column, order, only
        self._loader: DataLoader[UUID, list[Row]] = DataLoader(load_fn=self._load)

    async def load(self, id: UUID) -> list[Row]:
        return await self._loader.load(id)

    async def _load(self, ids: list[UUID]) -> list[list[Row]]:
        rows = (await seen(self._model, self._by)).filter(**{f"{self._column}__in": ids}, **self._only)
        return grouped(await rows.order_by(self._order, "id"), self._column, ids)


def grouped(rows: Iterable[Row], column: str, keys: Sequence[Key]) -> list[list[Row]]:
    """The rows by the value of a column, in the order of `keys`."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return [groups[key] for key in keys]


async def _texts(ids: list[UUID]) -> list[str]:
    """What notifications say; the ids are those of rows that are seen."""
    found = await notices.load(ids)
    return [found[id].sentence for id in ids]


async def _seen(model: type[Model], by: Viewer) -> Q:
    own = Q(account_id=by.account.id, user_id=by.user.id)
    if model is Account:
        return Q(id=by.account.id)
    if model is Lead:
        return visible_to(by)
    if model in (Reminder, Event):
        return Q(account_id=by.account.id, lead_id__in=Subquery(Lead.filter(visible_to(by)).values("id")))
    if model is Notification:
        return inbox_of(by, await database.now())
    if model is SavedView:
        return seen_by(by)
    if model is Session or (model in (ApiKey, Delivery) and not by.is_administrator):
        return own
    return Q(account_id=by.account.id)
