"""Processes of a trial: forked from one that has imported everything, so that a worker is there in no time."""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["chaos.roles"])
_LOOK_AGAIN_SECONDS = 0.02


class Child:
    """One process, from its start to its end."""

    def __init__(self, role: Callable[..., None], *arguments: Any) -> None:
        self.role = role.__name__
        self._process = _FORKS.Process(target=role, args=arguments, daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def lives(self) -> bool:
        return self._process.is_alive()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    async def kill(self) -> None:
        """As a power cut would."""
        self._signal(signal.SIGKILL)
        await self.ended()

    async def end(self, *, seconds: float = 20.0) -> int | None:
        """Ask it to end in order; returns its exit code, None when it had to be killed."""
        self._signal(signal.SIGTERM)
        self.thaw()
        try:
            return await self.ended(seconds=seconds)
        except TimeoutError:
            await self.kill()
            return None

    async def ended(self, *, seconds: float = 20.0) -> int | None:
        deadline = time.monotonic() + seconds
        while self.lives:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the {self.role} doesn't end")
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        return self._process.exitcode

    def _signal(self, by: signal.Signals) -> None:
        if self.lives:
            with suppress(ProcessLookupError):
                os.kill(self.pid, by)


async def asked(role: Callable[..., None], *arguments: Any) -> Any:
    """Run a role whose last argument is a pipe, and return what it sends."""
    here, there = _FORKS.Pipe(duplex=False)
    child = Child(role, *arguments, there)
    there.close()
    answer = await asyncio.to_thread(here.recv)
    await child.ended()
    return answer
