"""The board of a past moment, from the journal alone."""

from datetime import timedelta
from decimal import Decimal

import pytest

from sales import database, ranks, steps
from sales.accounts import Privacy
from sales.boards.diff import diff
from sales.boards.past import as_of
from sales.clock import fire_due
from sales.errors import InvalidValue, NotFound
from sales.ids import new_id
from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign
from sales.money import Money
from sales.pipelines.create import create as create_pipeline
from sales.statuses import close, correct_closing, reopen, stand_by
from sales.steps import Step, StepFields
from sales.steps.delete import delete_pipeline, delete_step
from sales.viewers import Viewer
from tests.factories import SOON, a_lead, a_user, an_account, euros, steps_of
from tests.sales.past import AUGUST, JULY, JUNE, MAY, board, moved, titles


async def test_a_lead_moved_twice_is_where_it_was_between(ada: Viewer) -> None:
    [_, second, third, *_] = await steps_of(ada)
    lead = await a_lead(ada)
    at_first = await database.now()
    await move(lead.id, by=ada, step_id=second.id)
    between = await database.now()
    await move(lead.id, by=ada, step_id=third.id)

    assert await titles(ada, at_first) == {"To qualify": ["New roof"]}
    assert await titles(ada, between) == {"Contacted": ["New roof"]}
    assert await titles(ada, await database.now()) == {"Met": ["New roof"]}


async def test_a_lead_is_on_the_board_until_it_is_won_and_again_once_it_is_reopened(ada: Viewer) -> None:
    lead = await a_lead(ada)
    before = await database.now()
    await close(lead.id, by=ada, status=Status.WON)
    after = await database.now()
    await reopen(lead.id, by=ada, until=SOON)

    assert await titles(ada, before) == {"To qualify": ["New roof"]}
    assert await titles(ada, after) == {}
    [first, *_] = await board(ada, await database.now())
    assert [(each.title, each.status) for each in first.leads] == [("New roof", Status.STANDBY)]


async def test_a_closing_counts_from_the_date_that_it_was_last_given(ada: Viewer) -> None:
    lead = await a_lead(ada, created_at=MAY)
    await close(lead.id, by=ada, status=Status.LOST, closed_at=JULY)
    assert [bool(await titles(ada, moment)) for moment in (MAY, JUNE, JULY)] == [True, True, False]

    await correct_closing(lead.id, by=ada, closed_at=JUNE)
    assert [bool(await titles(ada, moment)) for moment in (MAY, JUNE, JULY)] == [True, False, False]

    await correct_closing(lead.id, by=ada, closed_at=AUGUST)
    assert [bool(await titles(ada, moment)) for moment in (JUNE, JULY, AUGUST)] == [True, True, False]


async def test_a_closing_that_is_dated_anew_after_a_moment_is_undone_there_with_its_amount_alone(ada: Viewer) -> None:
    lead, other = await a_lead(ada, money=euros(1)), await a_lead(ada, money=euros(2))
    start = await database.now()
    for each in (lead, other):
        await close(each.id, by=ada, status=Status.WON, money=euros(90))
    await edit(other.id, by=ada, fields=LeadFields(money=euros(5)))
    moment = await database.now()
    for each in (lead, other):
        await correct_closing(each.id, by=ada, closed_at=await database.now())

    [column, *_] = await board(ada, moment)
    before, after = await moved(ada, start, moment), await moved(ada, moment, await database.now())

    assert {each.id: each.money for each in column.leads} == {lead.id: euros(1), other.id: euros(5)}
    assert before["To qualify"].at_end.sums == [euros(6)]
    assert (after["To qualify"].won.count, after["To qualify"].won.sums) == (2, [euros(95)])
    assert after["To qualify"].at_end.count == 0


async def test_what_is_said_later_of_an_earlier_day_overrules_what_was_said_meanwhile(ada: Viewer) -> None:
    lead = await a_lead(ada, created_at=MAY)
    await stand_by(lead.id, by=ada.back_then(JULY), until=SOON)

    await close(lead.id, by=ada, status=Status.WON, closed_at=JUNE)
    assert await titles(ada, AUGUST) == await titles(ada, await database.now()) == {}
    await reopen(lead.id, by=ada)

    assert await titles(ada, MAY) == await titles(ada, await database.now()) == {"To qualify": ["New roof"]}
    assert await titles(ada, AUGUST) == {}
    assert (await moved(ada, MAY, AUGUST))["To qualify"].won.count == 1
    assert (await moved(ada, MAY, AUGUST))["To qualify"].at_end.count == 0


async def test_a_back_dated_lead_is_there_from_its_date_even_before_its_step_was(ada: Viewer) -> None:
    await a_lead(ada, title="Open", created_at=MAY)
    await a_lead(ada, title="Won since", created_at=MAY, standing=Standing(Status.WON, closed_at=JULY))

    assert await board(ada, MAY - timedelta(seconds=1)) == []
    assert await titles(ada, JUNE) == {"To qualify": ["Open", "Won since"]}
    assert await titles(ada, JULY) == {"To qualify": ["Open"]}
    assert (await moved(ada, MAY, JUNE))["To qualify"].at_end.count == 2


async def test_before_the_account_there_are_no_columns_and_the_future_is_refused(ada: Viewer) -> None:
    [first, *_] = await steps_of(ada)
    await a_lead(ada)

    assert await board(ada, MAY) == []
    with pytest.raises(InvalidValue, match="in_the_future"):
        await board(ada, await database.now() + timedelta(minutes=1))
    with pytest.raises(InvalidValue, match="in_the_future"):
        await diff(first.pipeline_id, MAY, await database.now() + timedelta(minutes=1), by=ada)
    with pytest.raises(InvalidValue, match="ends_before_it_starts"):
        await diff(first.pipeline_id, JUNE, MAY, by=ada)
    with pytest.raises(NotFound):
        await as_of(new_id(), MAY, by=ada)
    with pytest.raises(NotFound):
        await as_of(first.pipeline_id, MAY, by=await an_account())


async def test_a_step_deleted_since_shows_under_its_name_of_then_in_its_place_of_then(ada: Viewer) -> None:
    [first, second, *_] = await steps_of(ada)
    lead = await a_lead(ada, step=first)
    began = await database.now()
    await steps.edit(first.id, by=ada, fields=StepFields(name="Waiting room"))
    await steps.move(first.id, by=ada, before_id=None)
    renamed = await database.now()
    await delete_step(first.id, by=ada, target_step_id=second.id)

    assert [column.step.name for column in await board(ada, began)][:2] == ["To qualify", "Contacted"]
    assert [column.step.name for column in await board(ada, renamed)][-2:] == ["Final negotiation", "Waiting room"]
    assert await titles(ada, renamed) == {"Waiting room": ["New roof"]}
    [column, *others] = await board(ada, await database.now())
    assert (column.step.name, [each.id for each in column.leads]) == ("Contacted", [lead.id])
    assert len(others) == 3


async def test_an_archived_step_is_a_column_only_where_leads_lay_in_it(ada: Viewer) -> None:
    [first, second, *_] = await steps_of(ada)
    await a_lead(ada, step=first)
    before = await database.now()
    await steps.archive(first.id, by=ada)
    await steps.archive(second.id, by=ada)

    names = [column.step.name for column in await board(ada, await database.now())]

    assert names == ["To qualify", "Met", "Quote", "Final negotiation"]
    assert len(await board(ada, before)) == 5


async def test_what_is_written_on_a_lead_is_as_it_was(ada: Viewer) -> None:
    ben = await a_user(ada)
    lead = await a_lead(ada, title="Roof", money=euros(100), probability=30)
    before = await database.now()
    await edit(lead.id, by=ada, fields=LeadFields(title="Big roof", money=Money(Decimal(9), "JPY"), probability=None))
    await assign(lead.id, by=ada, owner_id=ben.user.id)

    [old] = (await board(ada, before))[0].leads
    [new] = (await board(ada, await database.now()))[0].leads

    assert (old.title, old.money, old.own_probability, old.owner_id) == ("Roof", euros(100), 30, ada.user.id)
    assert (new.title, new.money, new.own_probability, new.owner_id) == (
        "Big roof", Money(Decimal(9), "JPY"), None, ben.user.id,
    )  # fmt: skip


async def test_a_title_that_was_erased_since_is_missing_and_the_lead_is_not(ada: Viewer) -> None:
    lead = await a_lead(ada, title="Mrs Smith's roof")
    before = await database.now()
    await database.fetch("update journal set private = '{}' where lead_id = $1 returning 1", lead.id)

    assert await titles(ada, before) == {"To qualify": [None]}


async def test_another_pipeline_has_a_board_of_its_own_also_once_it_is_deleted(ada: Viewer) -> None:
    [first, *_] = await steps_of(ada)
    made = await create_pipeline(by=ada, name="After", steps=[StepFields(name="Signed")])
    [signed] = await Step.filter(pipeline_id=made.id)
    lead = await a_lead(ada, step=first, money=euros(5))
    start = await database.now()
    await move(lead.id, by=ada, step_id=signed.id)
    there = await database.now()
    await delete_pipeline(made.id, by=ada, target_step_id=first.id)
    end = await database.now()

    assert [column.count for column in await as_of(made.id, there, by=ada)] == [1]
    assert await as_of(made.id, end, by=ada) == []
    assert await titles(ada, there) == {}
    [passed] = await diff(made.id, start, end, by=ada)
    assert (passed.step.name, passed.entered.sums, passed.left.sums) == ("Signed", [euros(5)], [euros(5)])
    assert (await moved(ada, start, there))["To qualify"].left.count == 1


async def test_sums_are_of_all_leads_per_currency_and_weighted_as_it_was_then(ada: Viewer) -> None:
    [first, *_] = await steps_of(ada)
    await steps.edit(first.id, by=ada, fields=StepFields(probability=50))
    await a_lead(ada, money=euros(100))
    await a_lead(ada, money=euros(200), probability=10)
    await a_lead(ada, money=Money(Decimal(7), "JPY"))
    await a_lead(ada)
    before = await database.now()
    await steps.edit(first.id, by=ada, fields=StepFields(probability=None))

    [then, *_] = await as_of(first.pipeline_id, before, by=ada, first=1)
    [now, *_] = await as_of(first.pipeline_id, await database.now(), by=ada)

    assert (then.count, len(then.leads), then.leads[0].probability) == (4, 1, 50)
    assert then.sums == now.sums == [euros(300), Money(Decimal(7), "JPY")]
    assert then.weighted == [euros(70), Money(Decimal("3.5"), "JPY")]
    assert now.weighted == [euros(20), Money(Decimal(0), "JPY")]


async def test_in_a_private_account_the_past_shows_only_what_one_may_see_now() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben = await a_user(ada)
    once, since = await a_lead(ben, title="Once Ben's"), await a_lead(ada, title="Ben's since")
    before = await database.now()
    await assign(once.id, by=ada, owner_id=ada.user.id)
    await assign(since.id, by=ada, owner_id=ben.user.id)

    assert await titles(ben, before) == {"To qualify": ["Ben's since"]}
    assert await titles(ada, before) == {"To qualify": ["Once Ben's", "Ben's since"]}
    assert [c.at_start.count for c in (await moved(ben, before, await database.now())).values()] == [1, 0, 0, 0, 0]


async def test_what_the_clock_woke_was_on_standby_until_then(ada: Viewer) -> None:
    lead = await a_lead(ada, standing=Standing(Status.STANDBY, until=SOON))
    before = await database.now()
    await database.fetch("update reminders set due_at = now() where lead_id = $1 returning 1", lead.id)
    await fire_due()

    [slept, *_] = await board(ada, before)
    [woke, *_] = await board(ada, await database.now())

    assert [each.leads[0].status for each in (slept, woke)] == [Status.STANDBY, Status.TODO]


async def test_a_column_whose_ranks_were_made_short_keeps_its_order(ada: Viewer) -> None:
    one, two = await a_lead(ada, title="one"), await a_lead(ada, title="two")
    others = [await a_lead(ada, title="x"), await a_lead(ada, title="y")]
    for n in range(150):
        await move(others[n % 2].id, by=ada, before_id=two.id)
    assert len((await Lead.get(id=two.id)).rank) < ranks.LONGEST

    [column, *_] = await board(ada, await database.now())

    live = await Lead.filter(step_id=one.step_id).order_by("rank")
    assert [(lead.id, lead.rank) for lead in column.leads] == [(lead.id, lead.rank) for lead in live]
