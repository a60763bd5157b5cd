"""Real servers for every test: one PostgreSQL a session, migrated once; accounts keep the tests apart."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from sales import database, sealed
from sales.deliveries import rates
from sales.endpoints import addresses
from services.local import postgres
from services.local.unprivileged import passing_folder
from tests.factories import an_empty_outbox

Figures = Callable[[str], None]

LONG = (
    "/end_to_end/",
    "/chaos/",
    "/local/",
    "/test_operators.py",
    "/test_nothing_hidden_shows.py",
    "/test_both_ways.py",
)


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    """Takes what a test has measured, in a sentence; all of it is printed at the end of the run."""
    return lambda sentence: record_property("figures", sentence)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for real processes comes first, so that nothing long is left for the end."""
    items.sort(key=lambda item: not any(part in item.nodeid for part in LONG))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    measured = [text for report in reports for name, text in report.user_properties if name == "figures"]
    if measured:
        terminalreporter.section("measured")
        for sentence in measured:
            terminalreporter.line(str(sentence))


@pytest.fixture(scope="session")
async def database_url() -> AsyncIterator[str]:
    """A PostgreSQL of this session's own, with the tables; no pool is open."""
    async with postgres.temporary(options={"max_connections": "100"}) as url:
        await database.migrate(url)
        yield url


@pytest.fixture(scope="session")
async def pool(database_url: str) -> AsyncIterator[None]:
    """The pool of this process is open."""
    async with database.connected(database_url, pool=16):
        yield


@pytest.fixture
def ground() -> Iterator[Path]:
    """A folder on a short path for servers that are really started."""
    with passing_folder("relance-test-") as folder:
        yield folder


@pytest.fixture
def sealing() -> Iterator[None]:
    """This deployment has a key, so that endpoints can be kept."""
    sealed.use("k" * 32)
    yield
    sealed.use(None)
    addresses.allow(())


@pytest.fixture
async def rated(pool: None, sealing: None) -> AsyncIterator[None]:
    """Nothing else waits to be sent, endpoints can be kept, and no provider has a rate afterwards."""
    await an_empty_outbox()
    yield
    await rates.keep({})
