"""A kind of column that Tortoise does not have."""

from datetime import time
from typing import Any, TypeVar

from tortoise import fields

T = TypeVar("T", time, time | None)


class WallTime(fields.TimeField[T]):
    """What a clock on the wall shows: no zone and no offset. Tortoise's own field makes every time a time in UTC."""

    class _db_postgres:
        SQL_TYPE = "TIME"

    def to_python_value(self, value: Any) -> Any:
        return time.fromisoformat(value) if isinstance(value, str) else value

    def to_db_value(self, value: Any, instance: Any) -> Any:
        return value
