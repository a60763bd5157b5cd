"""Attempts: the first run of a verb locks nothing. What it reads is noted, and the statement that writes locks these
rows, in the house's order, and writes only if all of them are as they were read.

So a verb that nobody disturbs takes two round trips where locks beforehand take five. Where somebody was faster nothing
is written (Overtaken), and the verb runs again in a transaction that locks what it reads.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID
from weakref import WeakValueDictionary

from tortoise.models import Model

ORDER: Final = ("steps", "leads")
"""In which locks are taken; the journal's head comes last."""


class Overtaken(Exception):
    """Not to be written without locks: what this rests on has changed, or is more than an attempt may hold."""


class Held(NamedTuple):
    """A row as it was read: `xmin` is the transaction that wrote this version of it."""

    table: str
    id: UUID
    xmin: int


@dataclass
class Attempt:
    """What the running attempt rests on, and the queues in which it holds its place."""

    rows: dict[tuple[str, UUID], Held] = field(default_factory=dict)
    turns: list[asyncio.Lock] = field(default_factory=list)

    def in_order(self) -> list[Held]:
        return sorted(self.rows.values(), key=lambda held: (ORDER.index(held.table), held.id))


_running: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
_queues: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()


@contextmanager
def attempt() -> Iterator[None]:
    """What runs inside locks nothing before it writes."""
    begun = Attempt()
    token = _running.set(begun)
    try:
        yield
    finally:
        _running.reset(token)
        for turn in begun.turns:
            turn.release()


def running() -> Attempt | None:
    """The attempt that this is a part of; None where rows are locked as they are read."""
    return _running.get()


def locking(alias: str) -> str:
    """For statements that read a row to decide on it: the lock, where there has to be one."""
    return "" if _running.get() else f" for no key update of {alias}"


def hold(row: Model, xmin: int) -> None:
    """Rest on this version of a row, until the end of the attempt. Raises Overtaken where it was another one before."""
    begun = _running.get()
    if begun is not None:
        table: str = row._meta.db_table
        held = Held(table, row.pk, xmin)
        if begun.rows.setdefault((table, row.pk), held) != held:
            raise Overtaken


async def in_turn(id: UUID) -> None:
    """Wait for the attempts of this process that would overtake each other there, and keep the place until the end."""
    begun = _running.get()
    if begun is not None:
        turn = _queues.setdefault(id, asyncio.Lock())
        await turn.acquire()
        begun.turns.append(turn)


def require_locks() -> None:
    """Raise Overtaken in an attempt: what follows is for a transaction only."""
    if _running.get():
        raise Overtaken
