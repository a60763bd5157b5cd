"""Logs: one readable line to standard output for each thing that matters."""

import logging
import sys

_CHATTY = ("arq", "asyncpg", "tortoise", "httpx", "httpcore", "apprise", "py_vapid")
"""What they warn of is said by us, once and by its name: each job, each connection that a restart cuts, and requests
without their addresses, which are secrets."""


def to_stdout(level: str) -> None:
    """Set up this process's log; `level` is a name such as INFO."""
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stdout)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
