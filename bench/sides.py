"""The sides: how each is started, where it listens, and how each operation is put to it."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import psutil

from bench import load, worlds
from bench.worlds import POOL, Asker, World
from services.local.processes import dying_with_parent

HERE: Final = Path(__file__).parent
OPERATIONS: Final = ("board", "todo", "lead", "list", "move")
SERVER_CORE: Final = 0
LOAD_CORE: Final = 1
LEAST_AMOUNT: Final = "10000"
START_SECONDS: Final = 60.0


@dataclass
class Side:
    """One server in a process of its own; `wraps` puts an operation and its variables to it."""

    name: str
    command: list[str]
    folder: str = "operations"
    path: Callable[[Asker], str] = lambda asker: f"/{asker.name}"
    headers: Callable[[Asker], dict[str, str]] = lambda asker: {}
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    async def start(self, world: World, log: Path) -> None:
        """Start on a free port, pinned to its core, and return once it is known to be the listener there."""
        process = self._spawn(world, log)
        deadline = time.monotonic() + START_SECONDS
        while not self.is_listening():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} doesn't start: {_last_words(log)}")
            await asyncio.sleep(0.1)
        pin(process.pid, SERVER_CORE)

    def _spawn(self, world: World, log: Path) -> subprocess.Popen[bytes]:
        self.port = _free_port()
        given = {"PORT": str(self.port), "DATABASE_URL": world.url, worlds.ENVIRONMENT: world.written()}
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **given, "BENCH_POOL": str(POOL), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=dying_with_parent(signal.SIGTERM),
            )
        return self.process

    async def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            await asyncio.to_thread(self.process.wait, 30)

    def is_listening(self) -> bool:
        """Whether the process that was started, or a child of it, is the one that listens on the port."""
        assert self.process is not None
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == self.port
            for process in tree(self.process.pid)
            for connection in process.net_connections("tcp")
        )

    def requests(self, operation: str, asker: Asker) -> list[bytes]:
        """Every request of an operation, ready to be sent."""
        text = self._text(operation)
        bodies = [
            json.dumps({"operationName": operation, "query": text, "variables": variables}).encode()
            for variables in self.variables(operation, asker)
        ]
        return [load.request(self.port, self.path(asker), body, self.headers(asker)) for body in bodies]

    def variables(self, operation: str, asker: Asker) -> list[dict[str, Any]]:
        return variables(operation, asker)

    def _text(self, operation: str) -> str:
        return re.sub(r"\s+", " ", (HERE / self.folder / f"{operation}.graphql").read_text()).strip()


class PostGraphile(Side):
    """Its schema is made from the tables: queries of its own, ids without our words before them."""

    def variables(self, operation: str, asker: Asker) -> list[dict[str, Any]]:
        always: dict[str, Any] = {"sees": asker.sees}
        if operation in ("todo", "list", "move"):
            always["account"] = asker.account_id
        if operation == "todo":
            return [{"account": asker.account_id, "owner": asker.user_id, "zone": asker.time_zone}]
        if operation == "move":
            always = {"account": asker.account_id, "actor": asker.user_id}
        return [always | _bare(given) for given in variables(operation, asker)]


def variables(operation: str, asker: Asker) -> list[dict[str, Any]]:
    """What an operation is asked with, one after the other; leads go round their pipeline and come home."""
    match operation:
        case "board":
            return [{"pipeline": f"pipeline_{asker.pipeline_id}"}]
        case "todo":
            return [{}]
        case "lead":
            return [{"id": f"lead_{id}"} for id in asker.lead_ids]
        case "list":
            return [{"owner": f"user_{asker.user_id}", "amount": LEAST_AMOUNT}]
        case "move":
            moves = [(id, step) for step in asker.step_ids for id in asker.movable_ids]
            return [{"input": {"id": f"lead_{id}", "stepId": f"step_{step}"}} for id, step in moves]
    raise KeyError(operation)


def all_sides(url: str) -> list[Side]:
    """Limit, Relance, plain, and PostGraphile where it is installed."""
    python = sys.executable
    folder = HERE / "postgraphile"
    node = next(iter(folder.glob("node_modules/node-linux-*/bin/node")), None)
    parts = urlsplit(url)
    libpq = {"PGHOST": parse_qs(parts.query)["host"][0], "PGUSER": "relance", "PGDATABASE": parts.path.strip("/")}
    sides = [
        Side("limit", [python, "-m", "bench.limit"]),
        Side(
            "relance",
            [python, "-m", "services.command", "api"],
            path=lambda asker: "/graphql",
            headers=lambda asker: {"Authorization": f"Bearer {asker.token}"},
        ),
        Side("plain", [python, "-m", "bench.plain"]),
    ]
    if node is not None:
        own = {**libpq, "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
        command = [str(node), str(folder / "server.js")]
        sides.append(
            PostGraphile("postgraphile", command, "postgraphile/operations", lambda _: "/graphql", environment=own)
        )
    return sides


def tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def pin(pid: int, core: int) -> None:
    """Keep a process, its threads and its children on one core."""
    if os.cpu_count() == 1:
        return
    for process in tree(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # one that has just ended
            for thread in Path(f"/proc/{process.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {core})


def _last_words(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _bare(given: dict[str, Any]) -> dict[str, Any]:
    inner = given.get("input", given)
    return {name: value.partition("_")[2] or value for name, value in inner.items()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
