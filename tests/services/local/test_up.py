"""One command and everything runs; one signal, even the rudest, and nothing does."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from services.local.processes import hold
from tests.services.local.ups import COMMAND, SECONDS, Up, environment, free_port, up


def refused(folder: Path, **variables: str) -> str:
    """What `relance up` says when it doesn't start."""
    ended = subprocess.run(
        COMMAND, env=environment(folder, **variables), capture_output=True, text=True, timeout=SECONDS
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_to_go_and_stops_all_of_it_when_told(ground: Path, told: signal.Signals) -> None:
    with up(ground / "data", "--empty") as running:
        assert running.get("/health/ready") == 200
        banner = "".join(running.lines)
        assert f"http://localhost:{running.environment['PORT']}/graphql" in banner
        assert str(ground / "data/outbox") in banner

        running.end(told)

        assert running.process.returncode == 0


def test_two_run_side_by_side_and_a_second_on_the_same_data_is_refused(ground: Path) -> None:
    with up(ground / "one", "--empty") as one, up(ground / "two", "--empty") as two:
        assert one.get("/health/ready") == two.get("/health/ready") == 200

        assert f"Relance is already up on {ground / 'one'}" in refused(ground / "one")


def test_after_kill_9_nothing_is_left_and_the_next_one_carries_on(ground: Path) -> None:
    port = str(free_port())
    with up(ground / "data", "--empty", PORT=port) as first:
        first.process.kill()
        first.process.wait()

        with up(ground / "data", "--empty", PORT=port) as second:
            assert second.get("/health/ready") == 200

        psutil.wait_procs(first.family, timeout=SECONDS)
        assert not any(process.is_running() for process in first.family[1:])


async def test_a_child_that_dies_is_started_again(ground: Path) -> None:
    with up(ground / "data", "--empty") as running:
        running.child("worker").kill()
        running.child("api").kill()

        await until_answered(running)

        rest = running.end(signal.SIGINT)
        assert "worker     | was ended by SIGKILL; starting it again in 0.5 s." in rest
        assert "api        | was ended by SIGKILL; starting it again in 0.5 s." in rest


async def until_answered(running: Up) -> None:
    deadline = time.monotonic() + SECONDS
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
