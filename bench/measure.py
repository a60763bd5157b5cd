"""Measures: rounds that alternate over the sides, and what each cost in CPU time, latency and memory."""

import asyncio
import gc
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

from bench import load
from bench.sides import Side, tree
from bench.worlds import Asker

CONCURRENCIES: Final = (1, 32)
_NANO: Final = 1e9
_MEBI: Final = 2**20


@dataclass
class Figures:
    """What one side took for one operation, asker and concurrency, over all rounds."""

    side: str
    operation: str
    asker: str
    concurrency: int
    leads: int
    open_per_cent: int
    requests: int = 0
    refused: int = 0
    seconds: float = 0.0
    server_cpu: float = 0.0
    postgresql_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, str, int, int, int]:
        return self.side, self.operation, self.asker, self.concurrency, self.leads, self.open_per_cent

    @property
    def cpu(self) -> float:
        """CPU seconds per 1,000 requests, server and PostgreSQL."""
        return self.per_thousand(self.server_cpu + self.postgresql_cpu)

    def per_thousand(self, seconds: float) -> float:
        return seconds / self.requests * 1000 if self.requests else 0.0

    def percentile(self, per_cent: float) -> float:
        """The latency in milliseconds that so many per cent of the requests stayed within."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * per_cent / 100))] * 1000 if ordered else 0.0

    def written(self) -> dict[str, Any]:
        kept = {name: value for name, value in asdict(self).items() if name != "latencies"}
        return kept | {
            "server_cpu_per_1000": self.per_thousand(self.server_cpu),
            "postgresql_cpu_per_1000": self.per_thousand(self.postgresql_cpu),
            "requests_per_second": self.requests / self.seconds if self.seconds else 0.0,
            "p50_ms": self.percentile(50),
            "p95_ms": self.percentile(95),
            "p99_ms": self.percentile(99),
        }


@dataclass(frozen=True)
class Plan:
    """How long to measure what: `rounds` of so many `seconds` each, for every side in turn."""

    rounds: int
    seconds: float
    warm_up: float = 0.3


async def measure(
    sides: list[Side], operation: str, asker: Asker, *, plan: Plan, postmaster: int, world: tuple[int, int]
) -> list[Figures]:
    """The figures of each side at each concurrency. The order of the sides turns with each round."""
    found = [
        Figures(side.name, operation, asker.name, concurrency, *world)
        for side in sides
        for concurrency in CONCURRENCIES
    ]
    requests = {side.name: side.requests(operation, asker) for side in sides}
    for side in sides:
        await load.run(side.port, requests[side.name], connections=8, seconds=plan.warm_up)
    for n in range(plan.rounds):
        turn = n % len(sides)
        for side in sides[turn:] + sides[:turn]:
            for figures in (each for each in found if each.side == side.name):
                await _round(side, requests[side.name], figures, plan.seconds, postmaster)
    return found


async def _round(side: Side, requests: list[bytes], figures: Figures, seconds: float, postmaster: int) -> None:
    if not side.is_listening():
        raise RuntimeError(f"Another process than {side.name}'s listens on its port.")
    assert side.process is not None
    gc.collect()
    server, backends = _cpu(tree(side.process.pid)), _cpu(_backends(postmaster))
    run = await load.run(side.port, requests, connections=figures.concurrency, seconds=seconds)
    await asyncio.sleep(0.02)
    server_cpu = _spent(server, _cpu(tree(side.process.pid)))
    if server_cpu == 0:
        raise RuntimeError(f"{side.name} spent no time: something else must have answered.")
    figures.server_cpu += server_cpu
    figures.postgresql_cpu += _spent(backends, _cpu(_backends(postmaster)))
    figures.seconds += run.seconds
    figures.requests += len(run.latencies)
    figures.refused += run.refused
    figures.latencies += run.latencies


def memory(side: Side) -> float:
    """Resident memory of a side's processes, in MiB."""
    assert side.process is not None
    return sum(float(process.memory_info().rss) for process in tree(side.process.pid)) / _MEBI


def _backends(postmaster: int) -> list[psutil.Process]:
    """The processes that serve clients: those behind a local socket."""
    return [process for process in tree(postmaster) if "[local]" in _command(process)]


def _command(process: psutil.Process) -> str:
    """Empty for one that has just ended, as PostgreSQL's own helpers do at any time."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _cpu(processes: list[psutil.Process]) -> dict[int, float]:
    """Seconds on a core by thread, from the scheduler's own count in nanoseconds."""
    spent = {}
    for process in processes:
        for thread in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
            spent[int(thread.parent.name)] = int(thread.read_text().split()[0]) / _NANO
    return spent


def _spent(before: dict[int, float], after: dict[int, float]) -> float:
    return sum(seconds - before.get(thread, 0.0) for thread, seconds in after.items())
