"""Orders: what a list is sorted by, and cursors that name a position in it.

A position is the values of all sort keys of a row, the last of which is unique. So a cursor stays valid for ever, and
a list read backwards is the exact mirror of the same list read forwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key: a column of type `kind`, and where its nulls go (None: it has none)."""

    column: str
    kind: type = UUID
    descending: bool = False
    nulls_first: bool | None = None

    def mirrored(self) -> "Key":
        nulls_first = None if self.nulls_first is None else not self.nulls_first
        return replace(self, descending=not self.descending, nulls_first=nulls_first)


Order: TypeAlias = Sequence[Key]


def mirrored(order: Order) -> list[Key]:
    return [key.mirrored() for key in order]


def mark(order: Order) -> int:
    """Tells a cursor of another list or order, by its columns and directions."""
    return crc32(repr([(key.column, key.descending, key.nulls_first) for key in order]).encode())
