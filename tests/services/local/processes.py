"""A process of its own for what only a process can show: dying, and being somebody else."""

import asyncio
import contextlib
import os
import pwd
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator

import psutil

_SECONDS = 20.0


def as_ordinary_user(run: Callable[[], Coroutine[None, None, None]]) -> int:
    """Run it in a fork that isn't root, whoever we are; returns the exit code."""
    with warnings.catch_warnings(action="ignore"):  # pytest may have threads, none of which the child needs
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
        asyncio.run(run())
        os._exit(0)
    except BaseException as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr, flush=True)
    os._exit(1)


@contextlib.contextmanager
def owner(server: str, folder: object) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another Python process that runs `Postgres` or `Valkey`; gives it, and the server's process id."""
    module = server.lower()
    script = f"""
import asyncio, pathlib
from services.local.{module} import {server}
async def main():
    server = {server}(pathlib.Path({str(folder)!r}))
    await server.start()
    print(server.pid, flush=True)
    await asyncio.sleep(3600)
asyncio.run(main())
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGKILL)


def gone(pid: int) -> bool:
    """Whether the process ends within a reasonable time; an unreaped one counts as ended."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False
