"""Money: an amount with its currency, never one without the other."""

from decimal import Decimal

import strawberry
from strawberry import Parent

import reads
from reads import Row
from sales import money
from schema.scalars import CurrencyCode


@strawberry.type(description="An amount of one currency. Neither part is ever null.")
class Money:
    @strawberry.field(
        description='With the decimals of its currency: `"1500.00"` euros, `"1500"` yen.',
        metadata=reads.computed(lambda row: in_its_places(row.amount, row.currency)),
    )
    def amount(self, money_: Parent[money.Money]) -> Decimal:
        return money.with_its_places(money_)

    currency: CurrencyCode = strawberry.field(description="The currency's code in ISO 4217.")


@strawberry.input(description="An amount of one currency, to be set.")
class MoneyInput:
    amount: Decimal = strawberry.field(
        description="Zero or more, with no more decimals than the currency has. It can't be null."
    )
    currency: CurrencyCode = strawberry.field(description="The currency's code in ISO 4217. It can't be null.")


def read(money_: MoneyInput) -> money.Money:
    return money.Money(money_.amount, money_.currency)


def in_its_places(amount: str, currency: str) -> str:
    """`money.with_its_places` in SQL."""
    groups = " ".join(
        f"when {currency} in ({', '.join(repr(code) for code in codes)}) then {places}"
        for places, codes in money.currencies_by_places().items()
    )
    usual = f"when {currency} in ('EUR', 'USD', 'GBP') then {money.USUAL_PLACES}"  # most end at the first comparison
    return f"round({amount}, case {usual} {groups} else {money.USUAL_PLACES} end)"


def of_row(row: Row) -> str:
    """Whether a row has an amount."""
    return f"{row.amount} is not null"
