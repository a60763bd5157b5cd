"""Transactions outlive PostgreSQL: no task hangs on a dead connection, and no place in the pool is lost."""

import asyncio
import signal
import sys
from pathlib import Path

import asyncpg

from services.local.postgres import Mode, Postgres
from services.local.processes import dying_with_parent
from tests.conftest import Figures

ROUNDS = 3
TASKS = 8


async def test_no_task_hangs_and_no_slot_is_lost_when_postgresql_restarts_under_load(
    tmp_path: Path, figures: Figures
) -> None:
    postgres = Postgres(tmp_path)
    await postgres.start()
    try:
        await prepare(postgres.url)
        # A process of its own: the pool of this one belongs to the other tests.
        busy = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.sales.busy", postgres.url),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # the pool says at length that its connections broke
            preexec_fn=dying_with_parent(signal.SIGKILL),
        )
        assert await goes_on(busy)

        for mode in (Mode.FAST, Mode.IMMEDIATE, None) * ROUNDS:
            await (postgres.stop(mode) if mode else postgres.kill())
            await postgres.start()
            assert await goes_on(busy), f"after {mode or 'kill -9'}"

        words, _ = await asyncio.wait_for(busy.communicate(b""), 30)
        figures(f"{3 * ROUNDS} restarts: {words.decode().strip()}")
        assert words.startswith(b"0 slots lost")
    finally:
        await postgres.stop()


async def prepare(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"create table busy as select id, 0 as n from generate_series(0, {TASKS - 1}) as id")
    await connection.close()


async def goes_on(busy: asyncio.subprocess.Process) -> bool:
    """Whether every task has done a transaction since we asked."""
    assert busy.stdin is not None
    assert busy.stdout is not None
    busy.stdin.write(b"progress\n")
    return await asyncio.wait_for(busy.stdout.readline(), 30) == b"all go on\n"
