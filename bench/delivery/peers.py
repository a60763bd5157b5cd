"""BullMQ on the same Valkey: delayed jobs due at one moment, and what is left of them after a flush and a kill."""

import asyncio
import os
import shutil
import statistics
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis

from bench.delivery.fleet import Fleet, spawn

FOLDER: Final = Path(__file__).parent / "bullmq"
_LEAD_SECONDS: Final = 5.0
_QUIET_SECONDS: Final = 5.0
_STALLED_SECONDS: Final = 75.0
"""BullMQ looks for jobs of dead workers every 30 seconds, and takes back what it finds the second time."""


def is_installed() -> bool:
    return (FOLDER / "node_modules").exists() and _node() is not None


async def burst(fleet: Fleet, *, due: int, workers: int, hurt: str = "") -> dict[str, Any]:
    """So many jobs due at one moment, each of which does nothing at all; `hurt`: as for Relance."""
    notes, queue = fleet.folder / f"bullmq-{time.monotonic_ns()}", f"bench-{time.monotonic_ns()}"
    at = time.time() + _LEAD_SECONDS + due / 5_000
    await asyncio.to_thread(subprocess.run, _run(fleet, "add", queue, due, int(at * 1000)), check=True)
    running = [_worker(fleet, queue, notes) for _ in range(workers)]
    try:
        await _hurt(fleet, running, at, hurt, lambda: _worker(fleet, queue, notes))
        await _quiet(notes, due, at, _STALLED_SECONDS if hurt == "kill" else _QUIET_SECONDS)
    finally:
        for worker in running:
            worker.kill()
            worker.wait()
            assert worker.stdout is not None
            worker.stdout.close()
    return {"due": due, "workers": workers} | _figures(notes, due)


async def _hurt(fleet: Fleet, running: list[Any], at: float, how: str, start: Any) -> None:
    if how == "flush":  # before the moment: everything waits in Redis
        async with Redis.from_url(fleet.valkey.url) as redis:
            await redis.flushall()
    if how == "kill":
        await asyncio.sleep(max(0, at - time.time()) + 0.5)
        victim = running.pop(0)
        victim.kill()
        victim.wait()
        victim.stdout.close()
        running.append(start())


async def _quiet(notes: Path, due: int, at: float, patience: float) -> None:
    """All are done, or nothing has been for a while."""
    await asyncio.sleep(max(0, at - time.time()))
    size, since = -1, time.monotonic()
    while time.monotonic() - since < patience:
        lines = await asyncio.to_thread(_lines, notes)
        if lines >= due:
            return
        if lines != size:
            size, since = lines, time.monotonic()
        await asyncio.sleep(0.25)


def _lines(notes: Path) -> int:
    return notes.read_bytes().count(b"\n") if notes.exists() else 0


def _figures(notes: Path, due: int) -> dict[str, Any]:
    lines = [line.split() for line in notes.read_text().splitlines()] if notes.exists() else []
    times = Counter(int(n) for n, _ in lines)
    late = sorted(float(milliseconds) for _, milliseconds in lines)
    found: dict[str, Any] = {"done": len(times), "lost": due - len(times), "twice": sum(n > 1 for n in times.values())}
    if late:
        found["late_ms"] = {"p50": statistics.median(late), "p99": late[int(len(late) * 0.99)], "max": late[-1]}
        found["done_per_second"] = round(len(times) / (late[-1] / 1000))
    return found


def _worker(fleet: Fleet, queue: str, notes: Path) -> subprocess.Popen[bytes]:
    worker = spawn(_run(fleet, "work", queue, notes), dict(os.environ), stdout=subprocess.PIPE)
    assert worker.stdout is not None
    assert worker.stdout.readline().strip() == b"ready"
    return worker


def _run(fleet: Fleet, verb: str, *arguments: object) -> list[str]:
    path = fleet.valkey.url.removeprefix("unix://")
    return [str(_node()), str(FOLDER / "run.js"), verb, path, *(str(argument) for argument in arguments)]


def _node() -> str | None:
    ours = next(iter(FOLDER.glob("node_modules/node-linux-*/bin/node")), None)
    return str(ours) if ours else shutil.which("node")
