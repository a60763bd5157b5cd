"""Logs: one readable line to standard output for each thing that matters."""

import logging
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import TypeAlias

from asyncpg import PostgresError

from sales import database

_CHATTY = ("arq", "asyncpg", "tortoise", "httpx", "httpcore", "apprise", "py_vapid")
"""What they warn of is said by us, once and by its name: each job, each connection that a restart cuts, and requests
without their addresses, which are secrets."""

Raised: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def to_stdout(level: str) -> None:
    """Set up this process's log; `level` is a name such as INFO."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)


class Formatter(logging.Formatter):
    """Says where something broke, without what PostgreSQL quotes of the row that it broke at."""

    def formatException(self, ei: Raised) -> str:
        text = super().formatException(ei)
        for problem in _all(ei[1]):
            if isinstance(problem, PostgresError):  # whoever wraps one says the same
                text = text.replace(str(problem), database.in_words(problem))
        return text


def _all(problem: BaseException | None) -> Iterator[BaseException]:
    """An exception with all that it comes from."""
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__
