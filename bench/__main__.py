"""`make bench`: makes the data, starts every side, compares their answers, measures, reports."""

import argparse
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import psutil
import uvloop

from bench import checks, data, report
from bench.checks import Served
from bench.measure import Figures, Plan, measure, memory
from bench.sides import LOAD_CORE, OPERATIONS, all_sides, pin
from bench.worlds import POOL, World
from services.local.postgres import temporary

OPTIONS: Final = {
    "shared_buffers": "2GB",
    "effective_cache_size": "4GB",
    "work_mem": "32MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "jit": "off",
    "synchronous_commit": "on",
}
"""Of the PostgreSQL that all sides share; `fsync` is off, since a disk would be measured and nothing else."""

SMALL: Final = 10_000
QUICK: Final = 100_000
LARGE: Final = 1_000_000
_GROWING: Final = ("board", "todo")
_READS: Final = ("board", "todo", "list")


@dataclass(frozen=True)
class Stage:
    """One world, and which operations are asked by whom there."""

    leads: int
    open_per_cent: int
    operations: tuple[str, ...] = OPERATIONS
    askers: tuple[str, ...] = ("shared", "private")


def stages(leads: int | None, *, quick: bool) -> list[Stage]:
    """What is run: sizes for the growth, and at the main size few and many open leads."""
    if leads is not None:
        return [Stage(leads, 5), Stage(leads, 50, _READS, ("shared",))]
    small = Stage(SMALL, 5, _GROWING, ("shared",))
    if quick:  # to make a hundred thousand leads a second time would take half of its time
        return [small, Stage(QUICK, 5), Stage(SMALL, 50, _READS, ("shared",))]
    main = [small, Stage(QUICK, 5), Stage(QUICK, 50, _READS, ("shared",))]
    return [*main, Stage(LARGE, 5), Stage(LARGE, 50, _READS, ("shared",))]


async def main() -> int:
    given = _arguments()
    os.sched_setaffinity(0, {LOAD_CORE})
    plan = Plan(given.rounds or (2 if given.quick else 5), given.seconds or (0.5 if given.quick else 3.0))
    about = {"machine": report.machine(), "settings": {"pool": POOL, "rounds": plan.rounds, "seconds": plan.seconds}}
    served: dict[str, Served] = {}
    figures: list[Figures] = []
    resident: report.Memory = {}
    with tempfile.TemporaryDirectory(prefix="relance-bench-") as folder:
        for stage in stages(given.leads, quick=given.quick):
            async with temporary(options=OPTIONS) as url:
                world = await data.build(url, leads=stage.leads, open_per_cent=stage.open_per_cent)
                postmaster = await _postmaster(url)
                about["versions"] = report.versions(await _version(url))
                verdicts, found, mib = await _stage(world, stage, plan, postmaster, Path(folder))
            served[f"{stage.leads} leads, {stage.open_per_cent} % open"] = verdicts
            figures += found
            resident = mib if stage.operations == OPERATIONS or not resident else resident
    about["settings"] |= {"postgresql": OPTIONS}
    report.write(about, served, figures, resident)
    print(f"\n{report.tables(figures, resident)}\n\nWritten to bench/results/last.json")
    return 1 if any("differs" in verdict for verdicts in served.values() for verdict in verdicts.values()) else 0


async def _stage(
    world: World, stage: Stage, plan: Plan, postmaster: int, folder: Path
) -> tuple[Served, list[Figures], report.Memory]:
    """Check and measure one world. What differs or is not served is told and not measured."""
    size = (stage.leads, stage.open_per_cent)
    print(f"{stage.leads:,} leads, {stage.open_per_cent} % open", flush=True)
    sides = all_sides(world.url)
    figures: list[Figures] = []
    try:
        for side in sides:
            await side.start(world, folder / f"{side.name}.log")
        pin(postmaster, LOAD_CORE)
        verdicts = await checks.check(world, sides)
        for key, verdict in verdicts.items():
            if verdict != "equal":
                print(f"  {' '.join(key)}: {verdict}", flush=True)
        for operation in stage.operations:
            for name in stage.askers:
                fit = [side for side in sides if verdicts[side.name, operation, name] == "equal"]
                if fit:
                    figures += await measure(
                        fit, operation, world.asker(name), plan=plan, postmaster=postmaster, world=size
                    )
        return verdicts, figures, {side.name: memory(side) for side in sides}
    finally:
        for side in sides:
            await side.stop()


async def _postmaster(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(psutil.Process(connection.get_server_pid()).ppid())
    finally:
        await connection.close()


async def _version(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("show server_version"))
    finally:
        await connection.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Relance beside three others.")
    parser.add_argument("--quick", action="store_true", help="under five minutes, up to 100,000 leads")
    parser.add_argument("--leads", type=int, help="only this size")
    parser.add_argument("--rounds", type=int, help="how often each side is measured")
    parser.add_argument("--seconds", type=float, help="how long each time")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(uvloop.run(main()))
