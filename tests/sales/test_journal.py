"""The journal: gapless, in order, and enough to make every row again."""

import asyncio
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sales.errors import Refusal, Refused
from sales.journal import Kind
from sales.journal.drafts import Draft, write
from sales.leads import Lead
from sales.leads.edit import LeadFields, edit
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_account, events
from tests.sales.deeds import DEEDS, do, require_replayable


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 9), st.integers(0, 9)), max_size=25))
async def test_the_journal_replayed_gives_the_rows(plan: list[tuple[str, int, int]]) -> None:
    by = await an_account()
    ben = await a_user(by)
    for name, one, other in plan:
        try:
            await do(name, one, other, by, ben)
        except (Refusal, Refused):
            continue
    await require_replayable(by)
    journal = await events(by)
    assert [event.position for event in journal] == list(range(1, len(journal) + 1))
    assert all(before.at <= after.at for before, after in itertools.pairwise(journal))


async def test_positions_have_no_gaps_and_time_never_runs_backwards_with_many_writers(ada: Viewer) -> None:
    await asyncio.gather(*(a_lead(ada, title=str(n)) for n in range(100)))

    journal = await events(ada)
    assert [event.position for event in journal] == list(range(1, 103))
    assert all(before.at <= after.at for before, after in itertools.pairwise(journal))
    numbers = [event.changes["number"][1] for event in journal if event.kind == Kind.LEAD_CREATED]
    assert numbers == list(range(1, 101))


async def test_free_text_stands_apart_so_that_a_person_can_be_erased(ada: Viewer) -> None:
    lead = await a_lead(ada, title="Mrs Smith's roof", description="+33 6 12 34 56 78")
    await edit(lead.id, by=ada, fields=LeadFields(title="A roof"))

    created, edited = await events(ada, lead_id=lead.id)
    assert created.private == {"title": [None, "Mrs Smith's roof"], "description": [None, "+33 6 12 34 56 78"]}
    assert edited.private == {"title": ["Mrs Smith's roof", "A roof"]}
    assert "Smith" not in str(created.changes) + str(created.data) + str(edited.changes)


async def test_the_actor_of_an_event_is_the_person_and_the_key(ada: Viewer) -> None:
    await a_lead(ada)

    *_, event = await events(ada)
    assert (event.actor, event.actor_id, event.key_id) == ("USER", ada.user.id, None)


async def test_a_draft_that_fails_leaves_nothing_behind(ada: Viewer) -> None:
    lead, written = await a_lead(ada), len(await events(ada))
    draft = Draft(Kind.LEAD_EDITED, lead, by=ada, lead=lead)
    draft.change(lead, title="Lost", probability=999)

    with pytest.raises(Exception, match="leads_probability_valid"):
        await write(draft)

    assert (await Lead.get(id=lead.id)).title == "New roof"
    assert len(await events(ada)) == written
    assert (await a_lead(ada)).number == lead.number + 1
