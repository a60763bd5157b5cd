"""Undoing: what was done is put back as it was, from what its event says; for a moment without anybody being told.

undo.py       the verb: what may be undone, by whom, for how long
leads.py      a lead and its reminders, as they were
places.py     a lead's place in its column, or the nearest one
deletions.py  a step or a pipeline that was deleted, with its leads
silence.py    whether people were told already; calling off what they would have been told

People hear of what can be undone when the window is over: the dispatch goes on, and what it writes for them is held.
"""

from datetime import datetime, timedelta
from typing import Final

from sales.journal import Kind

UNDOABLE: Final = frozenset(
    {
        Kind.LEAD_MOVED, Kind.LEAD_WON, Kind.LEAD_LOST, Kind.LEAD_CANCELLED, Kind.LEAD_REOPENED, Kind.LEAD_STOOD_BY,
        Kind.LEAD_TAKEN_UP, Kind.STEP_DELETED, Kind.PIPELINE_DELETED,
    }
)  # fmt: skip

UNDONE: Final = frozenset({Kind.LEAD_UNDONE, Kind.STEP_UNDONE, Kind.PIPELINE_UNDONE})

ON_ITS_WAY: Final = timedelta(seconds=1)
"""How much longer than the window people are kept from hearing: for an undo of the last moment to be written in."""

_window = timedelta(0)


def use(window: timedelta) -> None:
    """Undo in silence for so long, for as long as this process lives; zero: nothing is held back for it."""
    global _window
    _window = window


def silent_until(at: datetime) -> datetime | None:
    """Until when what was written at `at` can be undone in silence; None: not at all."""
    return at + _window if _window else None


def held_until(kind: str, at: datetime) -> datetime | None:
    """Until when people are not to hear of an event of this kind; None: at once."""
    end = silent_until(at) if kind in UNDOABLE else None
    return end + ON_ITS_WAY if end else None
