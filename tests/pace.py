"""How fast this machine computes just now, so that a bound of time asks the same of a slow one and of a busy one."""

from time import process_time

_USUAL = 0.006
"""Seconds that the yardstick takes on the machine on which the bounds were set, when it is quiet."""


def paced(seconds: float) -> float:
    """Seconds of computing that have just been measured, as the machine of the bounds would have taken them.

    A machine that is faster than that one gets no harder bound.
    """
    return seconds / max(1.0, _yardstick() / _USUAL)


def _yardstick() -> float:
    """Seconds of this process's own time for work like a server's: small objects, made, looked up and put in order."""
    began = process_time()
    words = {str(n): [n] for n in range(25_000)}
    sorted(word for word in words if words[word][0] % 3)
    return process_time() - began
