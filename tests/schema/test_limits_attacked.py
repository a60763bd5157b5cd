"""A document that asks for too much is refused at once, however cleverly it hides it."""

from dataclasses import replace

import pytest
from graphql import DocumentNode, FieldNode, NameNode, OperationDefinitionNode, OperationType, SelectionSetNode, parse

from schema.limits import MOST_COUNTED, LimitExceeded, Limits, Part, check
from tests.pace import paced
from tests.schema.weighing import UNLIMITED, doubled, refusal, seconds_of


def test_forty_levels_of_doubled_fragments_are_refused_in_under_50_ms() -> None:
    document = parse(doubled(40), max_tokens=5_000)

    with pytest.raises(LimitExceeded) as caught:
        check(document, None, Limits())

    assert (caught.value.what, caught.value.requested) == (Part.FIELDS, 2**11)
    assert paced(seconds_of(document, Limits())) < 0.05


def test_forty_levels_of_doubled_fragments_are_weighed_to_the_end_in_under_50_ms() -> None:
    limits = replace(UNLIMITED, depth=0)
    document = parse(doubled(40, inside="x(first: 100) { y }"), max_tokens=5_000)

    with pytest.raises(LimitExceeded) as caught:
        check(document, None, limits)

    assert (caught.value.what, caught.value.requested) == (Part.DEPTH, 2)
    assert paced(seconds_of(document, limits)) < 0.05


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


def test_the_costliest_paths_of_doubled_fragments_are_found_in_under_50_ms() -> None:
    limits = replace(UNLIMITED, cost=1)
    chain = doubled(230, inside="x(first: 100) { y }")

    assert "The costliest: x(first: 100) = 100. Ask" in str(refusal(chain, limits))
    assert paced(seconds_of(parse(chain), limits)) < 0.05
