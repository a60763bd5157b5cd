"""Statuses: which may follow which, what each decision does, and that a refusal changes nothing."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from sales import statuses
from sales.errors import IllegalTransition, InvalidValue, NotAllowed, NotFound
from sales.leads import Lead, Status
from sales.moments import At, On
from sales.reminders import ReminderState
from sales.verbs import Outcome
from sales.viewers import Viewer
from tests.factories import SOON, a_lead, a_user, an_account, events, last_event, reminders_of
from tests.sales.standing import a_lead_in, state_of
from tests.turning import today

Decision = Callable[[UUID, Viewer], Awaitable[Outcome]]

DECISIONS: dict[str, tuple[Decision, Status]] = {
    "stand by": (lambda id, by: statuses.stand_by(id, by=by, until=SOON), Status.STANDBY),
    "take up": (lambda id, by: statuses.take_up(id, by=by), Status.TODO),
    "win": (lambda id, by: statuses.close(id, by=by, status=Status.WON), Status.WON),
    "lose": (lambda id, by: statuses.close(id, by=by, status=Status.LOST), Status.LOST),
    "cancel": (lambda id, by: statuses.close(id, by=by, status=Status.CANCELLED), Status.CANCELLED),
    "reopen": (lambda id, by: statuses.reopen(id, by=by), Status.TODO),
    "reopen to standby": (lambda id, by: statuses.reopen(id, by=by, until=SOON), Status.STANDBY),
}

ALLOWED = {
    ("stand by", "TODO"), ("stand by", "STANDBY"), ("take up", "STANDBY"),
    ("win", "TODO"), ("win", "STANDBY"), ("lose", "TODO"), ("lose", "STANDBY"),
    ("cancel", "TODO"), ("cancel", "STANDBY"),
    ("reopen", "WON"), ("reopen", "LOST"), ("reopen", "CANCELLED"),
    ("reopen to standby", "WON"), ("reopen to standby", "LOST"), ("reopen to standby", "CANCELLED"),
}  # fmt: skip


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("name", list(DECISIONS))
async def test_each_decision_is_allowed_from_just_these_statuses(ada: Viewer, name: str, status: Status) -> None:
    decide, after = DECISIONS[name]
    lead = await a_lead_in(status, ada)
    before, written = await state_of(lead), len(await events(ada))

    if (name, status.value) in ALLOWED:
        outcome = await decide(lead.id, ada)

        assert (await Lead.get(id=lead.id)).status == after
        assert outcome.position == written + 1 == len(await events(ada))
    else:
        with pytest.raises(IllegalTransition) as refused:
            await decide(lead.id, ada)

        assert (refused.value.current, refused.value.wanted) == (status, after)
        assert refused.value.allowed == statuses.allowed_from(status)
        assert await state_of(lead) == before
        assert len(await events(ada)) == written


def test_the_answer_lists_the_statuses_that_a_lead_may_be_given() -> None:
    closing = [Status.WON, Status.LOST, Status.CANCELLED]

    assert statuses.allowed_from(Status.TODO) == [Status.STANDBY, *closing]
    assert statuses.allowed_from(Status.STANDBY) == [Status.TODO, Status.STANDBY, *closing]
    for status in closing:
        assert statuses.allowed_from(status) == [Status.TODO, Status.STANDBY]


async def test_standing_by_sets_a_waking_reminder_and_keeps_step_and_rank(ada: Viewer) -> None:
    lead = await a_lead(ada)
    at = datetime.now(UTC) + timedelta(days=1)

    await statuses.stand_by(lead.id, by=ada, until=At(at), activity="Call", note="Ask for Paul")

    now = await Lead.get(id=lead.id)
    [reminder] = await reminders_of(lead)
    assert (now.status, now.waking_reminder_id, now.version) == (Status.STANDBY, reminder.id, 2)
    assert (now.step_id, now.rank) == (lead.step_id, lead.rank)
    assert (reminder.wakes, reminder.state, reminder.due_at) == (True, ReminderState.PENDING, at)
    assert (reminder.user_id, reminder.activity, reminder.note) == (None, "Call", "Ask for Paul")


async def test_standing_by_again_replaces_the_moment(ada: Viewer) -> None:
    lead = await a_lead_in(Status.STANDBY, ada)
    at = datetime.now(UTC) + timedelta(days=3)

    await statuses.stand_by(lead.id, by=ada, until=At(at))

    first, second = await reminders_of(lead)
    assert (first.state, second.state, second.due_at) == (ReminderState.CANCELLED, ReminderState.PENDING, at)
    assert (await Lead.get(id=lead.id)).waking_reminder_id == second.id


async def test_a_moment_in_the_past_is_refused_and_today_is_due_at_once(ada: Viewer) -> None:
    lead = await a_lead(ada)
    before = await state_of(lead)

    with pytest.raises(InvalidValue) as refused:
        await statuses.stand_by(lead.id, by=ada, until=At(datetime.now(UTC) - timedelta(seconds=5)))

    assert (refused.value.path, refused.value.reason) == ("until.at", "moment_past")
    assert await state_of(lead) == before

    for days in (0, 1):
        day = await today(ada) + timedelta(days=days)
        await statuses.stand_by(lead.id, by=ada, until=On(day))
    *_, reminder = await reminders_of(lead)
    assert reminder.local_date is not None


async def test_reopening_clears_the_closing_and_the_history_keeps_it(ada: Viewer) -> None:
    lead = await a_lead_in(Status.LOST, ada)
    closed_at = lead.closed_at
    assert closed_at is not None

    await statuses.reopen(lead.id, by=ada)

    reopened = await Lead.get(id=lead.id)
    assert (reopened.status, reopened.closed_at, reopened.reason_id) == (Status.TODO, None, None)
    assert (await last_event(ada)).changes["closed_at"] == [closed_at.isoformat(), None]


async def test_seeing_is_not_editing(ada: Viewer) -> None:
    ben, cleo = await a_user(ada, name="Ben"), await a_user(ada, name="Cleo")
    lead = await a_lead(ben)
    unassigned = await a_lead(ada, owner=None)

    for decide, _ in DECISIONS.values():
        with pytest.raises(NotAllowed) as refused:
            await decide(lead.id, cleo)
        assert refused.value.needs == "owner"
        with pytest.raises(NotAllowed) as refused:
            await decide(unassigned.id, cleo)
        assert refused.value.needs == "claim"


async def test_a_lead_of_another_account_does_not_exist(ada: Viewer) -> None:
    stranger = await an_account()
    lead = await a_lead(stranger)

    for decide, _ in DECISIONS.values():
        with pytest.raises(NotFound):
            await decide(lead.id, ada)


async def test_a_refused_transition_says_what_to_do_instead(ada: Viewer) -> None:
    open_lead, closed = await a_lead_in(Status.TODO, ada), await a_lead_in(Status.WON, ada)

    for refused_call, sentence in [
        (
            statuses.reopen(open_lead.id, by=ada, until=SOON),
            "A lead that is “To do” is open: there is nothing to reopen.",
        ),
        (statuses.stand_by(closed.id, by=ada, until=SOON), "A lead that is “Won” has to be reopened for that."),
        (statuses.close(closed.id, by=ada, status=Status.LOST), "A lead that is “Won” cannot become “Lost”."),
    ]:
        with pytest.raises(IllegalTransition) as refused:
            await refused_call
        assert refused.value.message("en") == sentence
