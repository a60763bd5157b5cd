"""Attempts: what nobody disturbs is written without locks beforehand, and whoever is overtaken decides anew."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from sales import attempts, database, pipelines, steps
from sales.errors import InvalidValue
from sales.leads import Lead
from sales.leads.edit import LeadFields, edit, star
from sales.leads.moves import move
from sales.pipelines.create import create as create_pipeline
from sales.steps import Step
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


@pytest.mark.parametrize("key", [None, "a key, so that it runs with locks at once"])
async def test_a_pipeline_that_is_archived_meanwhile_takes_no_lead(ada: Viewer, key: str | None) -> None:
    by, other = replace(ada, idempotency_key=key), await create_pipeline(by=ada, name="Other", steps=[{"name": "One"}])
    step, lead = await Step.get(pipeline_id=other.id), await a_lead(ada)

    async with _overtaken(lambda: move(lead.id, by=by, step_id=step.id)) as outcome:
        await pipelines.archive(other.id, by=ada)
    with pytest.raises(InvalidValue) as refused:
        await outcome

    assert refused.value.reason == "pipeline_archived"
    assert (await Lead.get(id=lead.id)).step_id == lead.step_id
    assert not await events(ada, kind="lead.moved")


async def test_two_attempts_at_one_step_wait_for_each_other_and_neither_is_overtaken(
    ada: Viewer, caplog: pytest.LogCaptureFixture
) -> None:
    _, second, *_ = await steps_of(ada)
    leads = [await a_lead(ada, title=title) for title in "abc"]

    with caplog.at_level(logging.DEBUG, "tortoise.db_client"):
        async with _locked(second):
            moves = [asyncio.create_task(move(lead.id, by=ada, step_id=second.id)) for lead in leads]
            await _until(lambda: _queued(second) == 2)
            await _until_waiting()
        await asyncio.gather(*moves)

    asked = [text for record in caplog.records if (text := record.message.strip()) and "select from" not in text[:20]]
    assert [text.split()[0] for text in asked if text[:4] in ("sele", "with")] == ["select", "with"] * 3
    assert await column(second) == ["a", "b", "c"]
    assert _queued(second) is None


async def test_an_attempt_that_is_cut_short_in_the_queue_leaves_it(ada: Viewer) -> None:
    _, second, *_ = await steps_of(ada)
    a, b, c = [await a_lead(ada, title=title) for title in "abc"]

    async with _locked(second):
        first = asyncio.create_task(move(a.id, by=ada, step_id=second.id))
        await _until_waiting()
        cut = asyncio.create_task(_cut_short(lambda: move(b.id, by=ada, step_id=second.id)))
        await _until(lambda: _queued(second) == 1)
        third = asyncio.create_task(move(c.id, by=ada, step_id=second.id))
        await _until(lambda: _queued(second) == 2)
        cut.cancel()
        running = await cut
    await asyncio.gather(first, third)

    assert running is None
    assert await column(second) == ["a", "c"]
    assert _queued(second) is None


async def test_an_attempt_that_is_cut_short_in_postgresql_gives_its_turn_to_the_next(ada: Viewer) -> None:
    _, second, *_ = await steps_of(ada)
    a, b = [await a_lead(ada, title=title) for title in "ab"]

    async with _locked(second):
        cut = asyncio.create_task(_cut_short(lambda: move(a.id, by=ada, step_id=second.id)))
        await _until_waiting()
        following = asyncio.create_task(move(b.id, by=ada, step_id=second.id))
        await _until(lambda: _queued(second) == 1)
        cut.cancel()
        running = await cut
        await _until(lambda: _queued(second) == 0)
        await _until_waiting()
    await following

    assert running is None
    assert await column(second) == ["b"]
    assert (await Lead.get(id=a.id)).version == a.version
    assert len(await events(ada, kind="lead.moved")) == 1


async def test_who_was_cut_short_moves_again_in_the_same_task(ada: Viewer) -> None:
    _, second, *_ = await steps_of(ada)
    lead = await a_lead(ada)

    was_cut = asyncio.Event()

    async def cut_short_and_again() -> Outcome:
        assert await _cut_short(lambda: move(lead.id, by=ada, step_id=second.id)) is None
        was_cut.set()
        return await move(lead.id, by=ada, step_id=second.id)

    async with _locked(second):
        task = asyncio.create_task(cut_short_and_again())
        await _until_waiting()
        task.cancel()
        await asyncio.wait_for(was_cut.wait(), SECONDS)
    outcome = await asyncio.wait_for(task, SECONDS)

    assert outcome.position == (await last_event(ada)).position
    assert (await Lead.get(id=lead.id)).step_id == second.id
    assert len(await events(ada, kind="lead.moved")) == 1


def test_what_needs_locks_ends_an_attempt_and_nothing_else() -> None:
    attempts.require_locks()

    with attempts.attempt(), pytest.raises(attempts.Overtaken):
        attempts.require_locks()
    attempts.require_locks()


async def _cut_short(act: Callable[[], Awaitable[Outcome]]) -> object:
    """What is running afterwards."""
    with suppress(asyncio.CancelledError):
        await act()
        raise AssertionError("it came to its end")
    return attempts.running()


@asynccontextmanager
async def _locked(step: Step) -> AsyncIterator[None]:
    """Meanwhile whoever writes to the step waits."""
    is_held, may_end = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.transaction():
            await database.fetch("select from steps where id = $1 for update", step.id)
            is_held.set()
            await may_end.wait()

    holding = asyncio.create_task(hold())
    await is_held.wait()
    try:
        yield
    finally:
        may_end.set()
        await holding


def _queued(step: Step) -> int | None:
    """How many attempts wait for their turn at a step; None: none is under way."""
    turn = attempts._queues.get(step.id)
    return None if turn is None or not turn.locked() else len(turn._waiters or ())  # type: ignore[attr-defined]


async def _until_waiting() -> None:
    """Somebody of this test waits in PostgreSQL, where each session of tests is alone."""
    async with asyncio.timeout(SECONDS):
        while not await database.fetch("select from pg_locks where not granted"):
            await asyncio.sleep(0.005)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0.005)


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
