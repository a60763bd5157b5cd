"""A proxy on a unix socket in front of a server: it can stall, so that a connection is half open, and cut."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

_CHUNK: Final = 65_536


class Proxy:
    """Passes bytes on; `stall` takes them and passes nothing, `slow` keeps each for a while, `cut` ends everything."""

    def __init__(self, listen: Path, target: Path) -> None:
        self._listen, self._target = listen, target
        self._flows = asyncio.Event()
        self._flows.set()
        self._delay = 0.0
        self._open: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._listen.parent.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._listen)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for pump in list(self._pumps):
            pump.cancel()

    def stall(self) -> None:
        self._flows.clear()

    def slow(self, seconds: float) -> None:
        self._delay = seconds

    def flow(self) -> None:
        self._delay = 0.0
        self._flows.set()

    def cut(self) -> None:
        """End every connection at once, unannounced."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._flows.wait()
            far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        except OSError:
            writer.transport.abort()
            self._open.discard(writer)
            return
        self._open.add(far_writer)
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await source.read(_CHUNK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._flows.wait()
                sink.write(chunk)
                await sink.drain()
        sink.close()
        self._open.discard(sink)
