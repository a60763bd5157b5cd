"""Written: how SQL writes a value as JSON, by its GraphQL type. The text is what the type's own serializer gives."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

Writers: TypeAlias = Mapping[str, Callable[[str], str]]

MISSING = "\\x01"
"""What stands where null is and may not be: no JSON has it, so the answer is seen to be wrong at a glance."""


def quoted(sql: str) -> str:
    """A text in which nothing has to be escaped."""
    return f"'\"' || {sql} || '\"'"


def escaped(sql: str) -> str:
    return f"to_json({sql}::text)::text"


def instant(sql: str) -> str:
    """In UTC, as RFC 3339 has it; the session's time zone is UTC."""
    return f"replace(to_json({sql})::text, '+00:00', 'Z')"


STANDARD: Writers = {
    "ID": escaped,
    "String": escaped,
    "Int": lambda sql: f"({sql})::text",
    "Boolean": lambda sql: f"({sql})::text",
}


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def missing_if_null(sql: str) -> str:
    return f"coalesce({sql}, e'{MISSING}')"


def null_if_null(sql: str) -> str:
    return f"coalesce({sql}, 'null')"
