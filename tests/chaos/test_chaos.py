"""The trial itself, in short: one scenario to its end, and seeded bugs that the checker has to catch."""

import pytest

from chaos.controls import CONTROLS, caught, fires_by_its_index
from chaos.scenarios import ELSEWHERE, SCENARIOS
from chaos.trials import tried
from chaos.worlds import World

QUICK = ["settle_before_send", "no_dedupe_key", "no_order_clause", "signed_once", "volatile_clock"]


async def test_a_rude_receiver_and_dying_workers_break_no_promise(world: World) -> None:
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == "S15b")

    verdict = await tried(scenario, world, seed="1", seconds=1.0)

    assert verdict.broken == {}


@pytest.mark.parametrize("bug", QUICK)
async def test_a_seeded_bug_is_caught(world: World, bug: str) -> None:
    broken = await caught(bug, world)

    assert any(found.startswith(f"{CONTROLS[bug][1]} ") for found in broken), broken


async def test_what_is_due_is_found_by_an_index(world: World) -> None:
    assert await fires_by_its_index(world) == {}


def test_every_scenario_of_the_report_is_there_or_has_its_place_elsewhere() -> None:
    here = {scenario.name for scenario in SCENARIOS if scenario.name[1:].isdigit()}

    assert here | ELSEWHERE.keys() == {f"S{n}" for n in range(1, 26)}
    assert not here & ELSEWHERE.keys()
