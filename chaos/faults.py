"""Faults that a process brings along: production has no hook for them, they are put around its functions here."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Action(StrEnum):
    """What befalls a process at a failpoint: its death, an exception, or a sleep from which somebody else wakes it."""

    KILL = "kill"
    RAISE = "raise"
    STOP = "stop"


class Broken(Exception):
    """Raised at a failpoint: something that nobody has foreseen."""


@dataclass
class Failpoint:
    """Takes effect when `point` is reached for the first time; `mark` is a file that then exists."""

    point: str
    action: Action
    mark: Path

    def __str__(self) -> str:
        return f"{self.point}:{self.action}"


@dataclass
class Faults:
    """What is wrong with one process: where it fails, which bug it has, how far off its clock is."""

    failpoints: Sequence[Failpoint] = ()
    bug: str | None = None
    clock_is_ahead: float = 0.0


_armed: dict[str, Failpoint] = {}


def arm(failpoints: Sequence[Failpoint]) -> None:
    _armed.update({failpoint.point: failpoint for failpoint in failpoints})


def is_armed(point: str) -> bool:
    return point in _armed


def reached(point: str, *, error: Callable[[str], Exception] = Broken) -> None:
    """Say that this point is reached; what is armed there happens, once. `error` is what breaks there in practice."""
    failpoint = _armed.pop(point, None)
    if failpoint is None:
        return
    failpoint.mark.touch()
    if failpoint.action == Action.KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    elif failpoint.action == Action.STOP:
        os.kill(os.getpid(), signal.SIGSTOP)
    else:
        raise error(f"broken at {point}")


def changed(sql: str, old: str, new: str) -> str:
    """A statement with something else in it."""
    assert old in sql, "the statement isn't what it was: this has to be thought over"
    return sql.replace(old, new)


def skew(seconds: float) -> None:
    """Have this process believe that it is later than it is, as far as Python and arq ask the time."""
    true_time: Callable[[], float] = time.time

    def wrong() -> float:
        return true_time() + seconds

    import arq.utils
    import arq.worker

    module: Any
    for module, name in ((time, "time"), (arq.utils, "time"), (arq.worker, "time")):
        if callable(getattr(module, name, None)):
            setattr(module, name, wrong)
