"""Watching and muting: who follows what is not theirs, and who wants none of what is."""

from datetime import timedelta

import pytest

from sales import database
from sales.accounts import Privacy
from sales.errors import NotFound
from sales.leads import Lead
from sales.leads.owners import assign
from sales.moments import After
from sales.pipelines import Pipeline
from sales.reminders.decisions import set_reminder
from sales.reminders.terms import Terms
from sales.statuses import stand_by
from sales.steps import Step
from sales.steps.delete import delete_step
from sales.viewers import Viewer
from sales.watches import Attention, Watch, attend
from tests.factories import a_lead, a_user, an_account, events, steps_of
from tests.sales.tellings import change, told
from tests.turning import AN_INSTANT, dispatch_all, fire_and_dispatch

WATCHED, MUTED = Attention.WATCHED, Attention.MUTED


@pytest.fixture
async def eve(ada: Viewer) -> Viewer:
    """Somebody who watches."""
    return await a_user(ada, name="Eve")


@pytest.mark.parametrize("what", ["status", "step", "amount"])
async def test_who_watches_a_lead_is_told_of_what_its_owner_is_told_of(
    ada: Viewer, ben: Viewer, eve: Viewer, what: str
) -> None:
    lead = await a_lead(ben)
    await dispatch_all()
    await attend(Lead, lead.id, by=eve, attention=WATCHED)

    await change(what, lead.id, by=ada)
    await dispatch_all()

    kind = f"{what.upper()}_CHANGED"
    assert sorted(await told(ada)) == sorted([(ben.user.id, kind), (eve.user.id, kind)])


async def test_who_watches_is_told_of_a_new_owner(ada: Viewer, ben: Viewer, eve: Viewer) -> None:
    lead = await a_lead(ada)
    await dispatch_all()
    await attend(Lead, lead.id, by=eve, attention=WATCHED)

    await assign(lead.id, by=ada, owner_id=ben.user.id)
    await dispatch_all()

    assert sorted(await told(ada)) == sorted([(ben.user.id, "LEAD_ASSIGNED"), (eve.user.id, "OWNER_CHANGED")])


async def test_who_watches_is_not_told_of_what_they_do_themselves(ada: Viewer, ben: Viewer) -> None:
    lead = await a_lead(ben)
    await dispatch_all()
    await attend(Lead, lead.id, by=ada, attention=WATCHED)

    await change("step", lead.id, by=ada)
    await dispatch_all()

    assert await told(ada) == [(ben.user.id, "STEP_CHANGED")]


async def test_a_step_tells_of_what_lies_in_it_comes_and_goes(ada: Viewer, ben: Viewer, eve: Viewer) -> None:
    first, _, third, *_ = await steps_of(ada)
    for step in (first, third):
        await attend(Step, step.id, by=eve, attention=WATCHED)
    lead = await a_lead(ben, step=first)
    await dispatch_all()

    await change("step", lead.id, by=ada)  # from the first to the third
    await attend(Step, third.id, by=eve, attention=None)
    await dispatch_all()
    await change("amount", lead.id, by=ada)
    await dispatch_all()

    assert [kind for person, kind in await told(ada) if person == eve.user.id] == ["OWNER_CHANGED", "STEP_CHANGED"]


async def test_a_pipeline_tells_of_all_that_lies_in_it(ada: Viewer, ben: Viewer, eve: Viewer) -> None:
    pipeline = await Pipeline.get(account_id=ada.account.id)
    await attend(Pipeline, pipeline.id, by=eve, attention=WATCHED)
    lead = await a_lead(ben)
    await dispatch_all()

    await change("amount", lead.id, by=ada)
    await dispatch_all()

    assert (eve.user.id, "AMOUNT_CHANGED") in await told(ada)


async def test_who_may_not_see_a_lead_any_more_hears_nothing_of_it() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben, eve = await a_user(ada, name="Ben"), await a_user(ada, name="Eve")
    lead = await a_lead(ada, owner=None)
    await attend(Lead, lead.id, by=eve, attention=WATCHED)

    await assign(lead.id, by=ada, owner_id=ben.user.id)
    await dispatch_all()

    assert await told(ada) == [(ben.user.id, "LEAD_ASSIGNED")]


async def test_muting_is_stronger_than_watching_and_than_owning(ada: Viewer, ben: Viewer, eve: Viewer) -> None:
    lead, [step, *_] = await a_lead(ben), await steps_of(ada)
    await attend(Step, step.id, by=ben, attention=MUTED)
    await attend(Lead, lead.id, by=eve, attention=WATCHED)
    await attend(Step, step.id, by=eve, attention=MUTED)
    await dispatch_all()

    await change("amount", lead.id, by=ada)
    await dispatch_all()

    assert await told(ada) == []


async def test_ones_own_reminders_are_never_muted(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await attend(Lead, lead.id, by=ada, attention=MUTED)
    await stand_by(lead.id, by=ada, until=AN_INSTANT)

    await fire_and_dispatch()

    assert await told(ada) == [(ada.user.id, "REMINDER_DUE")]


async def test_nor_are_their_lead_times_and_those_that_nobody_acknowledged(ada: Viewer) -> None:
    ben = await a_user(ada, name="Ben")
    lead = await a_lead(ben)
    for person in (ada, ben):
        await attend(Lead, lead.id, by=person, attention=MUTED)
    terms = Terms(ahead=[timedelta(hours=1)], escalate_after=timedelta(minutes=1))
    await set_reminder(lead.id, by=ben, at=After(timedelta(hours=2)), terms=terms)
    await database.fetch("update reminders set ahead_at = now() where lead_id = $1", lead.id)
    await fire_and_dispatch()
    await database.fetch("update reminders set due_at = now(), notify_at = now() where lead_id = $1", lead.id)
    await fire_and_dispatch()
    await database.fetch("update reminders set escalate_at = now() where lead_id = $1", lead.id)

    await fire_and_dispatch()

    assert await told(ada) == [
        (ben.user.id, "REMINDER_AHEAD"), (ben.user.id, "REMINDER_DUE"), (ada.user.id, "REMINDER_ESCALATED"),
    ]  # fmt: skip


async def test_watching_twice_is_one_watch_and_muting_turns_it(ada: Viewer) -> None:
    lead = await a_lead(ada)
    for attention in (WATCHED, WATCHED, MUTED):
        await attend(Lead, lead.id, by=ada, attention=attention)

    [watch] = await Watch.filter(account_id=ada.account.id)
    assert (watch.lead_id, watch.attention) == (lead.id, MUTED)
    assert len(await events(ada, kind="watch.set")) == 2


async def test_what_is_not_watched_can_be_unwatched(ada: Viewer) -> None:
    lead = await a_lead(ada)

    outcome = await attend(Lead, lead.id, by=ada, attention=None)

    assert outcome.position is None


async def test_what_one_may_not_see_one_may_not_watch() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    lead, ben = await a_lead(ada), await a_user(ada)

    with pytest.raises(NotFound):
        await attend(Lead, lead.id, by=ben, attention=WATCHED)

    assert await Watch.filter(account_id=ada.account.id).count() == 0


async def test_a_step_that_is_watched_can_be_deleted(ada: Viewer, ben: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    await attend(Step, second.id, by=ben, attention=WATCHED)

    await delete_step(second.id, by=ada, target_step_id=first.id)

    assert await Watch.filter(account_id=ada.account.id).count() == 0
