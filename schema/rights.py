"""Rights: which rows of each table exist for a viewer, and what of them may be changed: for all that is read.

The account is a part of every rule. Viewers of one `kind` share plans: what differs between them are values.
"""

from typing import TypeAlias

from tortoise.models import Model

from reads import Row, Run, Unplannable
from sales.accounts import Account
from sales.canaries import Canary
from sales.deliveries import Delivery, DeliveryAttempt, Replay
from sales.deliveries.rates import ProviderRate
from sales.endpoints import Endpoint
from sales.feeds import CalendarFeed
from sales.journal import DispatchCursor, Event
from sales.keys import ApiKey
from sales.leads import Lead
from sales.notifications import Notification
from sales.pipelines import Pipeline
from sales.reasons import Reason
from sales.reminders import Reminder
from sales.reminders.series import Series
from sales.sessions import Session
from sales.steps import Step
from sales.teams import Membership, Team
from sales.texts import LeadText
from sales.totals import LeadTotal
from sales.trails import AnyNotification, Line
from sales.users import User
from sales.viewers import Viewer
from sales.views import SavedView
from sales.watches import Watch
from sales.workers import Worker

Kind: TypeAlias = tuple[bool, bool]


def kind_of(by: Viewer) -> Kind:
    """What of a viewer decides how a statement reads."""
    return by.sees_all, by.is_administrator


class Rights:
    """The rules for viewers of one kind."""

    def __init__(self, kind: Kind) -> None:
        self._sees_all, self._is_administrator = kind

    def __call__(self, model: type[Model], row: Row) -> str:
        """The condition under which a row of the model's table exists for the viewer."""
        if model in _OF_OPERATION:
            return "true" if self._is_administrator else "false"
        if model is ProviderRate:
            return "true"  # a limit and an instant, of no account: why the viewer's own deliveries wait
        account = row.bind(_account, "uuid")
        if model is Account:
            return f"{row.id} = {account}"
        within = f"{row.account_id} = {account}"
        if model in _OPEN:
            return within
        if model in (Lead, LeadTotal):
            return within if self._sees_all else f"{within} and {self._sees(row, row.owner_id)}"
        if model in (Reminder, Event):
            # A shared account hides no lead: what is about one needs no look at it.
            about = f"{row.lead_id} is not null"
            if self._sees_all:
                return f"{within} and {about}"
            leads = row.rows_of(Lead)
            return f"{within} and exists (select from {leads} l where l.id = {row.lead_id})"
        if model is Notification:
            mine = f"{within} and {row.user_id} = {me(row)}"
            return f"{mine} and {row.in_app} and {row.cancelled_at} is null and {row.visible_at} <= now()"
        if model is Endpoint:
            whose = f"{row.user_id} = {me(row)}"
            whose = f"({whose} or {row.user_id} is null)" if self._is_administrator else whose
            return f"{within} and {row.deleted_at} is null and {whose}"
        if model is SavedView:
            return f"{within} and ({row.user_id} = {me(row)} or {row.is_shared})"
        if model is DeliveryAttempt:
            return f"{within} and exists (select from {row.rows_of(Delivery)} d where d.id = {row.delivery_id})"
        if model is Line:
            if self._is_administrator:
                return within
            return f"{within} and ({row.user_id} = {me(row)} or {row.user_id} is null)"
        if model is Replay and not self._is_administrator:
            return f"{within} and {row.created_by_id} = {me(row)}"
        if model in (Session, Watch, CalendarFeed) or (model in _OF_A_PERSON and not self._is_administrator):
            return f"{within} and {row.user_id} = {me(row)}"
        if model in _OF_A_PERSON or model is Replay:
            return within
        raise Unplannable(f"nobody says who sees {model.__name__}")

    def _sees(self, row: Row, owner: str) -> str:
        return f"({owner} is null or {owner} = any({row.bind(_seen, 'uuid[]')}))"


def me(row: Row) -> str:
    """Who asks, in SQL: the person's id."""
    return row.bind(_person, "uuid")


def is_administrator(row: Row) -> str:
    """Whether an administrator asks, in SQL."""
    return row.bind(_administers, "boolean")


def may_edit_view(view: Row) -> str:
    """`views.may_edit` in SQL."""
    return f"({is_administrator(view)} or {view.user_id} = {me(view)})"


def may_edit(lead: Row) -> str:
    """`Viewer.may_edit` in SQL."""
    is_managed = f"coalesce({lead.owner_id} = any({lead.bind(_managed, 'uuid[]')}), false)"
    return f"({is_administrator(lead)} or {is_managed})"


_OPEN = frozenset({User, Team, Membership, Pipeline, Step, Reason, LeadText, Series, DispatchCursor})
"""What everybody of an account sees; and what is only reached from leads and reminders that are seen."""

_OF_A_PERSON = frozenset({ApiKey, Delivery, AnyNotification})
"""One's own, and for administrators everybody's. A trail tells of notifications that their reader's list hides, too."""

_OF_OPERATION = frozenset({Worker, Canary})
"""What keeps everything going, of no account: for administrators, who are told whether all is well."""


def _account(run: Run) -> object:
    return run.who.account.id


def _person(run: Run) -> object:
    return run.who.user.id


def _seen(run: Run) -> object:
    return [run.who.user.id, *run.who.seen]


def _managed(run: Run) -> object:
    return [run.who.user.id, *run.who.managed]


def _administers(run: Run) -> object:
    return run.who.is_administrator
