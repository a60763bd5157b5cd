"""A mail server that takes everything at once and notes when: `python -m bench.delivery.sink FILE` prints its port."""

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import Any

_MESSAGE_ID = re.compile(rb"^Message-ID: <dlv_([0-9a-f-]+)@", re.MULTILINE | re.IGNORECASE)


class Sink(asyncio.Protocol):
    """As much of SMTP as a client needs that sends one message."""

    def __init__(self, log: Any) -> None:
        self._log, self._text, self._is_data = log, b"", False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._text += data
        while True:
            command, found, rest = self._text.partition(b"\r\n.\r\n" if self._is_data else b"\r\n")
            if not found:
                return
            self._text = rest
            self._answer(command)

    def _answer(self, command: bytes) -> None:
        if self._is_data:
            at, id = time.time(), _MESSAGE_ID.search(command)
            self._log.write(f"{id[1].decode() if id else '-'} {at}\n")
            self._is_data = False
            self._transport.write(b"250 taken\r\n")
        elif command[:4].upper() == b"DATA":
            self._is_data = True
            self._transport.write(b"354 go on\r\n")
        elif command[:4].upper() == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(b"250 well\r\n")


async def main(file: Path) -> None:
    with file.open("a", buffering=1) as log:
        server = await asyncio.get_running_loop().create_server(lambda: Sink(log), "127.0.0.1", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
