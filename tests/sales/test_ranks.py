"""Ranks keep a list in order, stay short where lists grow, and always leave room."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.ranks import LONGEST, between, spread

MANY = 100_000


def test_the_first_rank_of_a_list_is_a1() -> None:
    assert between(None, None) == "a1"


def test_appending_counts_up_and_skips_the_digit_zero_at_the_end() -> None:
    assert between("a1", None) == "a2"
    assert between("a9", None) == "aA"
    assert between("aZ", None) == "aa"
    assert between("az", None) == "b01"
    assert between("b0z", None) == "b11"
    assert between("bzz", None) == "c001"


def test_prepending_counts_down_below_zero() -> None:
    assert between(None, "a2") == "a1"
    assert between(None, "a1") == "Zz"
    assert between(None, "Z1") == "Yzz"
    assert between(None, "Yz1") == "Yyz"
    assert between(None, "Y01") == "Xzzz"


def test_next_to_a_fraction_the_ends_go_on_in_whole_numbers() -> None:
    assert between("a1V", None) == "a2"
    assert between(None, "a1V") == "a1"


def test_a_rank_between_two_is_the_middle_one() -> None:
    assert between("a1", "a2") == "a1V"
    assert between("a1", "a1V") == "a1F"
    assert between("a1V", "a2") == "a1k"
    assert between("a1", "a3") == "a2"
    assert between("Zz", "a1") == "ZzV"
    assert between("az", "b01") == "azV"
    assert between("a1", "a11") == "a10V"


def test_ranks_spread_between_two_are_even_and_as_short_as_can_be() -> None:
    assert spread(3, after="a1", before="a9") == ["a3", "a5", "a7"]
    assert spread(3, after="a1", before="a2") == ["a1F", "a1V", "a1k"]
    assert spread(0, after="a1", before="a2") == []


def test_ranks_spread_beside_an_open_end_count_on() -> None:
    assert spread(3) == ["a1", "a2", "a3"]
    assert spread(3, after="ay") == ["az", "b01", "b02"]
    assert spread(3, before="a2") == ["Zy", "Zz", "a1"]
    assert spread(2, before="a1V") == ["Zz", "a1"]


def test_a_hundred_thousand_appends_and_prepends_stay_within_four_bytes() -> None:
    last = first = between(None, None)
    for _ in range(MANY - 1):
        appended, prepended = between(last, None), between(None, first)
        assert appended > last
        assert prepended < first
        last, first = appended, prepended

    assert last == spread(MANY)[-1] == "cPQL"
    assert first == "XaZg"


def test_a_bulk_append_gives_the_same_ranks_as_single_appends() -> None:
    one_by_one = ["a5"]
    for _ in range(5_000):
        one_by_one.append(between(one_by_one[-1], None))

    assert spread(5_000, after="a5") == one_by_one[1:]


def test_rebalancing_a_hundred_thousand_rows_takes_four_bytes_each() -> None:
    ranks = spread(MANY)

    assert all(one < other for one, other in pairwise(ranks))
    assert max(map(len, ranks)) == 4


@pytest.mark.parametrize(("side", "most"), [("above", 132), ("below", 110), ("alternating", 132)])
def test_the_longest_rank_is_reached_by_so_many_insertions_at_one_place(side: str, most: int) -> None:
    lower, upper = "a1", "a2"
    insertions = 0
    while len(rank := between(lower, upper)) <= LONGEST:
        insertions += 1
        if side == "above" or (side == "alternating" and insertions % 2):
            lower = rank
        else:
            upper = rank

    assert insertions == most


@pytest.mark.parametrize(("lower", "upper"), [("a1", "a1"), ("a2", "a1"), ("a1V", "a1V"), ("a1", "Zz")])
def test_equal_or_reversed_neighbours_are_refused(lower: str, upper: str) -> None:
    with pytest.raises(ValueError, match="Nothing lies after"):
        between(lower, upper)
    with pytest.raises(ValueError, match="Nothing lies after"):
        spread(0, after=lower, before=upper)


@pytest.mark.parametrize(
    "text", ["", "a", "a0", "b1", "a1V0", "a0V", "1", "1a", "a-", "a1é", "a1\n", "a²", " a1", "b010"]
)
def test_what_is_no_rank_is_refused(text: str) -> None:
    for neighbours in ((text, None), (None, text), (text, "zz"), ("A1", text)):
        with pytest.raises(ValueError, match="is no rank"):
            between(*neighbours)


def test_a_negative_number_of_ranks_is_refused() -> None:
    with pytest.raises(ValueError, match="Cannot spread -1"):
        spread(-1)


def test_the_very_last_and_the_very_first_rank_have_nothing_beyond_them() -> None:
    with pytest.raises(ValueError, match="No rank is left"):
        between("z" * 27, None)
    with pytest.raises(ValueError, match="No rank is left"):
        between(None, "A" + "0" * 25 + "1")


def _is_well_formed(rank: str) -> bool:
    return rank.isascii() and rank.isalnum() and not rank.endswith("0")


@given(places=st.lists(st.tuples(st.integers(0), st.integers(0, 9)), max_size=120))
def test_insertions_anywhere_keep_a_strict_order(places: list[tuple[int, int]]) -> None:
    ranks: list[str] = []
    for place, n in places:
        i = place % (len(ranks) + 1)
        ranks[i:i] = spread(n, after=ranks[i - 1] if i else None, before=ranks[i] if i < len(ranks) else None)

    assert all(one.encode() < other.encode() for one, other in pairwise(ranks))
    assert all(map(_is_well_formed, ranks))


_NUMBERS = [*spread(10_000, before="a1"), *spread(10_001)]


@given(n=st.integers(1, 500), neighbours=st.lists(st.sampled_from(_NUMBERS), min_size=2, max_size=2, unique=True))
def test_a_spread_of_500_lies_strictly_inside_and_is_at_most_two_digits_longer(n: int, neighbours: list[str]) -> None:
    after, before = sorted(neighbours)

    ranks = spread(n, after=after, before=before)

    assert len(ranks) == n
    assert all(one < other for one, other in pairwise([after, *ranks, before]))
    assert max(map(len, ranks)) <= max(len(after), len(before)) + 2
