"""Moving leads: order within a step, across steps and pipelines, guards, and many at once."""

import asyncio
import random
from contextlib import suppress
from decimal import Decimal
from uuid import uuid4

import pytest

from sales import ranks, steps
from sales.errors import InvalidValue, NotFound, StepGuardFailed, VersionConflict
from sales.leads import Lead, Status
from sales.leads.create import Placement, Standing, create
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.money import Money
from sales.pipelines.create import create as create_pipeline
from sales.steps import Guard, Step, StepFields
from sales.viewers import Viewer
from tests.factories import a_lead, an_account, column, events, last_event, steps_of


async def test_new_leads_go_to_the_end_of_the_first_step(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    for title in "abc":
        await a_lead(ada, title=title)

    assert await column(first) == ["a", "b", "c"]
    assert [lead.number for lead in await Lead.filter(step_id=first.id).order_by("rank")] == [1, 2, 3]


async def test_a_lead_moves_before_after_and_to_the_end(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    a, b, c, _ = [await a_lead(ada, title=title) for title in "abcd"]

    await move(c.id, by=ada, before_id=a.id)
    assert await column(first) == ["c", "a", "b", "d"]
    await move(c.id, by=ada, after_id=a.id)
    assert await column(first) == ["a", "c", "b", "d"]
    await move(a.id, by=ada, step_id=first.id)
    assert await column(first) == ["c", "b", "d", "a"]
    await move(b.id, by=ada, step_id=first.id, before_id=c.id)
    assert await column(first) == ["b", "c", "d", "a"]


async def test_a_change_of_rank_alone_raises_no_version_and_a_change_of_step_does(ada: Viewer) -> None:
    _, second, *_ = await steps_of(ada)
    a, b = await a_lead(ada), await a_lead(ada)

    await move(b.id, by=ada, before_id=a.id)
    assert (await Lead.get(id=b.id)).version == 1
    assert set((await last_event(ada)).changes) == {"rank"}
    await move(b.id, by=ada, step_id=second.id)

    moved = await Lead.get(id=b.id)
    assert (moved.version, moved.step_id) == (2, second.id)
    assert moved.step_entered_at > b.step_entered_at


async def test_moving_to_where_it_is_changes_nothing(ada: Viewer) -> None:
    a, b = await a_lead(ada, title="a"), await a_lead(ada, title="b")
    written = len(await events(ada))

    outcome = await move(b.id, by=ada, after_id=a.id)

    assert outcome.position is None
    assert len(await events(ada)) == written


async def test_a_step_of_another_pipeline_takes_the_lead_there_and_nothing_else_changes(ada: Viewer) -> None:
    made = await create_pipeline(by=ada, name="Renewals", steps=[StepFields(name="Ask"), StepFields(name="Sign")])
    ask = await Step.get(pipeline_id=made.id, position=1)
    lead = await a_lead(ada, standing=Standing(Status.WON))

    await move(lead.id, by=ada, step_id=ask.id)

    moved = await Lead.get(id=lead.id)
    assert moved.step_id == ask.id
    assert (moved.status, moved.closed_at, moved.owner_id) == (lead.status, lead.closed_at, lead.owner_id)


async def test_a_step_asks_for_all_that_is_missing_at_once(ada: Viewer) -> None:
    _, second, *_ = await steps_of(ada)
    await steps.edit(second.id, by=ada, fields=StepFields(guards=list(Guard)))
    lead = await a_lead(ada)

    with pytest.raises(StepGuardFailed) as refused:
        await move(lead.id, by=ada, step_id=second.id)

    assert refused.value.missing == ["AMOUNT", "DESCRIPTION", "EXPECTED_CLOSE_ON", "PROBABILITY"]
    assert refused.value.message("en") == (
        "To enter “Contacted” a lead needs: amount, description, expected closing date, probability."
    )
    assert (await Lead.get(id=lead.id)).step_id == lead.step_id
    with pytest.raises(StepGuardFailed):
        await a_lead(ada, step=second)


async def test_a_lead_with_all_that_is_asked_for_enters(ada: Viewer) -> None:
    _, second, *_ = await steps_of(ada)
    await steps.edit(second.id, by=ada, fields=StepFields(guards=[Guard.AMOUNT]))
    lead = await a_lead(ada)
    await edit(lead.id, by=ada, fields=LeadFields(money=Money(Decimal(1), "EUR")))

    await move(lead.id, by=ada, step_id=second.id)

    assert (await Lead.get(id=lead.id)).step_id == second.id


async def test_an_archived_step_takes_no_leads(ada: Viewer) -> None:
    _, second, *_ = await steps_of(ada)
    await steps.archive(second.id, by=ada)
    lead = await a_lead(ada)

    with pytest.raises(InvalidValue, match="step_archived"):
        await move(lead.id, by=ada, step_id=second.id)


async def test_a_target_that_makes_no_sense_is_refused(ada: Viewer) -> None:
    stranger = await an_account()
    first, second, *_ = await steps_of(ada)
    a, b, elsewhere = await a_lead(ada), await a_lead(ada), await a_lead(ada, step=second)
    foreign, foreign_step = await a_lead(stranger), (await steps_of(stranger))[0]

    for wrong, error in [
        ({"before_id": a.id, "after_id": b.id}, InvalidValue),
        ({}, InvalidValue),
        ({"before_id": a.id}, InvalidValue),
        ({"step_id": first.id, "before_id": elsewhere.id}, InvalidValue),
        ({"before_id": foreign.id}, NotFound),
        ({"step_id": first.id, "after_id": uuid4()}, NotFound),
        ({"step_id": foreign_step.id}, NotFound),
    ]:
        with pytest.raises(error):
            await move(a.id, by=ada, **wrong)  # type: ignore[arg-type]
    assert (await Lead.get(id=a.id)).rank == a.rank


async def test_a_move_that_another_one_overtook_is_a_conflict(ada: Viewer) -> None:
    _, second, third, *_ = await steps_of(ada)
    lead = await a_lead(ada)
    await move(lead.id, by=ada, step_id=second.id)

    with pytest.raises(VersionConflict) as refused:
        await move(lead.id, by=ada, step_id=third.id, expected_version=1)

    assert [conflict.field for conflict in refused.value.fields] == ["step_id"]


async def test_long_ranks_are_spread_anew_without_version_or_change_of_order(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    anchor = await a_lead(ada, title="anchor")
    await a_lead(ada, title="end")
    titles = [str(n) for n in range(220)]
    for title in titles:
        await create(
            by=ada, fields=LeadFields(title=title), owner_id=ada.user.id, placement=Placement(after_id=anchor.id)
        )

    rebalanced = await events(ada, kind="step.rebalanced")
    assert rebalanced
    assert rebalanced[0].lead_version is None
    assert rebalanced[0].caused_by == rebalanced[0].position - 1
    assert await column(first) == ["anchor", *reversed(titles), "end"]
    assert max(len(lead.rank) for lead in await Lead.filter(step_id=first.id)) <= ranks.LONGEST
    assert {lead.version for lead in await Lead.filter(step_id=first.id)} == {1}


async def test_a_thousand_moves_at_once_in_one_column_leave_a_total_order(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    leads = [await a_lead(ada, title=str(n)) for n in range(30)]
    ids, chance = [lead.id for lead in leads], random.Random(7)

    async def one() -> None:
        lead, other = chance.sample(ids, 2)
        side = chance.choice(["before_id", "after_id"])
        step = second if chance.random() < 0.1 else first
        # The neighbour may have moved to the other step first.
        with suppress(InvalidValue):
            await move(lead, by=ada, step_id=step.id, **{side: other})  # type: ignore[arg-type]

    async with asyncio.TaskGroup() as group:
        for _ in range(1_000):
            group.create_task(one())

    assert len(await events(ada, kind="lead.moved")) > 700
    found = await Lead.filter(account_id=ada.account.id)
    assert sorted(lead.title for lead in found) == sorted(lead.title for lead in leads)
    for step in (first, second):
        order = [lead.rank for lead in found if lead.step_id == step.id]
        assert len(order) == len(set(order))
    assert [event.position for event in await events(ada)] == list(range(1, len(await events(ada)) + 1))
