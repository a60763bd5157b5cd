"""Setting up pipelines and steps."""

import asyncio
from datetime import timedelta

import pytest

from sales import pipelines, steps
from sales.advice import AdviceCode
from sales.errors import InvalidValue, LastStep, NotFound, PipelineIsDefault, Refused, StepInUse
from sales.ids import new_id
from sales.journal import Event
from sales.leads import Lead
from sales.leads.moves import move as move_lead
from sales.pipelines import Pipeline
from sales.pipelines.create import create
from sales.steps import Guard, Step, StepFields
from sales.steps.delete import delete_pipeline, delete_step
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_account, column, events, last_event, steps_of


def named(*names: str) -> list[StepFields]:
    return [StepFields(name=name) for name in names]


async def order(by: Viewer) -> list[str]:
    return [step.name for step in await steps_of(by)]


async def test_a_pipeline_is_created_with_its_steps(ada: Viewer) -> None:
    outcome = await create(by=ada, name=" Renewals ", steps=named("Ask", "Sign"))

    pipeline = await Pipeline.get(id=outcome.id)
    made = await Step.filter(pipeline_id=outcome.id).order_by("position")
    assert (pipeline.name, pipeline.position, pipeline.is_default) == ("Renewals", 2, False)
    assert [(step.name, step.position) for step in made] == [("Ask", 1), ("Sign", 2)]


@pytest.mark.parametrize("name", ["To do", "TODO", "à  Traiter", "GAGNÉE", "Stand-by", "Annulé", "perdus", "Cancelled"])
async def test_a_step_named_like_a_status_is_refused(ada: Viewer, name: str) -> None:
    step, *_ = await steps_of(ada)

    with pytest.raises(InvalidValue) as refused:
        await steps.edit(step.id, by=ada, fields=StepFields(name=name))

    assert refused.value.reason == "name_like_status"
    assert await order(ada) == ["To qualify", "Contacted", "Met", "Quote", "Final negotiation"]


async def test_the_ninth_step_earns_a_warning(ada: Viewer) -> None:
    pipeline = await Pipeline.get(account_id=ada.account.id)
    for name in ("Six", "Seven", "Eight"):
        assert (await steps.create(pipeline.id, by=ada, fields=StepFields(name=name))).warnings == ()

    [advice] = (await steps.create(pipeline.id, by=ada, fields=StepFields(name="Nine"))).warnings

    assert advice.code == AdviceCode.MANY_STEPS
    assert advice.message("en") == "9 steps are hard to see and to manage. Up to eight work best."


async def test_steps_are_put_in_order(ada: Viewer) -> None:
    pipeline = await Pipeline.get(account_id=ada.account.id)
    first, *_, last = await steps_of(ada)

    await steps.create(pipeline.id, by=ada, fields=StepFields(name="Demo"), before_id=last.id)
    assert await order(ada) == ["To qualify", "Contacted", "Met", "Quote", "Demo", "Final negotiation"]
    await steps.move(last.id, by=ada, before_id=first.id)
    assert await order(ada) == ["Final negotiation", "To qualify", "Contacted", "Met", "Quote", "Demo"]
    await steps.move(last.id, by=ada)
    assert await order(ada) == ["To qualify", "Contacted", "Met", "Quote", "Demo", "Final negotiation"]
    assert [step.position for step in await steps_of(ada)] == [1, 2, 3, 4, 5, 6]


async def test_a_step_keeps_probability_dwell_time_and_guards(ada: Viewer) -> None:
    step, *_ = await steps_of(ada)

    await steps.edit(
        step.id,
        by=ada,
        fields=StepFields(
            probability=30, expected_dwell=timedelta(days=7), guards=[Guard.OWNER, Guard.AMOUNT, Guard.OWNER]
        ),
    )

    edited = await Step.get(id=step.id)
    assert (edited.probability, edited.expected_dwell, edited.guards) == (30, 604_800, ["AMOUNT", "OWNER"])


async def test_all_that_is_wrong_with_a_pipeline_is_told_at_once(ada: Viewer) -> None:
    with pytest.raises(Refused) as refused:
        await create(
            by=ada,
            name="",
            steps=[StepFields(name="Won", probability=120), StepFields(name="x" * 61, expected_dwell=timedelta(0))],
        )

    assert [(refusal.path, refusal.reason) for refusal in refused.value.refusals] == [  # type: ignore[attr-defined]
        ("name", "name_empty"),
        ("steps.0.name", "name_like_status"),
        ("steps.0.probability", "not_per_cent"),
        ("steps.1.name", "name_too_long"),
        ("steps.1.expectedDwell", "dwell_out_of_range"),
    ]
    with pytest.raises(InvalidValue, match="name_taken") as twice:
        await create(by=ada, name="Twice", steps=named("A", "B", " a"))
    assert twice.value.path == "steps.2.name"
    with pytest.raises(InvalidValue, match="steps_number"):
        await create(by=ada, name="Empty", steps=[])


async def test_names_are_unique_among_the_living(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    pipeline = await Pipeline.get(account_id=ada.account.id)

    with pytest.raises(InvalidValue, match="name_taken"):
        await steps.edit(second.id, by=ada, fields=StepFields(name=first.name.upper()))
    with pytest.raises(InvalidValue, match="name_taken"):
        await create(by=ada, name=pipeline.name.lower(), steps=named("A"))
    await steps.archive(first.id, by=ada)
    await steps.edit(second.id, by=ada, fields=StepFields(name=first.name))
    with pytest.raises(InvalidValue, match="name_taken"):
        await steps.restore(first.id, by=ada)


async def test_a_pipeline_keeps_an_open_step(ada: Viewer) -> None:
    *others, last = await steps_of(ada)
    for step in others:
        await steps.archive(step.id, by=ada)

    for refused_call in (steps.archive(last.id, by=ada), delete_step(last.id, by=ada)):
        with pytest.raises(LastStep):
            await refused_call
    assert (await a_lead(ada)).step_id == last.id


async def test_the_default_pipeline_stays_and_there_is_exactly_one(ada: Viewer) -> None:
    old = await Pipeline.get(account_id=ada.account.id)
    new = (await create(by=ada, name="New", steps=named("A"))).id

    for refused_call in (pipelines.archive(old.id, by=ada), delete_pipeline(old.id, by=ada)):
        with pytest.raises(PipelineIsDefault):
            await refused_call
    await pipelines.make_default(new, by=ada)
    await pipelines.archive(old.id, by=ada)

    assert [p.id for p in await Pipeline.filter(account_id=ada.account.id, is_default=True)] == [new]
    with pytest.raises(InvalidValue, match="pipeline_archived"):
        await pipelines.make_default(old.id, by=ada)
    await pipelines.restore(old.id, by=ada)
    await pipelines.move(new, by=ada, before_id=old.id)
    assert [p.id for p in await Pipeline.filter(account_id=ada.account.id).order_by("position")] == [new, old.id]


async def test_an_archived_pipeline_takes_no_leads(ada: Viewer) -> None:
    made = (await create(by=ada, name="Old", steps=named("A"))).id
    step = await Step.get(pipeline_id=made)
    await pipelines.archive(made, by=ada)

    with pytest.raises(InvalidValue, match="pipeline_archived"):
        await a_lead(ada, step=step)


async def test_a_step_in_use_is_deleted_with_a_target_as_one_bulk_event(ada: Viewer) -> None:
    ben = await a_user(ada)
    first, second, *_ = await steps_of(ada)
    await a_lead(ada, title="there", step=second)
    leads = [await a_lead(by, title=title) for by, title in ((ada, "a"), (ben, "b"), (ben, "c"))]

    with pytest.raises(StepInUse) as refused:
        await delete_step(first.id, by=ada)
    assert refused.value.leads == 3
    outcome = await delete_step(first.id, by=ada, target_step_id=second.id)

    assert await column(second) == ["there", "a", "b", "c"]
    assert await Step.filter(id=first.id).exists() is False
    parent = await Event.get(account_id=ada.account.id, position=outcome.position)
    assert parent.kind == "step.deleted"
    assert parent.data == {
        "leads": 3,
        "owners": {str(ada.user.id): 1, str(ben.user.id): 2},
        "targetStepId": str(second.id),
    }
    assert parent.changes["name"] == ["To qualify", None]
    parts = await events(ada, caused_by=outcome.position)
    assert {part.lead_id for part in parts} == {lead.id for lead in leads}
    assert {(part.kind, part.lead_version) for part in parts} == {("lead.moved", 2)}


async def test_deleting_into_a_guarded_step_says_that_nothing_was_asked(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    await steps.edit(second.id, by=ada, fields=StepFields(guards=[Guard.AMOUNT]))
    await a_lead(ada)

    [advice] = (await delete_step(first.id, by=ada, target_step_id=second.id)).warnings

    assert advice.message("en") == "One lead moved to “Contacted” without being asked for what that step demands."


async def test_a_pipeline_is_deleted_with_its_steps_and_its_leads_go_elsewhere(ada: Viewer) -> None:
    made = (await create(by=ada, name="Old", steps=named("A", "B"))).id
    a, b = await Step.filter(pipeline_id=made).order_by("position")
    target, *_ = await steps_of(ada)
    await a_lead(ada, title="2", step=b)
    await a_lead(ada, title="1", step=a)

    for wrong, error in [(None, StepInUse), (a.id, InvalidValue)]:
        with pytest.raises(error):
            await delete_pipeline(made, by=ada, target_step_id=wrong)
    await delete_pipeline(made, by=ada, target_step_id=target.id)

    assert await column(target) == ["1", "2"]
    assert await Pipeline.filter(id=made).exists() is False
    assert (await last_event(ada)).caused_by is not None


async def test_archiving_keeps_the_leads_where_they_are(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    lead = await a_lead(ada)

    await steps.archive(first.id, by=ada)

    assert (await Lead.get(id=lead.id)).step_id == first.id
    await move_lead(lead.id, by=ada, step_id=second.id)
    assert await column(second) == [lead.title]


async def test_what_belongs_to_another_account_does_not_exist(ada: Viewer) -> None:
    stranger = await an_account()
    step, *_ = await steps_of(stranger)

    for refused_call in (
        steps.edit(step.id, by=ada, fields=StepFields(name="X")),
        steps.move(step.id, by=ada),
        steps.archive(step.id, by=ada),
        delete_step(step.id, by=ada),
        pipelines.rename(step.pipeline_id, by=ada, name="X"),
        pipelines.make_default(step.pipeline_id, by=ada),
        delete_pipeline(step.pipeline_id, by=ada),
        steps.create(step.pipeline_id, by=ada, fields=StepFields(name="X")),
    ):
        with pytest.raises(NotFound):
            await refused_call


async def test_deletions_across_pipelines_at_once_wait_for_each_other_and_do_not_deadlock(ada: Viewer) -> None:
    for _ in range(8):
        made = [(await create(by=ada, name=f"{new_id()}", steps=named("A", "B", "C"))).id for _ in range(2)]
        left, right = [await Step.filter(pipeline_id=id).order_by("position") for id in made]
        for step in (left[2], right[2]):
            await a_lead(ada, step=step)

        await asyncio.gather(
            delete_step(left[2].id, by=ada, target_step_id=right[0].id),
            delete_step(right[2].id, by=ada, target_step_id=left[0].id),
        )

        assert await Step.filter(pipeline_id__in=made).count() == 4


async def test_no_lead_is_put_into_an_archived_pipeline(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    made = (await create(by=ada, name="Old", steps=named("A"))).id
    target = await Step.get(pipeline_id=made)
    await pipelines.archive(made, by=ada)
    await a_lead(ada)

    with pytest.raises(InvalidValue, match="pipeline_archived"):
        await delete_step(first.id, by=ada, target_step_id=target.id)
    with pytest.raises(NotFound):
        await delete_step(first.id, by=ada, target_step_id=new_id())


async def test_a_pipeline_has_room_for_fifty_steps(ada: Viewer) -> None:
    made = (await create(by=ada, name="Long", steps=named(*(f"Step {n}" for n in range(50))))).id

    with pytest.raises(InvalidValue, match="steps_number"):
        await steps.create(made, by=ada, fields=StepFields(name="One more"))


async def test_a_deleted_step_keeps_its_name_where_history_tells_of_it(ada: Viewer) -> None:
    first, second, *_ = await steps_of(ada)
    made = (await create(by=ada, name="Old", steps=named("A"))).id
    third = await Step.get(pipeline_id=made)
    await delete_step(first.id, by=ada)
    await delete_pipeline(made, by=ada)

    assert await steps.names(ada.account.id, [first.id, second.id, third.id]) == {
        first.id: "To qualify",
        second.id: "Contacted",
        third.id: "A",
    }
