"""How fast this machine computes just now, so that a bound of time asks the same of a slow one and of a busy one."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time

_TRIES = 3
_USUAL = 0.006
"""Seconds that the yardstick takes on the machine on which the bounds were set, when it is quiet."""


@contextmanager
def unburdened() -> Iterator[None]:
    """The garbage collector doesn't walk through what hundreds of tests have left: a server has none of it."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def paced(seconds: float) -> float:
    """Seconds of computing that have just been measured, as the machine of the bounds would have taken them.

    A machine that is faster than that one gets no harder bound.
    """
    return seconds / max(1.0, min(_yardstick() for _ in range(_TRIES)) / _USUAL)


def _yardstick() -> float:
    """Seconds of this process's own time for work like a server's: small objects, made, looked up and put in order."""
    gc.disable()  # what hundreds of tests have left says nothing of the machine
    try:
        began = process_time()
        words = {str(n): [n] for n in range(25_000)}
        sorted(word for word in words if words[word][0] % 3)
        return process_time() - began
    finally:
        gc.enable()
