"""Names and texts that people write: made clean, and names kept apart from the statuses."""

import re
from itertools import groupby
from typing import Final, Literal, TypeAlias
from unicodedata import category, combining, normalize

from sales.errors import InvalidValue

StatusName: TypeAlias = Literal["TODO", "STANDBY", "WON", "LOST", "CANCELLED"]

_NAMED_LIKE: Final[dict[StatusName, str]] = {
    "TODO": "todo todos afaire atraiter",
    "STANDBY": "standby onstandby enstandby enattente attente",
    "WON": "won gagne gagnee gagnes gagnees",
    "LOST": "lost perdu perdue perdus perdues",
    "CANCELLED": "cancelled canceled annule annulee annules annulees",
}
_STATUSES: Final = {name: status for status, names in _NAMED_LIKE.items() for name in names.split()}

# Controls (the null byte too) save the white space that a paste brings along, and lone surrogates.
_HARMFUL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# What turns round the text that follows a name (UAX #9, section 2), and what is no character at all.
_MISLEADING: Final = re.compile("[\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
_INVISIBLE_CATEGORIES: Final = frozenset({"Cf", "Mn", "Me"})
# Without a bound, normalising takes quadratic time: 80,000 marks five seconds. UAX #15, stream-safe text format.
_MOST_MARKS_IN_A_ROW = 30


def like_status(name: str) -> StatusName | None:
    """The status that a step of this name would be mistaken for, in French or English; None when there is none.

    Only letters and digits count, without accents, case, width or what is invisible: "to-do", « À FAIRE » and
    "Gagné(e)s" are statuses, "Won by call" and "Attente devis" are not.
    """
    # Character by character: to normalise a long run of combining marks at once takes quadratic time.
    letters = (letter for character in name for letter in normalize("NFKD", character) if letter.isalnum())
    return _STATUSES.get("".join(letters).casefold())


def clean(name: str, *, path: str, longest: int) -> str:
    """The name in NFC, trimmed, each run of white space inside it one space; `longest` counts characters of that.

    Raises InvalidValue under `path`: name_characters (controls other than tabs and line ends, lone surrogates, more
    than 30 accents on one letter), name_empty (nothing visible), name_too_long (with `longest`).
    """
    if _does_harm(name) or _MISLEADING.search(name):
        raise InvalidValue(path, "name_characters")
    cleaned = normalize("NFC", " ".join(name.split()))
    if not any(map(_is_visible, cleaned)):
        raise InvalidValue(path, "name_empty")
    if len(cleaned) > longest:
        raise InvalidValue(path, "name_too_long", longest=longest)
    return cleaned


def clean_text(text: str, *, path: str, longest: int) -> str:
    """Text of any number of lines, byte for byte as it was written but for its line ends, which are `\\n`.

    It may be empty. Raises InvalidValue under `path`, with the reasons of a name: name_characters, name_too_long.
    """
    if _does_harm(text):
        raise InvalidValue(path, "name_characters")
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(lines) > longest:
        raise InvalidValue(path, "name_too_long", longest=longest)
    return lines


def _does_harm(text: str) -> bool:
    if _HARMFUL.search(text):
        return True
    marks = (combining(part) > 0 for character in text for part in normalize("NFD", character))
    return any(is_mark and sum(row) > _MOST_MARKS_IN_A_ROW for is_mark, row in groupby(marks))


def _is_visible(character: str) -> bool:
    return not character.isspace() and category(character) not in _INVISIBLE_CATEGORIES
