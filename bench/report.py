"""The report: tables for people, `results/last.json` for programs, and the issue's goals beside what was measured."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench.checks import Served
from bench.measure import Figures
from bench.sides import OPERATIONS

RESULTS: Final = Path(__file__).parent / "results" / "last.json"
GOALS: Final = {
    "board": (0.75, 0.90, 4.0, 6.0),
    "todo": (0.60, 0.80, 2.5, 4.0),
    "lead": (0.50, 0.80, 1.7, 3.0),
    "list": (0.60, 0.80, 2.5, 4.0),
    "move": (0.50, 0.70, 2.0, 3.0),
}
"""By operation: the limit's CPU over Relance's, must and aim; PostGraphile's CPU over Relance's, must and aim."""
MOST_GROWTH: Final = 1.4
MOST_MEMORY: Final = 120
_BUSY: Final = 32
_PACKAGES: Final = ("asyncpg", "strawberry-graphql", "tortoise-orm", "uvicorn", "uvloop", "orjson", "starlette")

Memory = dict[str, float]


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "load_before": os.getloadavg(),
    }


def versions(postgresql: str) -> dict[str, str]:
    """What ran."""
    package = json.loads((Path(__file__).parent / "postgraphile" / "package.json").read_text())
    node = [text for name, text in package["optionalDependencies"].items() if name.startswith("node-")]
    return {
        "postgresql": postgresql,
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        "postgraphile": package["dependencies"]["postgraphile"],
        "node": node[0],
    }


def write(about: dict[str, Any], served: dict[str, Served], figures: list[Figures], memory: Memory) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    checks = {
        world: {" ".join(key): verdict for key, verdict in verdicts.items()} for world, verdicts in served.items()
    }
    kept = about | {"answers": checks, "figures": [each.written() for each in figures], "rss_mib": memory}
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")


def tables(figures: list[Figures], memory: Memory) -> str:
    """Everything as Markdown."""
    worlds = sorted({(each.leads, each.open_per_cent, each.asker) for each in figures}, key=lambda w: (w[2], w[:2]))
    parts = []
    for leads, open_per_cent, asker in sorted(worlds, key=lambda world: (world[0], world[1], world[2] != "shared")):
        here = [
            each for each in figures if (each.leads, each.open_per_cent, each.asker) == (leads, open_per_cent, asker)
        ]
        size = f"{leads:,} leads" if asker == "shared" else f"the private account beside {leads:,} leads"
        parts.append(f"### {size}, {open_per_cent} % open, asked by {_ASKS[asker]}\n\n{_table(here)}")
        if goals := _goals(here):
            parts.append(goals)
    return "\n\n".join(part for part in (*parts, _growth(figures), _memory(memory)) if part)


_ASKS: Final = {"shared": "an administrator", "private": "a user"}


def _table(figures: list[Figures]) -> str:
    head = (
        "| op | side | c | server s/1k | PG s/1k | sum | req/s | p50 | p95 | p99 ms | refused |\n" + "| --- " * 11 + "|"
    )
    rows = [
        f"| {f.operation} | {f.side} | {f.concurrency} | {f.per_thousand(f.server_cpu):.3f} "
        f"| {f.per_thousand(f.postgresql_cpu):.3f} | {f.cpu:.3f} | {f.requests / f.seconds:.0f} "
        f"| {f.percentile(50):.2f} | {f.percentile(95):.2f} | {f.percentile(99):.2f} | {f.refused} |"
        for f in sorted(figures, key=lambda f: (OPERATIONS.index(f.operation), f.concurrency))
        if f.requests
    ]
    return "\n".join([head, *rows])


def _goals(figures: list[Figures]) -> str:
    """Ratios of CPU at high concurrency; nothing where Relance or the other side served nothing."""
    cpu = {(f.side, f.operation): f.cpu for f in figures if f.concurrency == _BUSY and f.cpu}
    rows = []
    for operation, (must, aim, less, least) in GOALS.items():
        ours = cpu.get(("relance", operation))
        if ours is None:
            continue
        cells = [_cell(cpu.get(("limit", operation)), ours, must, aim)]
        cells.append(_cell(cpu.get(("postgraphile", operation)), ours, less, least))
        plain = cpu.get(("plain", operation))
        rows.append(f"| {operation} | {' | '.join(cells)} | {f'{plain / ours:.2f}' if plain else '–'} |")
    if not rows:
        return ""
    head = "| CPU of others / Relance's | limit (must, aim) | PostGraphile (must, aim) | plain |\n" + "| --- " * 4 + "|"
    return "\n".join([head, *rows])


def _cell(theirs: float | None, ours: float, must: float, aim: float) -> str:
    if theirs is None:
        return "–"
    ratio = theirs / ours
    verdict = "aim met" if ratio >= aim else "must met" if ratio >= must else "MISSED"
    return f"{ratio:.2f} ({must}, {aim}): {verdict}"


def _growth(figures: list[Figures]) -> str:
    """CPU of the largest world over that of the smallest, both with 5 % open."""
    lines = ["| growth of CPU | from | to | times |", "| --- | --- | --- | --- |"]
    for operation in ("board", "todo"):
        for side in dict.fromkeys(f.side for f in figures):
            found = {
                f.leads: f.cpu for f in figures
                if (f.side, f.operation, f.asker, f.concurrency) == (side, operation, "shared", _BUSY)
                and f.open_per_cent == 5 and f.cpu
            }  # fmt: skip
            if len(found) > 1:
                first, last = min(found), max(found)
                verdict = f" (at most {MOST_GROWTH})" if side == "relance" else ""
                lines.append(
                    f"| {operation}, {side} | {first:,} | {last:,} | {found[last] / found[first]:.2f}{verdict} |"
                )
    return "\n".join(lines) if len(lines) > 2 else ""


def _memory(memory: Memory) -> str:
    head = f"| memory after the run | RSS MiB (Relance: at most {MOST_MEMORY}) |\n| --- | --- |"
    return "\n".join([head, *(f"| {name} | {mib:.0f} |" for name, mib in memory.items())])
