"""Accounts: one company, the tenant."""

from typing import Any

import strawberry

from sales import accounts, reasons
from sales.accounts import Privacy
from sales.leads import Status
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema.context import Context
from schema.mutations import mutation
from schema.nodes import Node
from schema.scalars import CurrencyCode, Locale, TimeZone


@strawberry.type(description="A company. Nothing ever crosses from one account into another.")
class Account(Node, over=accounts.Account):
    name: str = strawberry.field(description="The company's name. Never null.")
    privacy: Privacy = strawberry.field(description="Who sees whose leads. Never null.")
    locale: Locale = strawberry.field(description="The language of new people, unless they choose. Never null.")
    currency: CurrencyCode = strawberry.field(description="The currency that amounts are usually in. Never null.")
    time_zone: TimeZone = strawberry.field(description="The zone of new people, unless they choose. Never null.")
    reason_required: list[Status] = strawberry.field(
        description="The closed statuses that need a reason; may be empty, never null.",
        resolver=lambda root: [Status(status) for status in root.reason_required],
    )


@strawberry.input(description="Which closed statuses need a reason.")
class AccountRequireReasonsInput:
    statuses: list[Status] = strawberry.field(
        description="These (WON, LOST, CANCELLED) and no others; an empty list: none. It can't be null."
    )


async def _renewed(context: Context, _done: Any, _input: Any) -> accounts.Account:
    await context.renew()
    return context.by.account


@mutation("account", Account, read=_renewed)
async def account_require_reasons(by: Viewer, input: AccountRequireReasonsInput) -> Outcome:
    """Make a reason mandatory for some closed statuses, and for no others. Administrators only."""
    return await reasons.require_for(by=by, statuses=input.statuses)


MUTATIONS = [account_require_reasons]
