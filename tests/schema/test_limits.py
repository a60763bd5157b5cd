"""A document that asks for too much is refused at once, with a sentence that says which part and what to do."""

import pytest
from graphql import get_introspection_query, parse

from schema.limits import LimitExceeded, Limits, Part, check
from tests.schema.weighing import PARTS, assert_weighs, lowered, nested, passes, refusal

WHOLE_INTROSPECTION = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
    one_of=True,
)


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


@pytest.mark.parametrize("part", Part)
def test_every_part_has_a_sentence(part: Part) -> None:
    assert str(LimitExceeded(part, 12_345, 10, where="The operation")).startswith("The operation ")
    assert "12,345" in str(LimitExceeded(part, 12_345, 10, where="The operation"))
