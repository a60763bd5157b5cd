"""One command and everything runs; one signal, even the rudest, and nothing does."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.local.processes import hold

COMMAND = [sys.executable, "-m", "services.command", "up"]
_SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, **variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SMTP_URL")}
    return {**kept, "DATA_DIR": str(folder), "PORT": str(free_port()), **variables}


def refused(folder: Path, **variables: str) -> str:
    """What `relance up` says when it doesn't start."""
    command = [sys.executable, "-m", "services.command", "up"]
    ended = subprocess.run(
        command, env=environment(folder, **variables), capture_output=True, text=True, timeout=_SECONDS
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


class Up:
    """A running `relance up`, and every process that belongs to it."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.environment = environment(folder, **variables)
        self.process = subprocess.Popen(COMMAND, env=self.environment, stdout=subprocess.PIPE, text=True)
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
        [found] = [process for process in self.family if process.is_running() and name in process.cmdline()]
        return found

    def end(self, by: signal.Signals) -> str:
        """The rest of what it printed, once it and all that belongs to it are gone."""
        self.process.send_signal(by)
        rest, _ = self.process.communicate(timeout=_SECONDS)
        _, alive = psutil.wait_procs(self.family, timeout=_SECONDS)
        assert not alive
        return rest


@contextlib.contextmanager
def up(folder: Path, **variables: str) -> Iterator[Up]:
    running = Up(folder, **variables)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()
        psutil.wait_procs(running.family, timeout=_SECONDS)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_to_go_and_stops_all_of_it_when_told(ground: Path, told: signal.Signals) -> None:
    with up(ground / "data") as running:
        assert running.get("/health/ready") == 200
        banner = "".join(running.lines)
        assert f"http://localhost:{running.environment['PORT']}/graphql" in banner
        assert str(ground / "data/outbox") in banner

        running.end(told)

        assert running.process.returncode == 0


def test_two_run_side_by_side_and_a_second_on_the_same_data_is_refused(ground: Path) -> None:
    with up(ground / "one") as one, up(ground / "two") as two:
        assert one.get("/health/ready") == two.get("/health/ready") == 200

        assert f"Relance is already up on {ground / 'one'}" in refused(ground / "one")


def test_after_kill_9_nothing_is_left_and_the_next_one_carries_on(ground: Path) -> None:
    port = str(free_port())
    with up(ground / "data", PORT=port) as first:
        first.process.kill()
        first.process.wait()

        with up(ground / "data", PORT=port) as second:
            assert second.get("/health/ready") == 200

        psutil.wait_procs(first.family, timeout=_SECONDS)
        assert not any(process.is_running() for process in first.family[1:])


async def test_a_child_that_dies_is_started_again(ground: Path) -> None:
    with up(ground / "data") as running:
        running.child("worker").kill()
        running.child("api").kill()

        await until_answered(running)

        rest = running.end(signal.SIGINT)
        assert "worker     | was ended by SIGKILL; starting it again in 0.5 s." in rest
        assert "api        | was ended by SIGKILL; starting it again in 0.5 s." in rest


async def until_answered(running: Up) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if await asyncio.to_thread(running.get, "/health/ready") == 200:
                return
        await asyncio.sleep(0.1)
    raise AssertionError("It isn't ready again.")


def test_a_port_in_use_is_one_sentence_with_a_way_out(ground: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        said = refused(ground / "data", PORT=str(port))

    assert said.startswith(f"relance: Port {port} on 127.0.0.1 can't be used (address already in use); choose another")
    assert not (ground / "data/postgres").exists()


def test_data_that_is_in_use_is_one_sentence(ground: Path) -> None:
    lock = hold(ground / "up.lock")
    assert lock is not None

    said = refused(ground)

    os.close(lock)
    assert said == f"relance: Relance is already up on {ground}: stop that one, or choose another DATA_DIR.\n"


def test_a_folder_that_cannot_be_written_is_one_sentence(ground: Path) -> None:
    (ground / "file").touch()

    said = refused(ground / "file/data")

    assert said == f"relance: DATA_DIR {ground}/file/data can't be written: Not a directory.\n"


@pytest.mark.parametrize(
    ("name", "url", "said"),
    [
        ("DATABASE_URL", "nonsense", "DATABASE_URL must start with postgresql:// or postgres://"),
        ("DATABASE_URL", "postgresql://ann:hunter2@127.0.0.1:1/x", "The PostgreSQL of DATABASE_URL can't be used: "),
        ("DATABASE_URL", "postgresql://ann@/x?host=/no/such/folder", "The PostgreSQL of DATABASE_URL can't be used: "),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:1", "The Redis of REDIS_URL can't be used: "),
        ("REDIS_URL", "unix:///no/such.sock", "The Redis of REDIS_URL can't be used: "),
    ],
)
def test_a_server_that_cannot_be_used_is_one_sentence(ground: Path, name: str, url: str, said: str) -> None:
    sentence = refused(ground / "data", **{name: url})

    assert sentence.startswith(f"relance: {said}")
    assert "hunter2" not in sentence
