"""Written: SQL writes each value as JSON exactly as its scalar's serializer does."""

from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reads.written import STANDARD
from sales import database
from sales.moments import zone_names
from schema.durations import LONGEST
from schema.scalars import WRITERS
from schema.schema import graphql_schema

MOST_VALUES = 60

EVERY_WRITER = {**STANDARD, **WRITERS}

many = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


class Values(NamedTuple):
    """Some values of a scalar, as they lie in a column of an SQL type."""

    sql_type: str
    values: st.SearchStrategy[Any]
    odd: tuple[Any, ...] = ()


def _seconds(length: timedelta) -> timedelta:
    return timedelta(seconds=int(length.total_seconds()))


TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=40)
ODD_TEXTS = (
    "", '"', "\\", "\\u0000", "/", "</script>", "\x01\x1f\x7f\x80\x9f", "\b\f\n\r\t\v", "\u2028\u2029",
    "\ufeff", "\ufffe\uffff", "e\u0301", "\U0001f469\u200d\U0001f4bb", "\U0010ffff", "'", "$$", "%s", "null", "[0,1]",
)  # fmt: skip
DIGITS = st.text("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_", min_size=1, max_size=80)

VALUES = {
    "ID": Values(
        "text",
        st.builds("{}_{}".format, st.sampled_from(["lead", "step"]), st.uuids()),
        (f"event_{UUID(int=0)}_{2**63 - 1}",),
    ),
    "String": Values("text", TEXTS, ODD_TEXTS),
    "Int": Values("bigint", st.integers(-(2**31), 2**31 - 1), (0, -1, 2**31 - 1, -(2**31))),
    "Boolean": Values("boolean", st.booleans()),
    "DateTime": Values(
        "timestamptz",
        st.datetimes(timezones=st.just(UTC)),
        (
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            *(datetime(2026, 11, 24, 8, 0, 0, fraction, tzinfo=UTC) for fraction in (1, 10, 100_000, 123_450, 120_000)),
            datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(2024, 2, 29, 23, 59, tzinfo=UTC),
        ),
    ),
    "Date": Values("date", st.dates(), (date.min, date.max, date(2024, 2, 29), date(99, 1, 1))),
    "LocalTime": Values(
        "time",
        st.times().map(lambda at: at.replace(microsecond=0)),
        (time(0), time(9), time(23, 59, 59)),
    ),
    "Duration": Values(  # stored in whole seconds, none below zero
        "bigint",
        st.timedeltas(timedelta(0), LONGEST).map(_seconds),
        (
            timedelta(0), timedelta(seconds=59), timedelta(minutes=1), timedelta(hours=24), timedelta(days=30),
            timedelta(days=365), timedelta(days=7, seconds=1), timedelta(hours=1, seconds=1), LONGEST,
        ),
    ),
    "Decimal": Values(
        "numeric",
        st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**15), max_value=10**15)
        | st.integers(0, 6).flatmap(lambda places: st.decimals(0, 10**9, places=places)),
        tuple(map(Decimal, ("0", "0.00", "1500.00", "-1", "-0.001", "100", "1E+3", "1E-7", "9" * 15 + ".999"))),
    ),
    "Cursor": Values("text", DIGITS.map(lambda text: urlsafe_b64encode(text.encode()).decode().rstrip("=")), ("a-_9",)),
    "CurrencyCode": Values("text", st.from_regex(r"[A-Z]{3}", fullmatch=True), ("EUR", "JPY")),
    "TimeZone": Values("text", st.sampled_from(sorted(zone_names())) | TEXTS, ("Etc/GMT+1",)),
    "Locale": Values("text", st.sampled_from(["en", "fr", "de-CH", "zh-Hant-TW"]) | TEXTS),
    "EmailAddress": Values("text", st.emails() | TEXTS, ("o'hara+\"x\"@example.com", "ünal@exämple.com")),
}  # fmt: skip
NO_WHOLE_SECONDS = (time(9, 0, 0, 500_000), time(23, 59, 59, 999_990))


def test_every_scalar_that_sql_writes_is_looked_at_here() -> None:
    assert set(VALUES) == set(EVERY_WRITER)


@pytest.mark.parametrize("name", VALUES)
@many
@given(data=st.data())
async def test_sql_writes_a_value_as_its_serializer_does(name: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(VALUES[name].values, max_size=MOST_VALUES))

    await require_alike(name, [*values, *VALUES[name].odd])


@pytest.mark.parametrize("name", VALUES)
async def test_null_is_written_by_nobody(name: str) -> None:
    assert await in_sql(name, [None]) == [None]


@pytest.mark.parametrize("at", NO_WHOLE_SECONDS)
async def test_a_time_with_a_fraction_is_written_as_its_serializer_does(at: time) -> None:
    await require_alike("LocalTime", [at])


async def require_alike(name: str, values: list[Any]) -> None:
    serialize = graphql_schema.type_map[name].serialize  # type: ignore[attr-defined]

    found = await in_sql(name, values)

    expected = [orjson.dumps(serialize(value)).decode() for value in values]
    assert found == expected


async def in_sql(name: str, values: list[Any]) -> list[str | None]:
    kind, write = VALUES[name].sql_type, EVERY_WRITER[name]
    # As texts: asyncpg takes the first and the last day that Python knows for infinity.
    texts = [None if value is None else str(stored(value)) for value in values]
    sql = f"select {write('v.value')} as text from unnest($1::text[]::{kind}[]) with ordinality v(value, n) order by n"
    return [row["text"] for row in await database.fetch(sql, texts)]


def stored(value: Any) -> Any:
    """A length is a number of seconds in a table, and never below zero."""
    return int(value.total_seconds()) if isinstance(value, timedelta) else value
