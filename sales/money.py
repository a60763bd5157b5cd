"""Money: a decimal with its currency, never one without the other, never mixed."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from babel.numbers import format_currency, get_currency_precision, list_currencies

from sales.errors import InvalidValue

LARGEST = Decimal(10) ** 14
USUAL_PLACES = 2
"""The decimals of most currencies."""


@dataclass(frozen=True)
class Money:
    """An amount of one currency (ISO 4217)."""

    amount: Decimal
    currency: str


def require_sensible(money: Money, *, path: str = "amount") -> None:
    """Refuse what is no price: a currency that nobody uses, less than nothing, parts of a cent."""
    require_currency(money.currency, path=f"{path}.currency")
    if not money.amount.is_finite() or not 0 <= money.amount < LARGEST:
        raise InvalidValue(f"{path}.amount", "amount_out_of_range")
    places = get_currency_precision(money.currency)
    if money.amount != round(money.amount, places):
        raise InvalidValue(f"{path}.amount", "amount_too_fine", places=places, currency=money.currency)


def with_its_places(money: Money) -> Decimal:
    """The amount with as many decimals as its currency has, as prices are written: 1500.00, or 1500 for yen."""
    return round(money.amount, get_currency_precision(money.currency))


def require_currency(code: str, *, path: str) -> None:
    if code not in _currencies():
        raise InvalidValue(path, "currency_unknown", value=code[:10])


def in_words(money: Money, locale: str) -> str:
    """As a person of that language writes it: 1 500,00 € or €1,500.00."""
    return str(format_currency(money.amount, money.currency, locale=locale))


@cache
def currencies_by_places() -> dict[int, list[str]]:
    """The currencies that have more or fewer decimals than usual, by how many."""
    groups: dict[int, list[str]] = {}
    for code in sorted(_currencies()):
        if (places := get_currency_precision(code)) != USUAL_PLACES:
            groups.setdefault(places, []).append(code)
    return groups


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())
