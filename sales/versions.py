"""Versions: an edit that was made on an older state is refused where it would overwrite somebody else's."""

from typing import Any

from sales.errors import FieldConflict, InvalidValue, VersionConflict
from sales.journal import Event, plain
from sales.leads import Lead


async def require_unchanged(lead: Lead, expected: int | None, sent: dict[str, Any]) -> None:
    """Refuse (VersionConflict) when one of the columns in `sent` has changed since version `expected`.

    What others did to other columns is no conflict, nor is a change to just the value that was sent.
    """
    if expected is None or expected == lead.version:
        return
    if not 0 < expected < lead.version:
        raise InvalidValue("expectedVersion", "version_unknown", version=lead.version)
    since = await Event.filter(account_id=lead.account_id, lead_id=lead.id, lead_version__gt=expected).order_by(
        "position"
    )
    conflicts = [
        FieldConflict(column, _text(base), _text(theirs), _text(plain(value)))
        for column, value in sent.items()
        for base, theirs in _changed(since, lead, column)
        if theirs != plain(value)
    ]
    if conflicts:
        raise VersionConflict(lead.version, conflicts)


def _changed(events: list[Event], lead: Lead, column: str) -> list[tuple[Any, Any]]:
    """The value before the first of these events and now; empty when none of them touched the column."""
    touched = [changes[column] for event in events if column in (changes := event.changes_of_lead)]
    return [(touched[0][0], plain(getattr(lead, column)))] if touched else []


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
