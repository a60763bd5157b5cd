"""The API and the worker as children: their log lines passed through, and started again when they die."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Mapping
from typing import Protocol

from services.local.processes import dying_with_parent
from services.settings import CannotStart

_LINE_BYTES = 1024 * 1024
_DRAIN_SECONDS = 40.0
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_HEALTHY_SECONDS = 60.0


class Child(Protocol):
    """Something that runs and may end."""

    name: str

    async def start(self) -> None: ...

    async def ended(self) -> int: ...


class Program:
    """One of our own commands (`api`, `worker`) as a child, which dies with us and holds `lock` while it lives."""

    def __init__(self, name: str, *, environment: Mapping[str, str], lock: int) -> None:
        self.name = name
        self._environment = environment
        self._lock = lock
        self._process: asyncio.subprocess.Process | None = None
        self._lines: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, without waiting for what it does."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.command", self.name),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environment,
            limit=_LINE_BYTES,
            start_new_session=True,  # the terminal's Ctrl-C is ours; we stop our children in order
            pass_fds=[self._lock],
            preexec_fn=dying_with_parent(signal.SIGTERM),
        )
        assert self._process.stdout is not None
        self._lines = asyncio.create_task(self._pass_through(self._process.stdout))

    async def ended(self) -> int:
        """Wait until it is gone, and return its exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """Let it finish what it began, and kill it when that takes too long; safe to call twice."""
        if self._process is None or self._lines is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _DRAIN_SECONDS)
        except TimeoutError:
            say(self.name, f"doesn't end after {_DRAIN_SECONDS:.0f} s and is killed.")
            self._process.kill()
            await self._process.wait()
        await self._lines

    async def _pass_through(self, lines: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await lines.readline()
            except ValueError:
                line = b"(a line too long to show)"
            if not line:
                return
            say(self.name, line.decode(errors="replace").rstrip())


async def keep_running(child: Child) -> None:
    """Start a child again whenever it ends, pausing longer each time it doesn't last; for ever."""
    pause, started = _FIRST_PAUSE_SECONDS, time.monotonic()
    while True:
        how = _said(await child.ended())
        if time.monotonic() - started > _HEALTHY_SECONDS:
            pause = _FIRST_PAUSE_SECONDS
        say(child.name, f"{how}; starting it again in {pause:g} s.")
        await asyncio.sleep(pause)
        await _started(child)
        pause, started = min(pause * 2, _LONGEST_PAUSE_SECONDS), time.monotonic()


async def _started(child: Child) -> None:
    while True:
        try:
            return await child.start()
        except CannotStart as problem:
            say(child.name, f"{problem} Trying again in {_LONGEST_PAUSE_SECONDS:g} s.")
            await asyncio.sleep(_LONGEST_PAUSE_SECONDS)


def say(who: str, what: str) -> None:
    """One line of the log that `relance up` shows."""
    print(f"{who.lower():<10} | {what}", flush=True)


def _said(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
