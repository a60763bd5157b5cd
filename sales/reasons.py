"""Reasons: the account's own catalogue of why a lead was won, lost or cancelled."""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.accounts import Account
from sales.errors import InvalidValue, NotFound
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.leads import Status
from sales.names import clean
from sales.verbs import verb
from sales.viewers import Viewer

LONGEST_LABEL = 120
WITH_REASONS = (Status.WON, Status.LOST, Status.CANCELLED)


class Reason(Model):
    """Why a lead was closed, in the words of the account."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    status = fields.CharEnumField(Status, max_length=10)
    label = fields.CharField(max_length=120)
    created_at = fields.DatetimeField()
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "reasons"


@verb
async def add(*, by: Viewer, status: Status, label: str, id: UUID | None = None) -> Draft:
    """A new reason for one of the closed statuses."""
    by.require_administrator()
    if status not in WITH_REASONS:
        raise InvalidValue("status", "status_without_reasons")
    reason = Reason(
        id=id or new_id(), account_id=by.account.id, status=status,
        label=clean(label, path="label", longest=LONGEST_LABEL), created_at=await database.now(),
    )  # fmt: skip
    draft = Draft(Kind.REASON_ADDED, reason, by=by)
    draft.add(reason)
    return draft


@verb
async def archive(reason_id: UUID, *, by: Viewer) -> Draft:
    """Offer a reason no longer; leads closed with it keep it."""
    reason = await _locked(reason_id, by)
    draft = Draft(Kind.REASON_ARCHIVED, reason, by=by)
    draft.change(reason, archived_at=reason.archived_at or await database.now())
    return draft


@verb
async def restore(reason_id: UUID, *, by: Viewer) -> Draft:
    reason = await _locked(reason_id, by)
    draft = Draft(Kind.REASON_RESTORED, reason, by=by)
    draft.change(reason, archived_at=None)
    return draft


@verb
async def require_for(*, by: Viewer, statuses: list[Status]) -> Draft:
    """Make a reason mandatory for these closed statuses, and for no other."""
    by.require_administrator()
    if not set(statuses) <= set(WITH_REASONS):
        raise InvalidValue("statuses", "status_without_reasons")
    account = await Account.filter(id=by.account.id).select_for_update(no_key=True).get()
    draft = Draft(Kind.ACCOUNT_REASONS_REQUIRED, account, by=by)
    draft.change(account, reason_required=sorted({status.value for status in statuses}))
    return draft


async def _locked(reason_id: UUID, by: Viewer) -> Reason:
    by.require_administrator()
    reason = await Reason.filter(account_id=by.account.id, id=reason_id).select_for_update(no_key=True).first()
    if reason is None:
        raise NotFound("reason")
    return reason
