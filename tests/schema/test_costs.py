"""What an operation costs: the rows that it may answer, in all and by its lists."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from graphql import parse

from schema.limits import MOST_COUNTED, Limits, Part, check, explain
from tests.schema.weighing import assert_weighs, cost, doubled, refusal

# The cost


def test_pages_are_multiplied_along_the_path_and_summed_beside_it() -> None:
    assert cost("{ leads(first: 10) { nodes { title } } }") == 10
    assert cost("{ leads(first: 10) { nodes { notes(last: 5) { nodes { text } } } } }") == 10 + 10 * 5
    assert cost("{ a(first: 10) { b(first: 5) { x } c(first: 2) { d(first: 3) { x } } } e(first: 7) { x } }") == (
        10 + 10 * 5 + 10 * 2 + 10 * 2 * 3 + 7
    )


def test_a_fragment_costs_as_much_as_the_pages_above_each_of_its_spreads() -> None:
    text = "{ a(first: 10) { ...F } b(first: 3) { ...F } ...F } fragment F on T { c(first: 4) { x } }"

    assert_weighs(text, 10 + 10 * 4 + 3 + 3 * 4 + 4, of="cost")


def test_six_rounds_of_a_circle_between_types_are_refused_within_the_depth_limit() -> None:
    text = "{ " + "notes { author { " * 6 + "id" + " } }" * 6 + " }"

    refused = refusal(text, Limits(paged=frozenset({"notes"})))

    assert (refused.what, refused.requested) == (Part.COST, sum(25**level for level in range(1, 7)))


def test_a_page_is_25_for_fields_that_are_known_to_be_paged_or_do_not_say() -> None:
    assert cost("{ leads { nodes { id } } }") == 0
    assert cost("{ leads { nodes { id } } }", paged=frozenset({"leads"})) == 25
    assert cost("{ leads(first: null) { nodes { id } } }") == 25
    assert cost("query ($n: Int) { leads(first: $n) { nodes { id } } }") == 25
    assert cost("{ leads(first: 3) { nodes { id } } }", paged=frozenset({"leads"})) == 3


@pytest.mark.parametrize(
    ("value", "rows"),
    [(40, 40), (40.0, 40), (0, 1), (-5, 1), (None, 25), (True, 25), ("40", 25), (40.5, 25), (float("nan"), 25),
     (float("inf"), 25), ({}, 25), (10**30, MOST_COUNTED), (1e300, MOST_COUNTED), (10**5_000, MOST_COUNTED)],
    ids=lambda value: repr(value) if not isinstance(value, int) or value < MOST_COUNTED else "huge",
)  # fmt: skip
def test_a_page_is_as_long_as_its_variable_says(value: object, rows: int) -> None:
    assert cost("query ($n: Int = 7) { leads(first: $n) { nodes { id } } }", {"n": value}) == rows


@pytest.mark.parametrize(
    ("literal", "rows"),
    [("40", 40), ("0", 1), ("-5", 1), ("null", 25), ('"40"', 25), ("40.0", 25), ("ALL", 25), ("{n: 1}", 25),
     ("9" * 5_000, MOST_COUNTED)],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_a_page_is_as_long_as_its_literal_says(literal: str, rows: int) -> None:
    assert cost(f"{{ leads(first: {literal}) {{ nodes {{ id }} }} }}") == rows


def test_a_variable_that_was_not_sent_has_its_greatest_default() -> None:
    text = "query A($n: Int = 30) { a(first: $n) { x } } query B($n: Int = 80) { a(first: $n) { x } }"

    assert cost(text) == cost(text.replace("30", "90").replace("80", "30").replace("90", "80")) == 80
    assert cost(text, {"n": 4}) == 4


def test_the_longer_of_two_pages_counts() -> None:
    assert cost("{ leads(first: 3, last: 8) { nodes { id } } }") == 8


def test_a_list_of_ids_is_a_page_too() -> None:
    assert cost('{ nodes(ids: ["a", "b", "c"]) { notes(first: 10) { x } } }') == 3 + 3 * 10
    assert cost("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a"] * 100}) == 100
    assert cost("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }") == 1
    assert cost('{ nodes(ids: "a") { id } }') == cost("{ nodes(ids: []) { id } }") == 1


# What weighs by itself


def test_what_reads_more_than_it_answers_costs_its_weight_wherever_it_may_be_answered() -> None:
    limits = Limits(weighty=frozenset({"past"}), cost=0)

    assert refusal("{ past { columns(first: 3) { x(first: 2) } } }", limits).requested == 5_000 + 3 + 3 * 2
    assert refusal("{ a(first: 3) { past { b(first: 2) } } }", limits).requested == 3 + 3 * (5_000 + 2)
    assert check(parse("{ ...F ...F } fragment F on Q { past { x } }"), None, replace(limits, cost=10_000)) == 10_000


def test_what_weighs_by_itself_is_among_the_costliest_and_in_the_tree() -> None:
    limits = Limits(weighty=frozenset({"past"}), weight=15_000)
    text = "{ a: past { x(first: 30) { y } } a(first: 2) { past { x } } }"

    assert str(refusal(text, limits)).endswith(
        "The costliest: a(first: 2) x past(weight: 15000) = 30,000; a: past(weight: 15000) = 15,000; "
        "x(first: 30) = 30. Ask for smaller pages with first or last, or nest fewer lists."
    )
    assert explain(parse(text), None, replace(limits, cost=50_000)) == [
        {"field": "a: past", "rows": 15_000, "cost": 15_030, "parts": [
            {"field": "x", "rows": 30, "cost": 30, "parts": []},
        ]},
        {"field": "a", "rows": 2, "cost": 30_002, "parts": [
            {"field": "past", "rows": 15_000, "cost": 30_000, "parts": []},
        ]},
    ]  # fmt: skip


# What is known of the cost


def test_what_passes_has_the_cost_of_the_operation_that_is_asked_for() -> None:
    document = parse("query A { a(first: 5) { ...F } } query B { b(first: 7) } fragment F on T { c(first: 2) }")

    assert check(document, None, Limits(), operation="A") == 15
    assert check(document, None, Limits(), operation="B") == 7
    assert check(document, None, Limits(), operation="C") is check(document, None, Limits()) is None
    assert check(parse("{ x }"), None, Limits()) == 0


def test_what_is_refused_has_the_cost_of_the_operation_that_is_asked_for_too() -> None:
    text = "query A { a: a(first: 5) { ...F } } fragment F on T { b: c(first: 2) }"

    assert refusal(text, Limits(cost=14)).cost == refusal(text, Limits(aliases=0)).cost == 15
    assert refusal(text + " query B { b }", Limits(aliases=0)).cost is None


# The tree


def explained(text: str, variables: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
    return explain(parse(text), variables, Limits(paged=frozenset({"leads"})))


def test_the_tree_has_the_lists_and_leaves_out_the_rest() -> None:
    text = """
        query ($n: Int!) { title pipeline { mine: leads { nodes { ...Card } } b(last: $n) } }
        fragment Card on Lead { id tags(first: 4) { name } }
    """

    assert explained(text, {"n": 3}) == [
        {"field": "mine: leads", "rows": 25, "cost": 25 + 25 * 4, "parts": [
            {"field": "tags", "rows": 4, "cost": 100, "parts": []},
        ]},
        {"field": "b", "rows": 3, "cost": 3, "parts": []},
    ]  # fmt: skip


def test_the_tree_ends_after_200_entries_and_still_counts_the_rest() -> None:
    tree = explained("{ a(first: 2) { " + "x(first: 1) " * 300 + "} }")

    assert [(entry["cost"], len(entry["parts"])) for entry in tree] == [(2 + 600, 199)]


def test_the_tree_of_doubled_fragments_takes_no_longer() -> None:
    assert len(explained(doubled(300, inside="x(first: 100) { y }"))) == 200
