"""What the processes of a trial do: the real ones, with their faults; each is a function, so that it can be forked."""

import os
from collections.abc import Mapping
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, cast

import uvloop

from chaos import bugs, failpoints, faults
from chaos.faults import Faults, changed
from sales import database
from sales.deliveries import settling
from sales.deliveries.policies import FIRST_PAUSE, LONGEST_PAUSE, POLICIES, Policy
from sales.ids import new_id
from sales.opening import open_account
from sales.users.people import NewPerson
from services import failures
from services.api import app
from services.settings import Settings
from services.worker import chores, process

PASSWORD: Final = "correct horse battery"
LEASE: Final = timedelta(seconds=2)
_SOON: Final = tuple(timedelta(seconds=seconds) for seconds in (0.3, 0.5, 0.8, *[1.2] * 12))
"""Between attempts, in place of 10 seconds to 12 hours: a trial waits for the last of them."""

RESTS: Final = {FIRST_PAUSE: timedelta(seconds=0.5), LONGEST_PAUSE: timedelta(seconds=1.5)}
"""How long an endpoint is spared that fails on end, in place of 10 seconds to an hour."""


def worker(environ: Mapping[str, str], broken: Faults) -> None:
    _begin(environ, broken)
    process.run(Settings.from_environment(environ), lease=LEASE)


def api(environ: Mapping[str, str], broken: Faults) -> None:
    _begin(environ, broken)
    app.serve(Settings.from_environment(environ))


def replay(environ: Mapping[str, str], broken: Faults) -> None:
    """`relance failures replay`."""
    _begin(environ, broken)
    failures.run(Settings.from_environment(environ), action="replay")


def forget_old(environ: Mapping[str, str], broken: Faults) -> None:
    """The cron that deletes what is kept for a while only."""
    _begin(environ, broken)

    settings = Settings.from_environment(environ)

    async def forget() -> None:
        async with database.connected(settings.needed_database_url(), pool=1):
            await chores.forget_old(timedelta(days=settings.retention_days))

    uvloop.run(forget())


def migrate(environ: Mapping[str, str], broken: Faults) -> None:
    _begin(environ, broken)
    uvloop.run(database.migrate(environ["DATABASE_URL"]))


def open_accounts(environ: Mapping[str, str], number: int, answer: Connection) -> None:
    """Open accounts as an operator does; sends [(the account's id, its administrator's address)]."""
    _begin(environ, Faults())
    answer.send(uvloop.run(_opened(environ["DATABASE_URL"], number)))


async def _opened(url: str, number: int) -> list[tuple[str, str]]:
    opened = []
    async with database.connected(url, pool=1):
        for _ in range(number):
            email = f"ada.{new_id()}@example.com"
            person = NewPerson(name="Ada Admin", email=email, password=PASSWORD)
            viewer = await open_account(name="Acme", administrator=person)
            opened.append((str(viewer.account.id), email))
    return opened


def _begin(environ: Mapping[str, str], broken: Faults) -> None:
    log = os.open(Path(environ["DATA_DIR"]) / "processes.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    _hasten()
    if broken.bug is not None:
        bugs.BUGS[broken.bug]()
    if broken.failpoints:
        failpoints.install()
        faults.arm(broken.failpoints)
    if broken.clock_is_ahead:
        faults.skew(broken.clock_is_ahead)


def _hasten() -> None:
    policies = cast(dict[Any, Policy], POLICIES)
    for channel, policy in policies.items():
        policies[channel] = Policy(_SOON, policy.most_ambiguous)
    for usual, here in RESTS.items():
        rest = f"interval '{usual.total_seconds()} s'"
        settling._FAILED = changed(settling._FAILED, rest, f"interval '{here.total_seconds()} s'")
