"""Names are clean, and no step is named like a status."""

from unicodedata import category, is_normalized, normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sales.errors import InvalidValue
from sales.names import clean, clean_text, like_status

LIKE_STATUSES = {
    "TODO": [
        "To do",
        "TODO",
        "to-do",
        "To  Do:",
        "todo",
        "À traiter",
        "à faire",
        "A FAIRE",
        "« À traiter »",
        "A\u0300 faire",
    ],
    "STANDBY": [
        "Standby",
        "stand by",
        "Stand-By",
        "STAND_BY",
        "En attente",
        "EN-ATTENTE",
        "En stand-by",
        "On standby",
        "Attente",
    ],
    "WON": [
        "Won",
        "WON!",
        "✅ Won",
        "Gagné",
        "Gagnée",
        "gagnés",
        "GAGNÉES",
        "Gagné(e)(s)",
        "Gagné(e)s",
        "Gagné·e·s",
        "gagne",
    ],
    "LOST": ["Lost", "lost.", "Perdu", "Perdue", "Perdu(e)(s)", "PERDUS", "perdu·e·s"],
    "CANCELLED": ["Cancelled", "canceled", "CANCELLED", "Annulé", "Annulée", "Annulé(e)(s)", "annules", "ANNULÉES"],
}


@pytest.mark.parametrize(
    ("name", "status"), [(name, status) for status, names in LIKE_STATUSES.items() for name in names]
)
def test_a_status_is_recognised_in_french_and_in_english(name: str, status: str) -> None:
    assert like_status(name) == status


@pytest.mark.parametrize(
    "name",
    [
        "Ｗｏｎ",
        "W\u200bo\u200dn",
        "\ufeffWon",
        "W\u00ado\u00adn",
        "W\u0308o\u0301n",
        "𝐖𝐨𝐧",
        "Ⓦⓞⓝ",
        "ʷᵒⁿ",
        "w o n",
        "W\u00a0O\u202fN",
    ],
)
def test_a_status_is_recognised_in_disguise(name: str) -> None:
    assert like_status(name) == "WON"


@pytest.mark.parametrize(
    "name",
    [
        "Won by call",
        "Attente devis",
        "Attente de signature",
        "To qualify",
        "Devis",
        "Négociation finale",
        "Client perdu de vue",
        "Won 2",
        "Lost and found",
        "Double",
        "À rappeler",
        "",
        "   ",
        "🎉",
        "赢",
        "\ud800",
    ],
)
def test_other_names_are_no_statuses(name: str) -> None:
    assert like_status(name) is None


def test_a_long_run_of_combining_marks_takes_no_quadratic_time() -> None:
    marks = "\u0315\u0300" * 200_000  # at once: two minutes

    assert like_status("W" + marks + "on") == "WON"
    assert refusal("W" + marks, longest=1_000_000) == "name_characters"


@given(st.sampled_from(["to do", "en attente", "gagnées", "lost", "annulé"]), st.data())
def test_case_punctuation_and_accents_never_hide_a_status(name: str, data: st.DataObject) -> None:
    noise = st.text(st.sampled_from(" -_.,!()·«»'\u0301\u0308\u200b\u200d\ufeff\u00a0\u3000"), max_size=3)
    disguised = "".join(
        data.draw(noise) + (letter.upper() if data.draw(st.booleans()) else letter) for letter in normalize("NFD", name)
    )

    assert like_status(disguised) == like_status(name) is not None


def refusal(name: str, *, longest: int = 20) -> str:
    with pytest.raises(InvalidValue) as caught:
        clean(name, path="step.name", longest=longest)
    assert caught.value.path == "step.name"
    return caught.value.reason


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Devis", "Devis"),
        ("  Devis \n", "Devis"),
        ("Devis\u00a0envoyé\u202f:\t \r\nrelancer", "Devis envoyé : relancer"),
        ("Ne\u0301gociation", "Négociation"),
        ("\u2126", "\u03a9"),
        ("👩‍👧 Rendez-vous", "👩‍👧 Rendez-vous"),
        ("نمی‌دانم", "نمی‌دانم"),
        ("会议", "会议"),
    ],
)
def test_a_name_is_composed_trimmed_and_spaced(name: str, cleaned: str) -> None:
    assert clean(name, path="name", longest=40) == cleaned


@pytest.mark.parametrize(
    "name", ["", " ", "\t\n", "\u00a0\u3000", "\u200b", "\ufeff \u200d", "\u0301", "\u20dd", "\u00ad"]
)
def test_a_name_with_nothing_to_see_is_refused(name: str) -> None:
    assert refusal(name) == "name_empty"


@pytest.mark.parametrize("character", ["\0", "\x07", "\x0b", "\x1b", "\x1f", "\x7f", "\x85", "\ud800"])
def test_a_name_with_a_character_that_does_harm_is_refused_wherever_it_stands(character: str) -> None:
    for name in (f"Devis{character}", f"{character}Devis", f"De{character}vis", character):
        assert refusal(name) == "name_characters"


def test_length_counts_the_characters_of_the_cleaned_name() -> None:
    assert clean("e" + "\u0316" * 30, path="name", longest=31) == "e" + "\u0316" * 30
    assert refusal("e" + "\u0316" * 31, longest=40) == "name_characters"
    assert refusal("é" + "\u0316" * 30, longest=40) == "name_characters"
    assert clean(" " * 9_000 + "e\u0301" * 20, path="name", longest=20) == "é" * 20
    assert clean("\u03b1\u0313\u0300\u0345" * 20, path="name", longest=20) == "\u1f82" * 20
    assert refusal("x" * 21) == "name_too_long"
    assert refusal("\u0958" * 11) == "name_too_long"  # composed, each of them is two


def test_a_name_that_is_too_long_is_told_how_long_it_may_be() -> None:
    with pytest.raises(InvalidValue) as caught:
        clean("x" * 21, path="name", longest=20)

    assert caught.value.values() == {"longest": 20}


@given(st.text())
@example("e" + "\u0344" * 16)
@example("e" + "\u0344" * 15)
@example("\u0340 \u0341")
def test_a_clean_name_stays_as_it_is(name: str) -> None:
    cleaned = clean_or_none(name)

    if cleaned is not None:
        assert clean_or_none(cleaned) == cleaned
        assert is_normalized("NFC", cleaned)
        assert cleaned == " ".join(cleaned.split()) != ""
        assert not {category(character) for character in cleaned} & {"Cc", "Cs"}
        cleaned.encode()


@given(st.text())
def test_cleaning_never_changes_what_a_name_is_like(name: str) -> None:
    cleaned = clean_or_none(name)

    assert cleaned is None or like_status(cleaned) == like_status(name)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        (" \r\n ", " \n "),
        ("Bonjour,\r\n\r\n\tà demain\r", "Bonjour,\n\n\tà demain\n"),
        ("e\u0301\u2028x  y", "e\u0301\u2028x  y"),
    ],
)
def test_a_text_stays_as_it_was_written_but_for_its_line_ends(text: str, cleaned: str) -> None:
    assert clean_text(text, path="description", longest=40) == cleaned


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 41, "name_too_long"),
        ("x\0", "name_characters"),
        ("\ud800", "name_characters"),
    ],
)
def test_a_text_that_is_too_long_or_does_harm_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        clean_text(text, path="description", longest=40)

    assert (caught.value.path, caught.value.reason) == ("description", reason)


def clean_or_none(name: str) -> str | None:
    try:
        return clean(name, path="name", longest=1_000)
    except InvalidValue:
        return None
