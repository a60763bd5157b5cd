"""Scalars: how values that GraphQL has no word for are written, and what is refused at the door."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from reads.written import Writers, escaped, instant, quoted
from schema import durations

Cursor = NewType("Cursor", str)
TimeZone = NewType("TimeZone", str)
CurrencyCode = NewType("CurrencyCode", str)
Locale = NewType("Locale", str)
EmailAddress = NewType("EmailAddress", str)
LeadFilterJSON = NewType("LeadFilterJSON", str)

_LONGEST_TEXT = 300
_LONGEST_CURSOR = 2_000
_MOST_DIGITS = 30
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?P<fraction>\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?", re.ASCII)


def _text(value: Any, *, longest: int = _LONGEST_TEXT) -> str:
    if not isinstance(value, str):
        raise ValueError("This is written as a string.")
    if len(value) > longest or "\0" in value or not value.isprintable():
        raise ValueError("This is too long, or contains what cannot be shown.")
    return value


def _read_date_time(value: Any) -> datetime:
    text = _text(value)
    match = _DATE_TIME.fullmatch(text)
    if not match:
        raise ValueError("An instant is written as in RFC 3339, with its offset: 2026-11-24T09:00:00+01:00 or ...Z.")
    fraction = match["fraction"] or ""
    at = datetime.fromisoformat(text.upper().replace(fraction, fraction[:7], 1) if fraction else text.upper())
    # Converting at once keeps out what lies beyond the years 1 and 9999 in UTC.
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("This instant is out of range.") from None


def written_date_time(value: datetime) -> str:
    text = value.astimezone(UTC).isoformat().removesuffix("+00:00")
    return f"{text.rstrip('0') if value.microsecond else text}Z"


def _written_time(value: time) -> str:
    text = value.isoformat()
    return text.rstrip("0") if value.microsecond else text


def _read_date(value: Any) -> date:
    text = _text(value)
    if not _DATE.fullmatch(text):
        raise ValueError("A date is written as in RFC 3339: 2026-11-24.")
    return date.fromisoformat(text)


def _read_time(value: Any) -> time:
    text = _text(value)
    if not _TIME.fullmatch(text):
        raise ValueError("A local time is written 09:00 or 09:00:00, without an offset.")
    return time.fromisoformat(text)


def _read_duration(value: Any) -> timedelta:
    return durations.read(_text(value))


def _read_decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError('A decimal is written as a string, such as "1500.00", or as a whole number.')
    text = _text(str(value)) if isinstance(value, str) or abs(value) < 10**_MOST_DIGITS else ""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"A decimal has digits and at most one point, such as 1500.00; at most {_MOST_DIGITS} digits.")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("This is no decimal.") from None


def _written_decimal(value: Decimal) -> str:
    return format(value, "f")


def _read_text(value: Any) -> str:
    return _text(value)


def _read_cursor(value: Any) -> str:
    return _text(value, longest=_LONGEST_CURSOR)


def _scalar(
    name: str, description: str, *, url: str | None, read: Callable[[Any], Any], write: Callable[[Any], str] = str
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=url,
        parse_value=read,
        serialize=lambda value: value if isinstance(value, str) else write(value),  # what a plan wrote stays
    )


SCALARS: dict[object, ScalarDefinition] = {
    datetime: _scalar(
        "DateTime",
        "An instant as in RFC 3339. Written in UTC (`2026-11-24T08:00:00Z`); read with any offset, never without one.",
        url="https://scalars.graphql.org/andimarek/date-time",
        read=_read_date_time,
        write=written_date_time,
    ),
    date: _scalar(
        "Date",
        "A day of the calendar, in no particular time zone: `2026-11-24`.",
        url="https://scalars.graphql.org/andimarek/local-date",
        read=_read_date,
        write=date.isoformat,
    ),
    time: _scalar(
        "LocalTime",
        "A time on a clock on the wall: `09:00` or `09:00:30`.",
        url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        read=_read_time,
        write=_written_time,
    ),
    timedelta: _scalar(
        "Duration",
        "A length of time as in ISO 8601: `P7D`, `PT1H30M`, `PT20S`. A day is 24 hours; years and months are refused, "
        "since they have no fixed length.",
        url="https://www.rfc-editor.org/rfc/rfc3339#appendix-A",
        read=_read_duration,
        write=durations.written,
    ),
    Decimal: _scalar(
        "Decimal",
        'An exact decimal number, written as a string: `"1500.00"`. Read from a string or a whole number.',
        url="https://scalars.graphql.org/chillicream/decimal",
        read=_read_decimal,
        write=_written_decimal,
    ),
    TimeZone: _scalar(
        "TimeZone",
        "The name of a time zone of the IANA database: `Europe/Paris`.",
        url="https://www.rfc-editor.org/rfc/rfc6557",
        read=_read_text,
    ),
    CurrencyCode: _scalar(
        "CurrencyCode",
        "A currency by its code of three letters in ISO 4217: `EUR`.",
        url="https://www.iso.org/iso-4217-currency-codes.html",
        read=_read_text,
    ),
    Locale: _scalar(
        "Locale",
        "A language by its tag of BCP 47. Relance speaks `en` and `fr`.",
        url="https://www.rfc-editor.org/rfc/rfc5646",
        read=_read_text,
    ),
    EmailAddress: _scalar(
        "EmailAddress",
        "An e-mail address: `ada@example.com`.",
        url="https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address",
        read=_read_text,
    ),
    LeadFilterJSON: _scalar(
        "LeadFilterJSON",
        "A `LeadFilter` as JSON text, since GraphQL has no way to answer an input: parse it, and send it back as it is "
        "wherever a `LeadFilter` is taken.",
        url="https://www.rfc-editor.org/rfc/rfc8259",
        read=_read_text,
    ),
    Cursor: _scalar(
        "Cursor",
        "A position in a list or in the journal. Opaque: keep it as it is, send it back as it came.",
        url=None,
        read=_read_cursor,
    ),
}


def _seconds(sql: str) -> str:
    """`durations.written` of a number of whole seconds."""
    units = (("D", 86_400, ""), ("H", 3_600, " % 86400"), ("M", 60, " % 3600"), ("S", 1, " % 60"))
    days, *clock = (
        f"case when ({sql}){rest} / {size} > 0 then ({sql}){rest} / {size} || '{letter}' else '' end"
        for letter, size, rest in units
    )
    times = f"case when ({sql}) % 86400 > 0 then 'T' || {' || '.join(clock)} else '' end"
    text = f"'\"P' || case when {sql} = 0 then 'T0S' else {days} || {times} end || '\"'"
    return f"case when {sql} is not null then {text} end"


WRITERS: Writers = {
    "ID": quoted,
    "DateTime": instant,
    "Date": lambda sql: f"to_json({sql})::text",
    "LocalTime": lambda sql: f"to_json({sql})::text",
    "Duration": _seconds,
    "Decimal": quoted,
    "Cursor": quoted,
    "CurrencyCode": quoted,
    "TimeZone": escaped,
    "Locale": escaped,
    "EmailAddress": escaped,
}
"""How SQL writes each scalar: the same text as its serializer gives."""
