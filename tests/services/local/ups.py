"""A `relance up` of the test's own: real servers, real processes, a port and a folder of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

COMMAND = [sys.executable, "-m", "services.command", "up"]
SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, **variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SMTP_URL")}
    return {**kept, "DATA_DIR": str(folder), "PORT": str(free_port()), **variables}


class Up:
    """A running `relance up`, and every process that belongs to it."""

    def __init__(self, folder: Path, *options: str, **variables: str) -> None:
        self.environment = environment(folder, **variables)
        self.process = subprocess.Popen([*COMMAND, *options], env=self.environment, stdout=subprocess.PIPE, text=True)
        self.lines = list(self._until("Ctrl-C stops everything."))
        self.family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]

    def _until(self, last: str) -> Iterator[str]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield line
            if last in line:
                return
        raise AssertionError("It ended before it was up.")

    def get(self, path: str) -> int:
        url = f"http://127.0.0.1:{self.environment['PORT']}{path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            status: int = answer.status
            return status

    def child(self, name: str) -> psutil.Process:
        found = []
        for process in self.family:
            with contextlib.suppress(psutil.NoSuchProcess):
                found += [process] if name in process.cmdline() else []
        [only] = found
        return only

    def end(self, by: signal.Signals) -> str:
        """The rest of what it printed, once it and all that belongs to it are gone."""
        self.process.send_signal(by)
        rest, _ = self.process.communicate(timeout=SECONDS)
        _, alive = psutil.wait_procs(self.family, timeout=SECONDS)
        assert not alive
        return rest


@contextlib.contextmanager
def up(folder: Path, *options: str, **variables: str) -> Iterator[Up]:
    """It runs while the block lasts; `--empty` starts without demo data, and sooner."""
    running = Up(folder, *options, **variables)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()
        psutil.wait_procs(running.family, timeout=SECONDS)
