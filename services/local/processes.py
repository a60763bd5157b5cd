"""Child processes that die with their parent, and locks that tell whether anybody of them still lives."""

import asyncio
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_LOOK_AGAIN_SECONDS = 0.02


def dying_with_parent(by: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that has the kernel send `by` to the child when its parent is gone, even by `kill -9`.

    The parent is the *thread* that started the child: start it from one that lives as long as the process. Only Linux
    has this; elsewhere a leftover is stopped by the next start.
    """
    parent = os.getpid()

    def ask() -> None:
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, by)
            if os.getppid() != parent:  # gone before we could ask
                os._exit(1)

    return ask


def hold(path: Path) -> int | None:
    """Lock a file and return its descriptor, or None while somebody holds it.

    A child that inherits the descriptor holds the lock too, and so do its children: it is free once none of them lives.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


async def hold_within(path: Path, *, seconds: float) -> int | None:
    """Lock a file as soon as it is free; None when it still isn't after `seconds`."""
    deadline = time.monotonic() + seconds
    while (lock := hold(path)) is None and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    return lock


async def ended(process: subprocess.Popen[bytes], *, look_again: float = _LOOK_AGAIN_SECONDS) -> int:
    """Wait for a process and return its exit code, which is minus the signal's number where one ended it."""
    while (code := process.poll()) is None:
        await asyncio.sleep(look_again)
    return code


async def end(process: subprocess.Popen[bytes], *, by: signal.Signals, seconds: float) -> int:
    """Ask a process to end, and kill it when it hasn't after `seconds`; returns its exit code."""
    if process.poll() is None:
        process.send_signal(by)
    try:
        async with asyncio.timeout(seconds):
            return await ended(process)
    except TimeoutError:
        process.kill()
        return await ended(process)
