"""Orders: what a list is sorted by, the conditions for what lies beyond a position in it, and cursors that name one.

A position is the values of all sort keys of a row, the last of which is unique. So a cursor stays valid for ever, and
a list read backwards is the exact mirror of the same list read forwards.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from tortoise.expressions import Q, RawSQL
from tortoise.models import Model
from tortoise.queryset import QuerySet

import reads
from reads.orders import VERSION, mark
from sales.journal import plain
from schema.mistakes import Mistake, bad_input

_LARGEST_NUMBER = 2**63 - 1
_ZEROS = re.compile(r"0+(?=\+)")

Values: TypeAlias = list[Any]


@dataclass(frozen=True, slots=True)
class Key(reads.Key):
    """A sort key as conditions of the ORM; the column may be an annotation."""

    def at(self, value: Any) -> Q:
        return self._is_null(True) if value is None else _where(self.column, value)

    def beyond(self, value: Any) -> Q | None:
        """What comes after this value; None where nothing can."""
        if value is None:
            return self._is_null(False) if self.nulls_first else None
        further = _where(f"{self.column}__{'lt' if self.descending else 'gt'}", value)
        return further if self.nulls_first is not False else further | self._is_null(True)

    def _is_null(self, is_null: bool) -> Q:
        return _where(f"{self.column}__isnull", is_null)


Order: TypeAlias = Sequence[Key]


AS_IT_HAPPENED: Order = (Key("position", int),)
"""The order of a history; a position in the journal is a cursor of it."""


def mirrored(order: Order) -> Order:
    return [Key(m.column, m.kind, m.descending, m.nulls_first) for m in (key.mirrored() for key in order)]


def beyond(order: Order, values: Values) -> Q:
    """The rows that come after the position with these values."""
    branches = []
    for n, (key, value) in enumerate(zip(order, values, strict=True)):
        if (further := key.beyond(value)) is not None:
            branches.append(reduce(and_, [*(order[i].at(values[i]) for i in range(n)), further]))
    return reduce(or_, branches)


def at(order: Order, values: Values) -> Q:
    """The row at the position with these values."""
    return reduce(and_, (key.at(value) for key, value in zip(order, values, strict=True)))


def sorted_by(rows: QuerySet[Any], order: Order) -> QuerySet[Any]:
    terms: list[str] = []
    for key in order:
        # PostgreSQL has nulls last in ascending and first in descending order, and an index serves that as it is.
        if key.nulls_first not in (None, key.descending):
            name = f"{key.column}_is_null"
            rows = rows.annotate(**{name: RawSQL(f'"{rows.model._meta.db_table}"."{key.column}" is null')})
            terms.append(f"-{name}" if key.nulls_first else name)
        terms.append(f"-{key.column}" if key.descending else key.column)
    return rows.order_by(*terms)


def written(order: Order, row: Model) -> str:
    """The cursor of a row in a list of this order."""
    return cursor(order, [getattr(row, key.column) for key in order])


def cursor(order: Order, values: Values) -> str:
    """The cursor of a position in a list of this order."""
    body = orjson.dumps([mark(order), *map(_written, values)])
    return urlsafe_b64encode(VERSION + body).decode().rstrip("=")


def read(order: Order, cursor: str) -> Values:
    """The values of a position in a list of this order. Raises BAD_USER_INPUT for any other cursor."""
    try:
        decoded = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        of, *texts = orjson.loads(decoded[1:])
        if decoded[:1] != VERSION or len(texts) != len(order):
            raise ValueError
        values = [_value(key, text) for key, text in zip(order, texts, strict=True)]
    except (ValueError, TypeError, ArithmeticError):
        raise bad_input("This is no cursor of this list.") from None
    if of != mark(order):
        raise _of_another_order()
    return values


def _written(value: Any) -> Any:
    """As SQL writes it in a cursor: the fraction of an instant without zeros at its end."""
    text = plain(value)
    return _ZEROS.sub("", text) if isinstance(value, datetime) and value.microsecond else text


def _where(lookup: str, value: Any) -> Q:
    conditions: dict[str, Any] = {lookup: value}
    return Q(**conditions)


def _of_another_order() -> Mistake:
    return bad_input("This cursor belongs to another order. Start from the first page after changing orderBy.")


def _value(key: Key, text: Any) -> Any:
    if text is None:
        if key.nulls_first is None:
            raise ValueError
        return None
    return _READ[key.kind](text)


def _number(value: Any) -> int:
    if type(value) is not int or abs(value) > _LARGEST_NUMBER:
        raise ValueError
    return value


def _decimal(value: Any) -> Decimal:
    number = Decimal(_string(value))
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise ValueError
    return number


def _string(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    return value


def _instant(value: Any) -> datetime:
    at = datetime.fromisoformat(_string(value))
    if at.tzinfo is None or not 1 < at.year < 9999:
        raise ValueError
    return at


def _day(value: Any) -> date:
    return date.fromisoformat(_string(value))


def _uuid(value: Any) -> UUID:
    return UUID(_string(value))


_READ: dict[type, Callable[[Any], Any]] = {
    int: _number,
    str: _string,
    Decimal: _decimal,
    datetime: _instant,
    date: _day,
    UUID: _uuid,
}
