"""`make chaos`: scenario after scenario in an order that the seed decides, then the negative controls."""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from chaos.controls import CONTROLS, caught, fires_by_its_index
from chaos.scenarios import ELSEWHERE, SCENARIOS
from chaos.trials import Scenario, tried
from chaos.worlds import World

_CONTROL_SECONDS: Final = 30
"""What all negative controls take; the rest of the time belongs to the scenarios."""


def main() -> int:
    given = _arguments()
    seed = given.seed if given.seed is not None else random.randrange(10**6)
    print(f"seed {seed}: `make chaos SEED={seed}` does the same again")
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.chmod(0o755)  # for the database's own user, or its files would lie elsewhere and stay
    try:
        return 0 if asyncio.run(_all(folder, seed, given)) else 1
    finally:
        if given.keep:
            print(f"ledger, arrivals and logs are kept in {folder}")
        else:
            shutil.rmtree(folder)


async def _all(folder: Path, seed: int, given: argparse.Namespace) -> bool:
    world, began = World(folder, seed=seed), time.monotonic()
    await world.start()
    try:
        well = await _scenarios(world, seed, _chosen(given.only), began + given.seconds - _CONTROL_SECONDS)
        if not given.only:
            well = await _controls(world) and well
    finally:
        await world.stop()
    print(f"{'every promise was kept' if well else 'NOT every promise was kept'}; {time.monotonic() - began:.0f} s")
    return well


async def _scenarios(world: World, seed: int, scenarios: list[Scenario], ends: float) -> bool:
    """At least one; all of them if there is time, and then all over again in another order."""
    order, well, turn = random.Random(seed), True, 0
    while turn == 0 or time.monotonic() < ends:
        for scenario in order.sample(scenarios, len(scenarios)):
            if turn and time.monotonic() >= ends:
                break
            verdict = await tried(scenario, world, seed=f"{seed} {turn}")
            turn += 1
            words = "kept" if not verdict.broken else "BROKEN"
            late, after = (each.total_seconds() * 1000 for each in (verdict.late, verdict.late_after))
            print(
                f"{words:6} {scenario.name:5} {scenario.words}: {verdict.reminders} reminders, at most {late:.0f} ms "
                f"late, {after:.0f} ms afterwards, {verdict.seconds:.1f} s",
                flush=True,
            )
            for invariant, cases in verdict.broken.items():
                print(f"       {invariant}: {len(cases)} times, such as: {cases[0]}", flush=True)
            well = well and not verdict.broken
    return well


async def _controls(world: World) -> bool:
    well = not await fires_by_its_index(world)
    for name, (_, invariant) in CONTROLS.items():
        broken = await caught(name, world)
        is_caught = any(found.startswith(f"{invariant} ") for found in broken)
        cases = sum(len(cases) for cases in broken.values())
        print(f"{'caught' if is_caught else 'MISSED'} the bug {name}: {', '.join(broken) or 'nothing'} ({cases} cases)")
        well = well and is_caught
    return well


def _chosen(names: list[str]) -> list[Scenario]:
    unknown = set(names) - {scenario.name for scenario in SCENARIOS}
    if unknown:
        sys.exit(", ".join(f"{name}: {ELSEWHERE.get(name, 'there is no such scenario')}" for name in sorted(unknown)))
    return [scenario for scenario in SCENARIOS if not names or scenario.name in names]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description="Hurt Relance, and check its promises.")
    parser.add_argument("--seconds", type=float, default=120, help="about how long in all (120)")
    parser.add_argument("--seed", type=int, help="what decides every order, pause and mood (any)")
    parser.add_argument("--only", nargs="*", default=[], metavar="S1", help="these scenarios, without the controls")
    parser.add_argument("--keep", action="store_true", help="keep the ledger, the arrivals and the logs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
