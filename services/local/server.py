"""What PostgreSQL and Valkey have in common here: a folder, a unix socket, one process, and who may run it."""

import asyncio
import contextlib
import hashlib
import os
import re
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path

from services.local.processes import dying_with_parent, end, ended, hold, hold_within
from services.local.unprivileged import Home
from services.settings import CannotStart

_ANSWER_SECONDS = 120.0  # PostgreSQL may have to recover first
_LEFTOVER_SECONDS = 30.0
_STOP_SECONDS = 20.0
_LOOK_AGAIN_SECONDS = 0.01
_SUPERVISED_LOOK_SECONDS = 0.25
_SOCKET_PATH_BYTES = 107
_PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)
_LOG_LINES_SHOWN = 3


class Server(ABC):
    """A server that one process owns; it can be started again after a stop, a kill or a crash, at the same URL.

    Two locks keep it simple. The owner's tells a second owner apart at once. The server's is inherited by the server
    and by all of its children, so that holding it proves that nothing of an earlier run lives, whatever files it left.
    """

    name: str
    stop_signal: signal.Signals
    socket_name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner_lock: int | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it; stays the same over restarts."""

    @property
    def pid(self) -> int:
        """The process of the running server."""
        return self._running().pid

    async def start(self) -> None:
        """Start and return once it answers. Raises `CannotStart`; nothing is left running then."""
        self._own()
        try:
            lock = await self._when_leftover_is_gone()
            try:
                await self._prepare()
                self._process = self._spawn(lock)
            finally:
                os.close(lock)
            await self._answering()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Let it finish in order; safe to call twice."""
        await self._end(self.stop_signal)

    async def kill(self) -> None:
        """End it as a power cut would; safe to call twice."""
        await self._end(signal.SIGKILL)

    async def ended(self) -> int:
        """Wait until the running server is gone, and return its exit code."""
        return await ended(self._running(), look_again=_SUPERVISED_LOOK_SECONDS)

    @abstractmethod
    def _find_home(self) -> Home: ...

    @abstractmethod
    async def _prepare(self) -> None:
        """Make what must be there before the start, and remove what an earlier run left."""

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    async def _answers(self) -> bool: ...

    @abstractmethod
    def _leftover_pid(self) -> int | None: ...

    @cached_property
    def _home(self) -> Home:
        return self._find_home()

    @property
    def _place(self) -> Path:
        """The folder with all of the server's files; usually, but not always, the one that was asked for."""
        return self._home.folder

    def _own(self) -> None:
        if self._process is not None and self._process.poll() is None:
            raise CannotStart(f"The {self.name} of {self.folder} is running already.")
        self._disown()
        self._owner_lock = hold(self._place / "owner.lock")
        if self._owner_lock is None:
            raise CannotStart(f"The {self.name} of {self.folder} is in use by another process; stop that one first.")

    async def _when_leftover_is_gone(self) -> int:
        path = self._place / "server.lock"
        if (lock := hold(path)) is not None:
            return lock
        if (pid := self._leftover_pid()) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self.stop_signal)
        if (lock := await hold_within(path, seconds=_LEFTOVER_SECONDS)) is None:
            raise CannotStart(f"An earlier {self.name} of {self.folder} doesn't end; end it and start again.")
        return lock

    def _spawn(self, lock: int) -> subprocess.Popen[bytes]:
        # A session of its own keeps the terminal's Ctrl-C away: who owns the server stops it, last of all.
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command(),
                cwd=self._place,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[lock],
                preexec_fn=dying_with_parent(self.stop_signal),
                **self._home.identity.process_arguments(),
            )

    async def _answering(self) -> None:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                while not await self._answers():
                    if self._running().poll() is not None:
                        raise CannotStart(f"{self.name} doesn't start: {self._last_words()}")
                    await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        except TimeoutError:
            raise CannotStart(f"{self.name} doesn't answer after {_ANSWER_SECONDS:.0f} s; see {self._log}.") from None

    async def _end(self, by: signal.Signals) -> None:
        if self._process is not None:
            await end(self._process, by=by, seconds=_STOP_SECONDS)
        self._disown()

    def _disown(self) -> None:
        self._process = None
        if self._owner_lock is not None:
            os.close(self._owner_lock)
            self._owner_lock = None

    @property
    def _log(self) -> Path:
        return self._place / "log"

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
        return " / ".join(line.strip() for line in lines) or "it says nothing."

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} isn't running.")
        return self._process

    def _socket_folder(self) -> Path:
        """A private folder for the socket: in the server's own, or in the temporary one if that path is long or odd."""
        owner, place = self._home.identity.uid, self._place / "socket"
        if not _fits(place / self.socket_name):
            digest = hashlib.sha256(bytes(self._place)).hexdigest()[:16]
            place = Path(tempfile.gettempdir()) / f"relance-{digest}"
        place.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0 and place.lstat().st_uid == 0:
            os.chown(place, owner, -1, follow_symlinks=False)
        status = place.lstat()
        if status.st_uid != owner or status.st_mode & 0o077:
            raise CannotStart(f"{place} must be a folder that nobody else may open; remove it and start again.")
        return place


def _fits(socket: Path) -> bool:
    # The path becomes part of a URL: what would need quoting there serves no better than what is too long.
    return len(bytes(socket)) <= _SOCKET_PATH_BYTES and _PLAIN_PATH.fullmatch(str(socket)) is not None
