"""Absent and null: a field that is left out stays as it is; null clears it, where it can be cleared."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from strawberry import UNSET

from sales.errors import InvalidValue
from sales.verbs import Checks
from schema.names import camel

T = TypeVar("T")


def or_none(value: T | None) -> T | None:
    """The value of a field for which left out and null mean the same."""
    return None if value is UNSET else value


def given(
    input: Any, *names: str, clearable: Collection[str] = (), read: dict[str, Callable[[Any], Any]] | None = None
) -> dict[str, Any]:
    """The fields of an input that were sent, by name; `clearable` names those that may be null.

    `read` makes the domain's value of a field. Raises InvalidValue for each null that can't be.
    """
    values: dict[str, Any] = {}
    checks = Checks()
    for name in names:
        value = getattr(input, name)
        if value is None and name not in clearable:
            checks.refusals.append(InvalidValue(camel(name), "cannot_be_null"))
        elif value is not UNSET:
            values[name] = read[name](value) if read and name in read and value is not None else value
    checks.done()
    return values
