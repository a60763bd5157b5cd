"""Durations as ISO 8601 writes them: `P7D`, `PT1H30M`, `PT20S`. Years and months have no fixed length."""

import re
from datetime import timedelta

LONGEST = timedelta(days=36_600)

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,15})W)?(?:(?P<days>\d{1,15})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,15})H)?(?:(?P<minutes>\d{1,15})M)?(?:(?P<seconds>\d{1,15}(?:[.,]\d{1,6})?)S)?)?",
    re.ASCII,
)


def read(text: str) -> timedelta:
    """The length that an ISO 8601 duration names. Raises ValueError with a sentence for the caller."""
    match = _DURATION.fullmatch(text)
    parts = (
        {unit: float(value.replace(",", ".")) for unit, value in match.groupdict().items() if value} if match else {}
    )
    if not parts:
        raise ValueError("A duration is written as in ISO 8601, without years and months: P7D, PT1H30M, PT20S.")
    try:
        length = timedelta(**parts)
    except OverflowError:
        length = timedelta.max
    if length > LONGEST:
        raise ValueError("A duration is at most a hundred years long.")
    return length


def written(length: timedelta) -> str:
    """The shortest form with days, hours, minutes and seconds, for a length of zero or more."""
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{length.microseconds:06d}".rstrip("0") if length.microseconds else ""
    days = f"{length.days}D" if length.days else ""
    clock = "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M")) if value)
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    return f"P{days}T{clock}" if clock else f"P{days}" if days else "PT0S"
