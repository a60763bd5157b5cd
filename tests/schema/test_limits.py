"""A document that asks for too much is refused at once, however cleverly it hides it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from math import prod
from time import process_time
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_introspection_query,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from schema.costs import MOST_ENTRIES
from schema.limits import MOST_COUNTED, LimitExceeded, Limits, Part, check, explain

PARTS = {part.replace(" ", "_"): part for part in Part if part is not Part.CIRCLE}
UNLIMITED = Limits(
    depth=MOST_COUNTED,
    introspection_depth=MOST_COUNTED,
    fields=MOST_COUNTED,
    aliases=MOST_COUNTED,
    directives=MOST_COUNTED,
    directives_in_one_place=MOST_COUNTED,
    cost=MOST_COUNTED,
    comparisons=MOST_COUNTED,
)
WHOLE_INTROSPECTION = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
    one_of=True,
)


def refusal(text: str, limits: Limits, variables: Mapping[str, object] | None = None) -> LimitExceeded:
    with pytest.raises(LimitExceeded) as caught:
        check(parse(text, max_tokens=limits.tokens), variables, limits)
    return caught.value


def passes(text: str, limits: Limits, variables: Mapping[str, object] | None = None) -> bool:
    check(parse(text, max_tokens=limits.tokens), variables, limits)
    return True


def cost(text: str, variables: Mapping[str, object] | None = None, *, paged: frozenset[str] = frozenset()) -> int:
    try:
        check(parse(text), variables, Limits(cost=0, paged=paged))
    except LimitExceeded as refused:
        return refused.requested
    return 0


def lowered(limits: Limits, name: str, limit: int) -> Limits:
    lower: dict[str, Any] = {name: limit}
    return replace(limits, **lower)


def assert_weighs(text: str, expected: int, *, of: str) -> None:
    """The document passes where so much is allowed, and is refused with that very number where one less is."""
    assert passes(text, lowered(UNLIMITED, of, expected))
    if expected:
        refused = refusal(text, lowered(UNLIMITED, of, expected - 1))
        assert (refused.what, refused.requested, refused.limit) == (PARTS[of], expected, expected - 1)


def nested(levels: int) -> str:
    return "{ a " * levels + "}" * levels


# Each limit


def test_a_document_within_every_limit_passes() -> None:
    board = """
        query Board($first: Int = 50) {
          pipeline(id: "pipeline_1") {
            steps { name leads(first: $first) { edges { cursor node { ...Card } } pageInfo { hasNextPage } } }
          }
        }
        fragment Card on Lead { id title owner { name } tags(first: 5) { nodes { name } } }
    """

    check(parse(board), None, Limits(paged=frozenset({"steps"})))


def test_depth_counts_fields_and_neither_fragments_nor_inline_fragments() -> None:
    assert passes(nested(15), Limits())
    assert refusal(nested(16), Limits()).requested == 16
    assert_weighs("{ ...A } fragment A on Q { ... { a { ...B } } } fragment B on Q { b { c } }", 3, of="depth")


def test_fields_are_counted_wherever_their_fragment_is_spread() -> None:
    text = "{ a { ...F } b { ...F ...F } } fragment F on T { x y z }"

    assert_weighs(text, 11, of="fields")


def test_aliases_are_counted_wherever_their_fragment_is_spread() -> None:
    text = "{ a: x { ...F } b { ...F } } fragment F on T { c: y d: y }"

    assert_weighs(text, 5, of="aliases")


def test_directives_are_counted_on_everything_that_may_carry_them() -> None:
    text = """
        query Q($v: Int @a) @a { x @a ... @a { y } ...F @a }
        fragment F on T @a { z @a }
    """

    assert_weighs(text, 7, of="directives")


@pytest.mark.parametrize(
    "text",
    [
        "{ x @a @a @a @a @a }",
        "{ ... @a @a @a @a @a { x } }",
        "{ ...F @a @a @a @a @a } fragment F on T { x }",
        "query @a @a @a @a @a { x }",
        "query ($v: Int @a @a @a @a @a) { x }",
        "{ ...F } fragment F on T @a @a @a @a @a { x }",
        "{ x } fragment Unused on T { x @a @a @a @a @a }",
    ],
)
def test_at_most_four_directives_stand_in_one_place(text: str) -> None:
    refused = refusal(text, Limits())

    assert (refused.what, refused.requested, refused.limit) == (Part.DIRECTIVES_IN_ONE_PLACE, 5, 4)
    assert passes(text.replace("@a @a @a @a @a", "@a @a @a @a"), Limits())


@pytest.mark.parametrize("name", PARTS)
def test_every_limit_stands_on_its_own(name: str) -> None:
    text = "{ a: x(first: 1) @a { y } __schema { y } }"

    refused = refusal(text, lowered(Limits(), name, 0))

    assert (refused.what, refused.limit) == (PARTS[name], 0)
    assert passes(text, Limits())


def test_what_validation_compares_pair_by_pair_is_counted_over_the_whole_document() -> None:
    assert_weighs("{ a { x } b { x } a: c { x } }", 3 + 1, of="comparisons")
    assert_weighs(
        "query A { x ...F ...G } query B { x } fragment F on T { x } fragment G on T { y }", 3 + 1, of="comparisons"
    )


def test_each_operation_is_judged_by_itself() -> None:
    text = "query A { a(first: 60) { x } } query B { a(first: 60) { x } }"

    assert passes(text, Limits(cost=60, fields=2))
    assert 'Operation "A"' in str(refusal(text, Limits(cost=59)))


def test_a_fragment_that_nobody_spreads_is_judged_too() -> None:
    assert refusal("{ a } fragment F on T { x y z }", Limits(fields=2)).requested == 3


def test_of_two_fragments_with_one_name_both_are_judged() -> None:
    assert refusal("{ ...F } fragment F on T { a b c } fragment F on T { a }", Limits(fields=2)).requested == 3
    assert refusal("{ ...F } fragment F on T { a } fragment F on T { a b c }", Limits(fields=2)).requested == 3


def test_a_spread_of_an_unknown_fragment_is_left_to_validation() -> None:
    assert passes("{ ...Nobody }", Limits())


def test_an_empty_selection_and_other_definitions_are_left_to_validation() -> None:
    assert passes("{ a { } } type T { a: Int }", Limits())


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


# Introspection


def test_the_query_of_graphiql_passes_and_is_exactly_as_deep_as_allowed() -> None:
    assert passes(WHOLE_INTROSPECTION, Limits())
    assert_weighs(WHOLE_INTROSPECTION, Limits().introspection_depth, of="introspection_depth")
    assert_weighs(WHOLE_INTROSPECTION, 0, of="depth")
    assert_weighs(WHOLE_INTROSPECTION, 230, of="fields")


def test_introspection_and_the_rest_have_depths_of_their_own() -> None:
    text = "{ a { b } __schema { ...S } __type { name } } fragment S on __Schema { types { fields { name } } }"

    assert_weighs(text, 2, of="depth")
    assert_weighs(text, 4, of="introspection_depth")


def test_a_fragment_may_hold_the_introspection_itself() -> None:
    text = "{ a { ...F } } fragment F on Q { b __schema { types { name } } }"

    assert_weighs(text, 2, of="depth")
    assert_weighs(text, 3, of="introspection_depth")


def test_introspection_hidden_below_introspection_is_as_deep_as_both() -> None:
    text = "{ __schema { ...F } } fragment F on T { __schema { types } }"

    assert_weighs(text, 3, of="introspection_depth")
    assert_weighs(text.replace("types", "types { ...G }") + " fragment G on T { a { b } }", 5, of="introspection_depth")


# Attacks


def doubled(levels: int, inside: str = "x") -> str:
    chain = "".join(f"fragment F{i} on T {{ ...F{i + 1} ...F{i + 1} }} " for i in range(levels))
    return f"{{ ...F0 }} {chain} fragment F{levels} on T {{ {inside} }}"


def seconds_of(document: DocumentNode, limits: Limits) -> float:
    """Seconds of this process's own time that weighing takes: the best of three, whatever else the machine does."""
    tries = []
    for _ in range(3):
        started = process_time()
        with suppress(LimitExceeded):
            check(document, None, limits)
        tries.append(process_time() - started)
    return min(tries)


def test_forty_levels_of_doubled_fragments_are_refused_in_under_50_ms() -> None:
    document = parse(doubled(40), max_tokens=5_000)

    with pytest.raises(LimitExceeded) as caught:
        check(document, None, Limits())

    assert (caught.value.what, caught.value.requested) == (Part.FIELDS, 2**11)
    assert seconds_of(document, Limits()) < 0.05


def test_forty_levels_of_doubled_fragments_are_weighed_to_the_end_in_under_50_ms() -> None:
    limits = replace(UNLIMITED, depth=0)
    document = parse(doubled(40, inside="x(first: 100) { y }"), max_tokens=5_000)

    with pytest.raises(LimitExceeded) as caught:
        check(document, None, limits)

    assert (caught.value.what, caught.value.requested) == (Part.DEPTH, 2)
    assert seconds_of(document, limits) < 0.05


def test_the_time_is_linear_in_the_length_of_the_document() -> None:
    short, long = (seconds_of(parse(doubled(levels)), UNLIMITED) for levels in (1_000, 10_000))

    assert long < 40 * short


def test_nested_pages_stop_counting_before_their_product_grows_without_end() -> None:
    text = "".join(f"fragment F{i} on T {{ a(first: 999999999) {{ ...F{i + 1} }} }} " for i in range(700))

    refused = refusal("{ ...F0 } " + text, Limits(tokens=100_000, cost=MOST_COUNTED - 1))

    assert (refused.what, refused.requested) == (Part.COST, MOST_COUNTED)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("{ ...A } fragment A on T { ...A }", 1),
        ("{ ...A } fragment A on T { x { ... { ...B } } } fragment B on T { ...A }", 2),
        ("{ x } fragment A on T { ...B } fragment B on T { ...C } fragment C on T { ...A }", 3),
        ("fragment A on T { ...A ...A ...A }", 1),
    ],
)
def test_fragments_in_a_circle_are_refused(text: str, length: int) -> None:
    refused = refusal(text, Limits())

    assert (refused.what, refused.requested, refused.limit) == (Part.CIRCLE, length, 0)
    assert str(refused) == f'Fragment "A" spreads itself, in a circle of {length}. Remove one of the spreads.'


def test_fields_nested_a_hundred_thousand_deep_are_refused_without_recursion() -> None:
    selections = SelectionSetNode(selections=())
    for _ in range(100_000):
        selections = SelectionSetNode(selections=(FieldNode(name=NameNode(value="a"), selection_set=selections),))
    document = DocumentNode(
        definitions=(OperationDefinitionNode(operation=OperationType.QUERY, selection_set=selections),)
    )

    with pytest.raises(LimitExceeded) as caught:
        check(document, None, Limits(fields=MOST_COUNTED))

    assert (caught.value.what, caught.value.requested) == (Part.DEPTH, 100_000)


def test_a_chain_of_ten_thousand_fragments_is_refused_without_recursion() -> None:
    chain = "".join(f"fragment F{i} on T {{ a {{ ...F{i + 1} }} }} " for i in range(10_000))

    refused = refusal("{ ...F0 } " + chain, Limits(tokens=1_000_000, fields=MOST_COUNTED))

    assert (refused.what, refused.requested) == (Part.DEPTH, 10_000)


# What a client reads


def test_the_message_says_which_part_how_much_and_what_to_do() -> None:
    text = "query Board { leads(first: 100) { nodes { notes(first: 300) { text } } } }"

    assert str(refusal(text, Limits())) == (
        'Operation "Board" may return 30,100 rows (the page sizes along each path, multiplied); 20,000 are allowed. '
        "The costliest: leads(first: 100) x notes(first: 300) = 30,000; leads(first: 100) = 100. "
        "Ask for smaller pages with first or last, or nest fewer lists."
    )
    assert str(refusal(nested(16), Limits())) == (
        "The operation is 16 fields deep; 15 are allowed. Ask for what lies deeper in another operation."
    )


@pytest.mark.parametrize(
    ("text", "costliest", "allowed"),
    [
        ("{ mine: a(first: 9) { x } b(ids: [1, 2]) { c { d(last: 7) } } }",
         "b(ids: 2) x d(last: 7) = 14; mine: a(first: 9) = 9; b(ids: 2) = 2.", 1),
        ("{ a(first: 2) { ...F ...F } } fragment F on T { leads { ... { a(first: 3) } } }",
         "a(first: 2) x leads(25) x a(first: 3) = 150; a(first: 2) x leads(25) = 50; a(first: 2) = 2.", 100),
        ("{ a(first: 1) b(first: 2) c(first: 3) d(first: 4) }",
         "d(first: 4) = 4; c(first: 3) = 3; b(first: 2) = 2.", 1),
    ],
)  # fmt: skip
def test_the_message_names_the_costliest_paths(text: str, costliest: str, allowed: int) -> None:
    limits = Limits(cost=allowed, paged=frozenset({"leads"}))

    assert f"The costliest: {costliest} Ask for" in str(refusal(text, limits))


def test_the_message_stays_short_for_long_paths_and_long_names() -> None:
    name = "n" * 10_000
    text = "{ " + f"{name}: {name}(first: 99999) {{ " * 14 + "x" + " }" * 15

    message = str(refusal(text, Limits()))

    assert "x ... = 1,000,000,000,000 or more; " in message
    assert len(message) < 3_000


def test_the_costliest_paths_of_doubled_fragments_are_found_in_under_50_ms() -> None:
    limits = replace(UNLIMITED, cost=1)
    chain = doubled(230, inside="x(first: 100) { y }")

    assert "The costliest: x(first: 100) = 100. Ask" in str(refusal(chain, limits))
    assert seconds_of(parse(chain), limits) < 0.05


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


@pytest.mark.parametrize("part", Part)
def test_every_part_has_a_sentence(part: Part) -> None:
    assert str(LimitExceeded(part, 12_345, 10, where="The operation")).startswith("The operation ")
    assert "12,345" in str(LimitExceeded(part, 12_345, 10, where="The operation"))


# Against a plain walk into every spread

Selections = list[tuple[str, int, "Selections"] | int]  # a field: name, page (0 is none), selections; or a fragment


def selections(fragments: range) -> st.SearchStrategy[Selections]:
    """Selections that spread only fragments of `fragments`, so that no circle comes about."""
    spreads = st.sampled_from(fragments) if fragments else st.nothing()
    names = st.sampled_from(["a", "b", "__schema"])
    return st.recursive(
        st.lists(spreads | st.tuples(names, st.integers(0, 9), st.just([])), max_size=3),
        lambda inside: st.lists(spreads | st.tuples(names, st.integers(0, 9), inside), max_size=3),
        max_leaves=6,
    )


COUNT = 4
documents = st.tuples(*(selections(range(i + 1, COUNT)) for i in range(COUNT)))


def printed(chosen: Selections) -> str:
    parts = [
        f"...F{part}" if isinstance(part, int) else
        part[0] + (f"(first: {part[1]})" if part[1] else "") + (printed(part[2]) if part[2] else "")
        for part in chosen
    ]  # fmt: skip
    return "{ " + " ".join(parts) + " }"


def paths(chosen: Selections, fragments: tuple[Selections, ...]) -> list[list[tuple[str, int]]]:
    """The path to every field, with the fragments spread out."""
    found: list[list[tuple[str, int]]] = []
    for part in chosen:
        if isinstance(part, int):
            found += paths(fragments[part], fragments)
        else:
            name, page, inside = part
            found += [[(name, page)], *([(name, page), *path] for path in paths(inside, fragments))]
    return found


@given(documents)
def test_each_weight_is_that_of_the_document_with_its_fragments_spread_out(fragments: tuple[Selections, ...]) -> None:
    every = paths(fragments[0], fragments)
    names = [[name for name, _ in path] for path in every]
    below = [path.index("__schema") if "__schema" in path else len(path) for path in names]
    depth = max(below, default=0)
    introspection_depth = max((len(path) - i for path, i in zip(names, below, strict=True)), default=0)
    rows = sum(prod(page or 1 for _, page in path) for path in every if path[-1][1])
    text = printed(fragments[0])
    text += "".join(f" fragment F{i} on T {printed(fragments[i])}" for i in sorted(spread_by(fragments[0], fragments)))

    assert_weighs(text, len(every), of="fields")
    assert_weighs(text, depth, of="depth")
    assert_weighs(text, introspection_depth, of="introspection_depth")
    assert_weighs(text, rows, of="cost")
    assert sum(entry["cost"] for entry in explain(parse(text), None, Limits())) == rows or len(every) > MOST_ENTRIES


def spread_by(chosen: Selections, fragments: tuple[Selections, ...]) -> set[int]:
    found: set[int] = set()
    for part in chosen:
        inside = fragments[part] if isinstance(part, int) else part[2]
        found |= ({part} if isinstance(part, int) else set()) | spread_by(inside, fragments)
    return found
