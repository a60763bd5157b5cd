"""Attempts: what nobody disturbs is written without locks beforehand, and whoever is overtaken decides anew."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from sales import database, steps
from sales.errors import InvalidValue
from sales.leads import Lead
from sales.leads.edit import LeadFields, edit, star
from sales.leads.moves import move
from sales.verbs import Outcome
from sales.viewers import Viewer
from tests.factories import a_lead, column, events, last_event, steps_of

SECONDS = 10


async def test_a_move_is_one_statement_that_reads_and_one_that_writes(
    ada: Viewer, caplog: pytest.LogCaptureFixture
) -> None:
    _, second, *_ = await steps_of(ada)
    lead = await a_lead(ada)

    with caplog.at_level(logging.DEBUG, "tortoise.db_client"):
        await move(lead.id, by=ada, step_id=second.id)

    assert [record.message.split()[0] for record in caplog.records] == ["select", "with"]


async def test_an_edit_is_one_statement_that_reads_and_one_that_writes(
    ada: Viewer, caplog: pytest.LogCaptureFixture
) -> None:
    lead = await a_lead(ada)

    with caplog.at_level(logging.DEBUG, "tortoise.db_client"):
        await edit(lead.id, by=ada, fields=LeadFields(title="New"))

    assert [record.message.split()[0] for record in caplog.records] == ["select", "with"]


async def test_of_two_moves_to_the_end_at_once_the_later_one_lies_last(ada: Viewer) -> None:
    _, second, *_ = await steps_of(ada)
    a, b = await a_lead(ada, title="a"), await a_lead(ada, title="b")

    async with _overtaken(lambda: move(b.id, by=ada, step_id=second.id)) as outcome:
        await move(a.id, by=ada, step_id=second.id)

    assert await column(second) == ["a", "b"]
    assert (await outcome).position == (await last_event(ada)).position


async def test_of_two_edits_at_once_both_are_kept(ada: Viewer) -> None:
    lead = await a_lead(ada)

    async with _overtaken(lambda: edit(lead.id, by=ada, fields=LeadFields(description="Mine"))) as outcome:
        await edit(lead.id, by=ada, fields=LeadFields(title="Theirs"))
    await outcome

    edited = await Lead.get(id=lead.id)
    assert (edited.title, edited.description, edited.version) == ("Theirs", "Mine", 3)
    assert [event.lead_version for event in await events(ada, kind="lead.edited")] == [2, 3]


async def test_what_somebody_else_has_done_meanwhile_is_not_done_again(ada: Viewer) -> None:
    lead = await a_lead(ada)

    async with _overtaken(lambda: star(lead.id, by=ada)) as outcome:
        await star(lead.id, by=ada)

    assert (await outcome).position is None
    assert len(await events(ada, kind="lead.starred")) == 1


async def test_a_step_that_is_archived_meanwhile_takes_no_lead(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    lead = await a_lead(ada)

    async with _overtaken(lambda: move(lead.id, by=ada, step_id=second.id)) as outcome:
        await steps.archive(second.id, by=ada)
    with pytest.raises(InvalidValue) as refused:
        await outcome

    assert refused.value.reason == "step_archived"
    assert (await Lead.get(id=lead.id)).step_id == first.id
    assert not await events(ada, kind="lead.moved")


async def test_a_neighbour_that_moves_meanwhile_takes_the_lead_along(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    a, _, c, _ = [await a_lead(ada, title=title) for title in "abcd"]

    async with _overtaken(lambda: move(a.id, by=ada, step_id=first.id, before_id=c.id)) as outcome:
        await move(c.id, by=ada, step_id=first.id)
    await outcome

    assert await column(first) == ["b", "d", "a", "c"]


async def test_ranks_that_are_spread_anew_meanwhile_leave_the_order_as_it_was_asked_for(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    a, b, c, d = [await a_lead(ada, title=title) for title in "abcd"]
    await database.fetch("update leads set rank = $2 where id = $1 returning id", a.id, "a1")
    await database.fetch("update leads set rank = $2 where id = $1 returning id", b.id, f"a1{'0' * 22}V")

    async with _overtaken(lambda: move(c.id, by=ada, step_id=first.id)) as outcome:
        await move(d.id, by=ada, step_id=first.id, after_id=a.id)
    await outcome

    assert len(await events(ada, kind="step.rebalanced")) == 1
    assert await column(first) == ["a", "d", "b", "c"]


@asynccontextmanager
async def _overtaken(act: Callable[[], Awaitable[Outcome]]) -> AsyncIterator[asyncio.Future[Outcome]]:
    """Within it somebody else writes; `act` has read before that is committed, and waits with its own writing."""
    may_begin = asyncio.Event()

    async def acting() -> Outcome:
        await may_begin.wait()
        return await act()

    task = asyncio.create_task(acting())  # outside the transaction, which it would inherit
    async with database.transaction():
        yield task
        may_begin.set()
        async with asyncio.timeout(SECONDS):
            while not await database.fetch(_WAITING):
                await asyncio.sleep(0.005)
    await asyncio.wait([task], timeout=SECONDS)


_WAITING = "select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))"
