"""Servers that take everything at once and note when: `python -m bench.delivery.sink mail|webhooks FILE`.

The first line that one prints is its port.
"""

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import Any

_LENGTH = re.compile(rb"^content-length: (\d+)", re.MULTILINE | re.IGNORECASE)
_WEBHOOK_ID = re.compile(rb"^webhook-id: dlv_([0-9a-f-]+)", re.MULTILINE | re.IGNORECASE)
_MESSAGE_ID = re.compile(rb"^Message-ID: <dlv_([0-9a-f-]+)@", re.MULTILINE | re.IGNORECASE)


class Mail(asyncio.Protocol):
    """As much of SMTP as a client needs that sends one message after the other."""

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


class Webhooks(asyncio.Protocol):
    """As much of HTTP as a client needs that posts once."""

    def __init__(self, log: Any) -> None:
        self._log, self._text = log, b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._text += data
        head, found, body = self._text.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or (length and len(body) < int(length[1])):
            return
        at, id = time.time(), _WEBHOOK_ID.search(head)
        self._log.write(f"{id[1].decode() if id else '-'} {at}\n")
        self._transport.write(b"HTTP/1.1 204 Taken\r\n\r\n")
        self._transport.close()


async def main(kind: str, file: Path) -> None:
    sink = Mail if kind == "mail" else Webhooks
    with file.open("a", buffering=1) as log:
        server = await asyncio.get_running_loop().create_server(lambda: sink(log), "127.0.0.1", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
