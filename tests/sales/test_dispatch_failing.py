"""An event that cannot be dispatched holds up its own account only, is passed after five tries, and can be replayed."""

from typing import Any

import pytest

from sales import audiences, failures, replays
from sales.dispatch import dispatch
from sales.journal import Kind
from sales.viewers import Viewer
from tests.factories import a_lead, an_account, events, last_event
from tests.sales.failing import a_second_later
from tests.sales.tellings import change, cursor, told
from tests.turning import dispatch_all


async def test_one_account_that_stumbles_keeps_no_other_of_its_turn_from_being_told(
    ada: Viewer, ben: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await an_account()
    lead = await a_lead(ben)
    await a_lead(other)
    await change("status", lead.id, by=ada)
    before = await cursor(ada)
    poison = (await last_event(ada)).position
    poisoned(monkeypatch, ada, poison)

    await dispatch()

    assert before < poison
    assert await cursor(ada) == poison - 1
    assert await cursor(other) == (await last_event(other)).position


async def test_an_event_that_cannot_be_dispatched_is_passed_after_five_tries(
    ada: Viewer, ben: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await a_lead(ben)
    for what in ("status", "step", "amount"):
        await change(what, lead.id, by=ada)
    poison = (await events(ada, kind=Kind.LEAD_MOVED))[0].position
    poisoned(monkeypatch, ada, poison)

    for _ in range(failures.MOST_TRIES):
        await dispatch_all()
        await a_second_later(ada)
    await dispatch_all()

    [failure] = await failures.Failure.filter(account_id=ada.account.id)
    assert (failure.stage, failure.subject, failure.tries) == ("DISPATCH", str(poison), 5)
    assert failure.set_aside_at is not None
    assert await cursor(ada) == (await last_event(ada)).position
    assert await told(ada) == [(ben.user.id, "STATUS_CHANGED"), (ben.user.id, "AMOUNT_CHANGED")]


async def test_an_event_that_fails_holds_up_its_own_account_only(
    ada: Viewer, ben: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, other = await a_lead(ben), await an_account()
    await change("step", lead.id, by=ada)
    poisoned(monkeypatch, ada, (await last_event(ada)).position)
    await change("status", lead.id, by=ada)
    await a_lead(other)

    await dispatch_all()

    assert await told(ada) == []
    assert await cursor(ada) == (await last_event(ada)).position - 2
    assert await cursor(other) == (await last_event(other)).position


async def test_a_replayed_event_tells_who_was_not_told(
    ada: Viewer, ben: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await a_lead(ben)
    await change("step", lead.id, by=ada)
    with monkeypatch.context() as while_broken:
        poisoned(while_broken, ada, (await last_event(ada)).position)
        for _ in range(failures.MOST_TRIES):
            await dispatch_all()
            await a_second_later(ada)
        [failure] = await failures.Failure.filter(account_id=ada.account.id)
        assert [still.id for still in await replays.replay([failure.id])] == [failure.id]

    assert await replays.replay([failure.id]) == []

    assert await told(ada) == [(ben.user.id, "STEP_CHANGED")]
    assert (await failures.Failure.get(id=failure.id)).set_aside_at is None


def poisoned(monkeypatch: pytest.MonkeyPatch, by: Viewer, position: int) -> None:
    """The rules stumble over one event, as they would over one that nobody thought of."""
    rules = audiences.audience

    def stumbling(event: audiences.Happened, **known: Any) -> Any:
        if event.position == position and event.actor_id == by.user.id:
            raise KeyError("poison")
        return rules(event, **known)

    monkeypatch.setattr("sales.tellings.audience", stumbling)
