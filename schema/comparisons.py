"""Comparisons: the inputs of `schema.filters` as SQL, none ever undecided: what is empty is neither less nor more."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from tortoise.models import Model

from reads import Late, Row, Run
from reads.written import literal
from schema import ids
from schema.filters import LONGEST_TEXT, MOST_VALUES, CalendarPeriod
from schema.mistakes import bad_input

Filter = Mapping[str, Any]
Write = Callable[[Any], str]

SIGNS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_LENGTHS = {CalendarPeriod.QUARTER: "3 months"}


def all_of(parts: list[str]) -> str:
    """All of these; those without any condition don't count."""
    real = [part for part in parts if part != "true"]
    return f"({' and '.join(real)})" if real else "true"


def compared(sql: str, filter: Filter | None, write: Write = literal) -> str:
    """The condition that a Filter or a RangeFilter sets on an SQL value; `write` makes SQL of what it compares with."""
    return all_of([_part(sql, name, each, write) for name, each in (filter or {}).items() if each is not None])


def compared_with_each(exists: Callable[[str], str], value: str, filter: Filter | None, write: Write) -> str:
    """The same on many values at once: `exists(condition)` says whether there is one for which it holds.

    So `eq` and `in` hold where one of them is meant, `ne` and `notIn` where none is, and empty is to have none.
    """
    parts = []
    for name, each in (filter or {}).items():
        match name:
            case _ if each is None:
                continue
            case "isNull":
                parts.append(f"(not {exists('true')})" if each else exists("true"))
            case "eq" | "in":
                parts.append(exists(_part(value, name, each, write)))
            case _:
                named = [each] if name == "ne" else each
                parts.append(f"(not {exists(_part(value, 'in', named, write))})")
    return all_of(parts)


def one_of(sql: str, words: Sequence[Any] | None) -> str:
    """Whether a closed word is one of these; null means any."""
    if words is None:
        return "true"
    return f"{sql} in ({', '.join(map(literal, words))})" if words else "false"


def id_of(row: Row, model: type[Model]) -> Write:
    """How the id of a row of the model's is written; of nothing else."""
    return lambda id: row.bind(ids.late(id, model), "uuid")


def number(row: Row) -> Write:
    """How a whole number is written: as it stands in a document, or as one of a request's variables."""
    return lambda value: row.bind(value, "bigint") if isinstance(value, Late) else str(value)


def instant(row: Row) -> Write:
    """How an Instant is written."""

    def write(given: Filter) -> str:
        [(name, value)] = given.items()
        match name:
            case "at":
                return row.bind(value, "timestamptz")
            case "startOf":
                zone = row.bind(zone_of_viewer, "text")
                return f"(date_trunc('{CalendarPeriod(value)}', now() at time zone {zone}) at time zone {zone})"
        return f"(now() {'+' if name == 'ahead' else '-'} {row.bind(value, 'interval')})"

    return write


def day(row: Row) -> Write:
    """How a Day is written."""

    def write(given: Filter) -> str:
        [(name, value)] = given.items()
        if name == "on":
            # As text, since asyncpg takes the first and the last day for infinity.
            return f"{row.bind(value.map(date.isoformat), 'text')}::date"
        today = f"(now() at time zone {row.bind(zone_of_viewer, 'text')})::date"
        match name:
            case "startOf" | "endOf":
                period = CalendarPeriod(value)
                start = f"date_trunc('{period}', {today}::timestamp)"
                end = f" + interval '{_LENGTHS.get(period, f'1 {period}')}' - interval '1 day'"
                return f"({start}{end if name == 'endOf' else ''})::date"
        return f"({today} {'+' if name == 'ahead' else '-'} {row.bind(value.map(_whole_days), 'integer')})"

    return write


def text_of(row: Row, text: Any) -> str:
    """A text to compare with; it has no more characters than are looked for."""
    return row.bind(text.map(sought), "text")


def sought(text: str) -> str:
    """The text itself. Raises BAD_USER_INPUT for what no text is compared with."""
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise bad_input(f"A text to look for has at most {LONGEST_TEXT} characters, all of which can be shown.")
    return text


def bounded(values: list[Any]) -> list[Any]:
    if len(values) > MOST_VALUES:
        raise bad_input(f"A filter takes at most {MOST_VALUES} values; these are {len(values):,}.")
    if None in values:
        raise bad_input("What a filter compares with is never null.")
    return values


def zone_of_viewer(run: Run) -> str:
    zone: str = run.who.user.time_zone
    return zone


def _part(sql: str, name: str, value: Any, write: Write) -> str:
    match name:
        case "isNull":
            return f"({sql} is {'' if value else 'not '}null)"
        case "in":
            return _among(sql, value, write)
        case "notIn":
            return f"(not {_among(sql, value, write)})"
        case "ne":
            return f"(not {_among(sql, [value], write)})"
    return f"({sql} is not null and {sql} {SIGNS[name]} {write(value)})"


def _among(sql: str, values: list[Any], write: Write) -> str:
    written = ", ".join(map(write, bounded(values)))
    return f"({sql} is not null and {sql} in ({written}))" if written else "false"


def _whole_days(length: Any) -> int:
    days: int = length.days
    return days
