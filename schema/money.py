"""Money: an amount with its currency, never one without the other."""

from decimal import Decimal

import strawberry
from strawberry import Parent

from sales import money
from schema.scalars import CurrencyCode


@strawberry.type(description="An amount of one currency. Neither part is ever null.")
class Money:
    @strawberry.field(description='With the decimals of its currency: `"1500.00"` euros, `"1500"` yen.')
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
