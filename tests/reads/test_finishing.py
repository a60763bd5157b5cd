"""Finishing: what Python makes of what SQL gave, for all rows at once."""

import asyncpg

from tests.reads.things import Asks, executed, planned

BOOKS = "{ shelves { id books { sold loud } } }"


async def test_all_values_of_a_field_are_finished_at_once_whatever_lists_they_are_in(
    library: asyncpg.Connection,
) -> None:
    asks = Asks()

    answer = await planned(library, BOOKS, asks)

    assert answer == {"shelves": [
        {"id": 1, "books": [{"sold": "ON 2026-01-02", "loud": 'A "QUOTED"'}, {"sold": None, "loud": "ÉTÉ"}]},
        {"id": 2, "books": [{"sold": None, "loud": "LINE\nBREAK"}]},
    ]}  # fmt: skip
    assert asks.finished == [("sold", ["on 2026-01-02"]), ("loud", ['A "quoted"', "Été", "Line\nbreak"])]


async def test_python_is_not_asked_for_nothing(library: asyncpg.Connection) -> None:
    asks = Asks()

    assert await planned(library, '{ thing(name: "B2") { ... on Book { sold } } }', asks) == {"thing": {"sold": None}}
    assert asks.finished == []


async def test_two_types_may_say_different_things_at_one_place(library: asyncpg.Connection) -> None:
    text = """{ things(names: ["B1", "S1", "B2", "S2", "S1"]) {
      ... on Book { said: sold } ... on Shelf { said: board } } }"""
    by_plan, by_executor = Asks(), Asks()

    answer = await planned(library, text, by_plan)
    data, errors = await executed(library, text, by_executor)

    said = ["ON 2026-01-02", "LOW", None, None, "LOW"]
    assert [thing["said"] for thing in answer["things"]] == said
    assert ([thing["said"] for thing in data["things"]], errors) == (said, {})
    assert by_plan.finished == by_executor.finished == [("sold", ["on 2026-01-02"]), ("board", ["Low", "Low"])]


async def test_a_field_under_two_names_is_finished_under_each(library: asyncpg.Connection) -> None:
    asks = Asks()

    answer = await planned(library, '{ thing(name: "B2") { ... on Book { loud again: loud } } }', asks)

    assert answer == {"thing": {"loud": "ÉTÉ", "again": "ÉTÉ"}}
    assert asks.finished == [("loud", ["Été"]), ("loud", ["Été"])]
