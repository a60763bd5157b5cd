"""Places in an ordered list as short strings, so that moving one row changes that row and no other.

A rank is a number in base 62 whose byte order (PostgreSQL's collation "C") is its numeric order: a whole part, and
where two whole numbers have no room between them a fraction. Its first letter says how many digits the whole part has
(`a` one, `b` two, ...; `Z` one, `Y` two, ... below zero), so that both ends of a list grow by counting and stay short.
Neither part ends in `0`: there is room between any two ranks, and each number is written in one way only.

The idea is David Greenspan's, "Implementing Fractional Indexing" (observablehq.com/@dgreensp).
"""

import re

LONGEST = 24  # bytes, reached by 110 insertions or more at one place; beyond it the caller spreads anew

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE = len(_DIGITS)
_ENDINGS = _BASE - 1  # the digits that a whole part may end in
_LONGEST_WHOLE = 26  # digits: there are as many letters to say it with
_RANK = re.compile(r"(?P<head>[A-Za-z])(?P<digits>[0-9A-Za-z]*[1-9A-Za-z])")


def between(lower: str | None, upper: str | None, /) -> str:
    """A rank in the middle of two neighbours; None is the beginning (`lower`) or the end (`upper`) of the list.

    Raises ValueError for neighbours that are equal or the wrong way round, and for what is no rank.
    """
    return spread(1, after=lower, before=upper)[0]


def spread(n: int, *, after: str | None = None, before: str | None = None) -> list[str]:
    """`n` ranks in ascending order that lie after the one neighbour and before the other, as short as can be.

    Between two neighbours they are evenly spread; where a side is open (None) they count on from the other one.
    Raises ValueError for a negative `n`, for neighbours that are equal or the wrong way round, and for what is no rank.
    """
    if n < 0:
        raise ValueError(f"Cannot spread {n} ranks.")
    if after is not None and before is not None:
        return _spread_inside(n, after, before)
    if before is not None:
        end = _ceiling(*_read(before), places=0)
        return [_write(whole, places=0) for whole in range(end - n, end)]
    start = _floor(*_read(after), places=0) + 1 if after is not None else 0
    return [_write(whole, places=0) for whole in range(start, start + n)]


# Inside, a rank is a pair of integers, `number` and `places`, and means number / 62 ** places exactly.


def _spread_inside(n: int, after: str, before: str) -> list[str]:
    lower, upper = _read(after), _read(before)
    if after >= before:
        raise ValueError(f"Nothing lies after {after!r} and before {before!r}.")
    places = 0
    while (high := _ceiling(*upper, places=places)) - (low := _floor(*lower, places=places)) <= n:
        places += 1
    return [_write(low + (high - low) * i // (n + 1), places=places) for i in range(1, n + 1)]


def _floor(number: int, number_places: int, *, places: int) -> int:
    return number * _power(places) // _power(number_places)


def _ceiling(number: int, number_places: int, *, places: int) -> int:
    return -_floor(-number, number_places, places=places)


def _read(rank: str) -> tuple[int, int]:
    """The number and its places; ValueError for what is no rank."""
    match = _RANK.fullmatch(rank)
    length = _whole_length(match["head"]) if match else 0
    if match is None or len(match["digits"]) < length or match["digits"][length - 1] == _DIGITS[0]:
        raise ValueError(f"{rank!r} is no rank.")
    whole, fraction = match["digits"][:length], match["digits"][length:]
    place = _number(whole[:-1]) * _ENDINGS + _number(whole[-1]) - 1
    first = _power(length - 1) - 1  # numbers that have fewer digits
    number = first + place if match["head"].islower() else place - first - _room(length)
    return number * _power(len(fraction)) + _number(fraction), len(fraction)


def _write(number: int, *, places: int) -> str:
    whole, fraction = divmod(number, _power(places))
    return _write_whole(whole) + _written(fraction, length=places).rstrip(_DIGITS[0])


def _write_whole(whole: int) -> str:
    from_zero = whole if whole >= 0 else -1 - whole
    length = 1
    while from_zero >= _power(length) - 1:
        length += 1
    if length > _LONGEST_WHOLE:
        raise ValueError("No rank is left at this end of the list.")
    first = _power(length - 1) - 1
    place = whole - first if whole >= 0 else whole + first + _room(length)
    head = chr(ord("a") + length - 1) if whole >= 0 else chr(ord("Z") - length + 1)
    leading, last = divmod(place, _ENDINGS)
    return head + _written(leading, length=length - 1) + _DIGITS[last + 1]


def _whole_length(head: str) -> int:
    return ord(head) - ord("a") + 1 if head.islower() else ord("Z") - ord(head) + 1


def _room(length: int) -> int:
    """How many whole numbers have so many digits, on one side of zero."""
    return _ENDINGS * _power(length - 1)


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * _BASE + _DIGITS.index(digit)
    return number


def _written(number: int, *, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, _BASE)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def _power(exponent: int) -> int:
    return int(_BASE**exponent)
