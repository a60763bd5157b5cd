"""Accounts: one company, the tenant."""

from typing import Any

import strawberry

from sales import accounts, reasons
from sales.accounts import Privacy
from sales.leads import Status
from sales.verbs import Outcome
from sales.viewers import Viewer
from schema import plans
from schema.context import Info
from schema.mutations import Answer, mutation
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
        description="The closed statuses that need a reason; may be empty, never null."
    )


@strawberry.input(description="Which closed statuses need a reason.")
class AccountRequireReasonsInput:
    statuses: list[Status] = strawberry.field(
        description="These (WON, LOST, CANCELLED) and no others; an empty list: none. It can't be null."
    )


async def _renewed(info: Info, _: Answer) -> Any:
    await info.context.renew()
    return await plans.row(info, accounts.Account, info.context.by.account.id)


@mutation("account", Account, read=_renewed)
async def account_require_reasons(by: Viewer, input: AccountRequireReasonsInput) -> Outcome:
    """Make a reason mandatory for some closed statuses, and for no others. Administrators only."""
    return await reasons.require_for(by=by, statuses=input.statuses)


MUTATIONS = [account_require_reasons]
