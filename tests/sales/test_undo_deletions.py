"""Undoing the deletion of a step or a pipeline: it is back in its place, with its leads."""

from datetime import timedelta

import pytest

from sales import database, notices, undoing
from sales.errors import CannotUndo, InvalidValue, NotAllowed, VersionConflict
from sales.leads import Lead
from sales.leads.moves import move
from sales.pipelines import Pipeline
from sales.pipelines.create import create as create_pipeline
from sales.steps import Step, StepFields
from sales.steps import create as create_step
from sales.steps.delete import delete_pipeline, delete_step
from sales.undoing.undo import undo
from sales.users import Role
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, again, column, events, steps_of
from tests.sales.deeds import require_replayable
from tests.sales.undone import at, row_of
from tests.turning import dispatch_all, told

pytestmark = pytest.mark.usefixtures("window")


async def test_a_deleted_step_is_back_in_its_place_with_its_leads_in_their_order(ada: Viewer, ben: Viewer) -> None:
    steps = await steps_of(ada)
    leads = [await a_lead(ben, title=title, step=steps[1]) for title in "abc"]
    await a_lead(ada, title="there", step=steps[2])
    deleted = await delete_step(steps[1].id, by=ada, target_step_id=steps[2].id)
    await dispatch_all()

    outcome = await undo(at(deleted), by=ada)
    await dispatch_all()

    assert [(step.id, step.name, step.position) for step in await steps_of(ada)] == [
        (step.id, step.name, step.position) for step in steps
    ]
    assert (await column(steps[1]), await column(steps[2])) == (["a", "b", "c"], ["there"])
    assert [row_of(await Lead.get(id=lead.id)) for lead in leads] == [row_of(lead) for lead in leads]
    whole, *parts = await events(ada, position__gte=outcome.position)
    assert (whole.kind, whole.data["leads"], whole.data["isTold"]) == ("step.undone", 3, False)
    assert [(part.kind, part.caused_by) for part in parts] == [("lead.undone", outcome.position)] * 3
    assert all(one.cancelled_at for one in await told(ada, kind="STEP_CHANGED"))
    await require_replayable(ada)


async def test_the_owners_are_told_of_a_deletion_that_is_undone_too_late(ada: Viewer, ben: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    await a_lead(ben, step=second)
    undoing.use(timedelta(0))
    deleted = await delete_step(second.id, by=ada, target_step_id=first.id)
    await dispatch_all()

    await undo(at(deleted), by=ada)
    await dispatch_all()

    found = await notices.load([one.id for one in await told(ada, kind="STEP_CHANGED")])
    assert sorted(notice.sentence for notice in found.values()) == [
        "Ada Admin brought the step “Contacted” back; one lead of yours is in it again.",
        "Ada Admin deleted the step “Contacted”; one lead of yours is in “To qualify” now.",
    ]


async def test_a_deleted_pipeline_is_back_with_its_steps_and_leads(ada: Viewer) -> None:
    [target, *_] = await steps_of(ada)
    made = await create_pipeline(by=ada, name="Renewals", steps=[StepFields(name="Ask"), StepFields(name="Sign")])
    await create_pipeline(by=ada, name="Last", steps=[StepFields(name="One")])
    ask, sign = await Step.filter(pipeline_id=made.id).order_by("position")
    leads = [await a_lead(ada, title=title, step=step) for title, step in (("a", ask), ("b", sign), ("c", sign))]
    before = await Pipeline.filter(account_id=ada.account.id).order_by("position").values()
    deleted = await delete_pipeline(made.id, by=ada, target_step_id=target.id)

    await undo(at(deleted), by=ada)

    assert await Pipeline.filter(account_id=ada.account.id).order_by("position").values() == before
    assert (await column(ask), await column(sign), await column(target)) == (["a"], ["b", "c"], [])
    assert [row_of(await Lead.get(id=lead.id)) for lead in leads] == [row_of(lead) for lead in leads]
    await require_replayable(ada)


async def test_a_deletion_whose_leads_have_moved_on_or_whose_name_is_taken_is_not_undone(ada: Viewer) -> None:
    first, second, third, *_ = await steps_of(ada)
    lead = await a_lead(ada, step=second)
    deleted = await delete_step(second.id, by=ada, target_step_id=first.id)
    taken = await create_step(first.pipeline_id, by=ada, fields=StepFields(name=second.name))
    with pytest.raises(InvalidValue, match="name_taken"):
        await undo(at(deleted), by=ada)
    await delete_step(taken.id, by=ada)
    await move(lead.id, by=ada, step_id=third.id)

    with pytest.raises(VersionConflict):
        await undo(at(deleted), by=ada)

    assert not await Step.filter(id=second.id).exists()
    assert (await Lead.get(id=lead.id)).step_id == third.id


async def test_a_deletion_is_undone_by_administrators_only_and_not_without_its_pipeline(ada: Viewer) -> None:
    eve = await a_user(ada, name="Eve", role=Role.ADMINISTRATOR)
    made = await create_pipeline(by=ada, name="Renewals", steps=[StepFields(name="Ask"), StepFields(name="Sign")])
    ask, _ = await Step.filter(pipeline_id=made.id).order_by("position")
    deleted = await delete_step(ask.id, by=eve)
    await database.fetch("update users set role = 'USER' where id = $1 returning 1", eve.user.id)
    with pytest.raises(NotAllowed):
        await undo(at(deleted), by=await again(eve))
    await delete_pipeline(made.id, by=ada)
    with pytest.raises(CannotUndo) as refused:
        await undo(at(deleted), by=ada)
    assert refused.value.why == "PIPELINE_GONE"
