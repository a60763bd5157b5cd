"""Totals: how many leads lie where and what they are worth, kept by triggers so that nobody has to count.

A verb writes the account's journal head first, and the triggers run at the end of that same statement: whoever
changes an account's totals holds its head, so these rows are never waited for and can't be part of a deadlock. The
clock holds the heads of all its accounts by then, and deletes nothing; deleting a step takes the step's totals along.
"""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.ids import new_id
from sales.leads import Status


class LeadTotal(Model):
    """What the leads of one step, status, owner and currency come to; a row whose leads are gone says 0."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    step_id = fields.UUIDField()
    status = fields.CharEnumField(Status, max_length=10)
    owner_id = fields.UUIDField(null=True, description="Null: nobody's")
    currency = fields.CharField(max_length=3, null=True, description="Null: no amount is known")
    leads = fields.BigIntField()
    amount = fields.DecimalField(max_digits=38, decimal_places=4)
    weighted = fields.DecimalField(
        max_digits=38, decimal_places=6, description="Amount times probability, of leads that have their own"
    )
    unweighted = fields.DecimalField(
        max_digits=38, decimal_places=4, description="Amount of the others; the reader takes the step's probability"
    )

    class Meta:
        table = "lead_totals"


async def count_at_once() -> None:
    """Until this transaction ends, count what each statement changes in one go: for verbs that change thousands."""
    await database.fetch("select set_config('relance.count_at_once', 'on', true)")


async def rebuild(account_id: UUID) -> None:
    """Count an account's totals anew from its leads; its writers wait. For loads that went past the triggers."""
    await database.fetch("select rebuild_lead_totals($1)", account_id)
