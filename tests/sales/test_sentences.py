"""What people read: the same sentences, with the same variables, in every language."""

import re
from pathlib import Path
from typing import Any

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from sales import sentences
from sales.sentences import LOCALES, say


class Variables(Visitor):
    """Collects the names of the variables that a sentence uses."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.names.add(node.id.name)


def variables_of(locale: str) -> dict[str, set[str]]:
    """Each sentence of a language with its variables; a line that is no Fluent fails here."""
    text = (Path(sentences.__file__).parent / "locales" / f"{locale}.ftl").read_text("utf-8")
    found: dict[str, set[str]] = {}
    for entry in FluentParser().parse(text).body:
        assert not isinstance(entry, ast.Junk), entry.content
        if isinstance(entry, ast.Message):
            assert entry.id.name not in found, f"{entry.id.name} is there twice"
            collector = Variables()
            collector.visit(entry)
            found[entry.id.name] = collector.names
    return found


ENGLISH = variables_of("en")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_the_same_sentences_in_the_same_order(locale: str) -> None:
    assert list(variables_of(locale)) == list(ENGLISH)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_uses_the_same_variables(locale: str) -> None:
    assert variables_of(locale) == ENGLISH


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_every_sentence_can_be_said(locale: str, count: int) -> None:
    for name, variables in ENGLISH.items():
        values: dict[str, Any] = dict.fromkeys(variables, count)

        assert say(locale, name, **values)


def test_french_is_quoted_and_spaced_as_french_is() -> None:
    for name in ENGLISH:
        sentence = say("fr", name, **dict.fromkeys(ENGLISH[name], 2))

        assert not set("\"“”'") & set(sentence), f"{name}: {sentence}"
        # No line may end before these: the space is one that does not break (U+00A0).
        assert not re.search(r"« | [»:;!?]", sentence), f"{name}: {sentence}"


def test_a_language_that_we_do_not_speak_reads_english() -> None:
    assert say("de", "status-won") == "Won"


def test_a_name_without_a_sentence_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        say("en", "no-such-sentence")
