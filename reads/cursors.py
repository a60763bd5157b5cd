"""Cursors: positions in a list, written by SQL and by Python, and read with nothing taken on trust."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson
from graphql import GraphQLError

from reads.orders import Key, Order, mark
from reads.written import escaped, literal

_VERSION: Final = b"1"
_LARGEST_NUMBER: Final = 2**63 - 1


class BadPage(GraphQLError):
    """A page that can't be had: its size, or a cursor of another list. The code is the one that clients know."""

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": "BAD_USER_INPUT"})


def in_sql(order: Order, columns: Sequence[str]) -> str:
    """The cursor of a position: the version, then a JSON list of the order's mark and the values, in base 64."""
    values = " || ',' || ".join(_plain(key, column) for key, column in zip(order, columns, strict=True))
    body = f"{literal(_VERSION.decode() + '[' + str(mark(order)) + ',')} || {values} || ']'"
    return f"translate(encode(convert_to({body}, 'UTF8'), 'base64'), e'+/=\\n', '-_')"


def written(order: Order, values: Sequence[int]) -> str:
    """The same of a position that is known, in an order of numbers."""
    return urlsafe_b64encode(_VERSION + orjson.dumps([mark(order), *values])).decode().rstrip("=")


def read(cursor: str, order: Order) -> list[Any]:
    """The values of a position in a list of this order. Raises BadPage for any other cursor."""
    try:
        decoded = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        of, *texts = orjson.loads(decoded[1:])
        if decoded[:1] != _VERSION:
            raise ValueError
        if of == mark(order):
            return [_value(key, text) for key, text in zip(order, texts, strict=True)]
    except (ValueError, TypeError, ArithmeticError):
        raise BadPage("This is no cursor of this list.") from None
    raise BadPage("This cursor belongs to another order. Start from the first page after changing orderBy.")


def _plain(key: Key, sql: str) -> str:
    texts = {
        int: f"{sql}::text",
        UUID: f"'\"' || {sql} || '\"'",
        Decimal: f"'\"' || trim_scale({sql}) || '\"'",
        datetime: f"to_json({sql})::text",
        date: f"to_json({sql})::text",
        str: escaped(sql),
    }
    return texts[key.kind] if key.nulls_first is None else f"coalesce({texts[key.kind]}, 'null')"


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
