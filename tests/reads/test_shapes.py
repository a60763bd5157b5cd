"""Shapes: which values a plan depends on, and which come with each run."""

from typing import Any

import pytest

import reads
from tests.reads.test_declarations import Genre


def late(value: Any) -> reads.Late:
    return reads.Late(lambda run: value)


def test_what_comes_with_the_run_makes_no_other_plan() -> None:
    one = {"id": late("1"), "all": [late("a"), late("b")], "of": {"genre": Genre.POEM, "is": True, "none": None}}
    other = {"id": late("2"), "all": [late("c"), late("d")], "of": {"genre": Genre.POEM, "is": True, "none": None}}

    assert reads.key_of(one) == reads.key_of(other)
    assert hash(reads.key_of(one)) == hash(reads.key_of(other))


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"id": None, "all": [late("a")], "is": True},
        {"id": late("1"), "all": [late("a"), late("b")], "is": True},
        {"id": late("1"), "all": [], "is": True},
        {"id": late("1"), "all": None, "is": True},
        {"id": late("1"), "all": [late("a")], "is": False},
        {"id": late("1"), "all": [late("a")], "is": None},
        {"id": late("1"), "all": [late("a")]},
        {"id": late("1"), "all": [[late("a")]], "is": True},
        {"other": late("1"), "all": [late("a")], "is": True},
    ],
)
def test_all_else_does(other: dict[str, Any]) -> None:
    assert reads.key_of({"id": late("1"), "all": [late("a")], "is": True}) != reads.key_of(other)


def test_what_an_input_brings_along_is_read_from_the_run_in_its_order() -> None:
    more = reads.More()

    first, second = more.late("a"), more.late(["b"])
    run = reads.Run((), None, more.values)

    assert (first.get(run), second.get(run)) == ("a", ["b"])
    assert first.map(str.upper).get(run) == "A"
    assert reads.Late.all([second, first]).get(run) == [["b"], "a"]
    assert reads.key_of(first) == reads.key_of(second)


def test_what_is_brought_along_by_one_run_is_not_that_of_another() -> None:
    more = reads.More()
    value = more.late("a")

    assert value.get(reads.Run((), None, ["other"])) == "other"
