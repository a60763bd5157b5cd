"""Written: how SQL writes a value as JSON, by its GraphQL type. The text is what the type's own serializer gives."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from graphql import GraphQLEnumType

Writers: TypeAlias = Mapping[str, Callable[[str], str]]

MISSING = "\\x01"
"""What stands where null is and may not be: no JSON has it, so the answer is seen to be wrong at a glance."""

_OPENS, _CLOSES = """'"' || """, """ || '"'"""


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


class Sql(str):
    """A part of a text that SQL works out; all else is as it stands."""

    __slots__ = ()


def put_together(parts: list[str]) -> str:
    """The SQL that puts parts together, none of which is null."""
    merged: list[str] = []
    text = ""
    for part in parts:
        if isinstance(part, Sql):
            before, inner, after = _unquoted(part)
            merged += [literal(text + before), inner] if text + before else [inner]
            text = after
        else:
            text += part
    return _joined(merged + ([literal(text)] if text else []))


def _unquoted(sql: str) -> tuple[str, str, str]:
    """A part without the quotation marks around it, which become one with the text beside it."""
    if sql.startswith(_OPENS) and sql.endswith(_CLOSES) and len(sql) > len(_OPENS + _CLOSES):
        inner = sql[len(_OPENS) : -len(_CLOSES)]
        if "'" not in inner:  # otherwise these may be marks of two parts
            return '"', f"({inner})", '"'
    return "", f"({sql})", ""


def _joined(parts: list[str]) -> str:
    """In halves of halves: of a chain from left to right, each link would copy all that came before."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_joined(parts[:half])} || {_joined(parts[half:])})"


def name_of(sql: str, kind: GraphQLEnumType) -> str:
    """The name of an enum value, where that is not the value itself."""
    others = {value.value: name for name, value in kind.values.items() if value.value != name}
    if not others:
        return sql
    if all(name == str(value.value).upper().replace(".", "_") for name, value in kind.values.items()):
        return f"upper(replace({sql}, '.', '_'))"  # far cheaper than to compare with each of fifty
    cases = " ".join(f"when {literal(str(value))} then {literal(name)}" for value, name in others.items())
    return f"case {sql} {cases} else {sql} end"
