"""Statuses: which may follow which, what each decision does, and that a refusal changes nothing."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from sales import reasons, statuses
from sales.advice import AdviceCode
from sales.errors import (
    IllegalTransition,
    InvalidValue,
    NotAllowed,
    NotFound,
    ReasonRequired,
    Refusal,
    Refused,
    VersionConflict,
)
from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.leads.edit import LeadFields, edit
from sales.moments import After, At, On
from sales.money import Money
from sales.reasons import Reason
from sales.reminders import ReminderState
from sales.reminders.decisions import set_reminder
from sales.verbs import Outcome
from sales.viewers import Viewer
from tests.factories import SOON, a_lead, a_user, again, an_account, events, last_event, reminders_of

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


async def a_lead_in(status: Status, by: Viewer) -> Lead:
    return await a_lead(by, standing=Standing(status, until=SOON if status == Status.STANDBY else None))


async def state_of(lead: Lead) -> tuple[object, ...]:
    row = await Lead.filter(id=lead.id).values()
    return tuple(row[0].items()), tuple((r.id, r.state, r.due_at) for r in await reminders_of(lead))


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

    for day in {datetime.now(UTC).date(), datetime.now(UTC).date() + timedelta(days=1)}:  # today, wherever Paris is
        await statuses.stand_by(lead.id, by=ada, until=On(day))
    *_, reminder = await reminders_of(lead)
    assert reminder.local_date is not None


async def test_winning_ends_the_waking_reminder_sets_the_amount_and_says_when(ada: Viewer) -> None:
    lead = await a_lead_in(Status.STANDBY, ada)

    await statuses.close(lead.id, by=ada, status=Status.WON, money=Money(Decimal("1200.50"), "EUR"))

    won = await Lead.get(id=lead.id)
    [reminder] = await reminders_of(lead)
    event = await last_event(ada)
    assert (won.status, won.amount, won.currency) == (Status.WON, Decimal("1200.50"), "EUR")
    assert won.closed_at is not None
    assert won.waking_reminder_id is None
    assert reminder.state == ReminderState.CANCELLED
    assert event.kind == "lead.won"
    assert event.changes["amount"] == [None, "1200.5"]
    assert event.changes["reminders"][str(reminder.id)]["state"] == ["PENDING", "CANCELLED"]


async def test_closing_keeps_the_other_reminders_and_says_so(ada: Viewer) -> None:
    lead = await a_lead_in(Status.STANDBY, ada)
    other = await set_reminder(lead.id, by=ada, at=SOON)

    outcome = await statuses.close(lead.id, by=ada, status=Status.LOST)

    [advice] = outcome.warnings
    assert (advice.code, advice.ids) == (AdviceCode.REMINDERS_KEPT, (other.id,))
    assert advice.message("en") == "One other reminder of this lead is still pending."
    assert [r.state for r in await reminders_of(lead)] == [ReminderState.CANCELLED, ReminderState.PENDING]


async def test_reopening_clears_the_closing_and_the_history_keeps_it(ada: Viewer) -> None:
    lead = await a_lead_in(Status.LOST, ada)
    closed_at = lead.closed_at
    assert closed_at is not None

    await statuses.reopen(lead.id, by=ada)

    reopened = await Lead.get(id=lead.id)
    assert (reopened.status, reopened.closed_at, reopened.reason_id) == (Status.TODO, None, None)
    assert (await last_event(ada)).changes["closed_at"] == [closed_at.isoformat(), None]


async def test_the_closing_date_can_be_corrected_but_not_to_before_the_creation_nor_into_the_future(
    ada: Viewer,
) -> None:
    created = datetime(2026, 3, 1, 9, tzinfo=UTC)
    lead = await a_lead(ada, created_at=created, standing=Standing(Status.WON))

    await statuses.correct_closing(lead.id, by=ada, closed_at=created + timedelta(days=30))
    assert (await Lead.get(id=lead.id)).closed_at == created + timedelta(days=30)
    assert (await last_event(ada)).happened_at == created + timedelta(days=30)

    for wrong, reason in [
        (created - timedelta(seconds=1), "closed_before_creation"),
        (datetime.now(UTC) + timedelta(hours=1), "in_the_future"),
    ]:
        with pytest.raises(InvalidValue) as refused:
            await statuses.correct_closing(lead.id, by=ada, closed_at=wrong)
        assert refused.value.reason == reason
    assert (await Lead.get(id=lead.id)).closed_at == created + timedelta(days=30)


async def test_an_open_lead_has_no_closing_date_to_correct(ada: Viewer) -> None:
    lead = await a_lead(ada)

    with pytest.raises(InvalidValue, match="only_for_closed"):
        await statuses.correct_closing(lead.id, by=ada, closed_at=datetime.now(UTC))


async def test_a_reason_can_be_given_and_must_be_of_that_status(ada: Viewer) -> None:
    lost = await Reason.filter(account_id=ada.account.id, status=Status.LOST).first()
    won = await Reason.filter(account_id=ada.account.id, status=Status.WON).first()
    assert lost is not None
    assert won is not None
    lead = await a_lead(ada)

    with pytest.raises(InvalidValue, match="reason_of_another_status"):
        await statuses.close(lead.id, by=ada, status=Status.LOST, reason_id=won.id)
    with pytest.raises(NotFound):
        await statuses.close(lead.id, by=ada, status=Status.LOST, reason_id=uuid4())
    await statuses.close(lead.id, by=ada, status=Status.LOST, reason_id=lost.id)

    assert (await Lead.get(id=lead.id)).reason_id == lost.id


async def test_a_reason_is_mandatory_where_the_account_says_so(ada: Viewer) -> None:
    await reasons.require_for(by=ada, statuses=[Status.LOST])
    ada = await again(ada)
    lead = await a_lead(ada)

    with pytest.raises(ReasonRequired) as refused:
        await statuses.close(lead.id, by=ada, status=Status.LOST)
    assert refused.value.message("en") == (
        "Say why: a lead that becomes “Lost” needs a reason from your company’s list."
    )
    with pytest.raises(ReasonRequired):
        await a_lead(ada, standing=Standing(Status.LOST))
    await statuses.close(lead.id, by=ada, status=Status.WON)


async def test_all_that_is_wrong_is_told_at_once(ada: Viewer) -> None:
    await reasons.require_for(by=ada, statuses=[Status.WON])
    ada = await again(ada)
    lead = await a_lead(ada)
    before = await state_of(lead)

    with pytest.raises(Refused) as refused:
        await statuses.close(lead.id, by=ada, status=Status.WON, money=Money(Decimal("1.234"), "EUR"))

    assert [type(refusal).__name__ for refusal in refused.value.refusals] == ["InvalidValue", "ReasonRequired"]
    assert await state_of(lead) == before


@pytest.mark.parametrize(
    ("money", "reason"),
    [
        (Money(Decimal("-1"), "EUR"), "amount_out_of_range"),
        (Money(Decimal("1e14"), "EUR"), "amount_out_of_range"),
        (Money(Decimal("NaN"), "EUR"), "amount_out_of_range"),
        (Money(Decimal("1.001"), "EUR"), "amount_too_fine"),
        (Money(Decimal("1.5"), "JPY"), "amount_too_fine"),
        (Money(Decimal("1"), "EURO"), "currency_unknown"),
        (Money(Decimal("1"), "eur"), "currency_unknown"),
    ],
)
async def test_money_that_nobody_can_pay_is_refused(ada: Viewer, money: Money, reason: str) -> None:
    lead = await a_lead(ada)

    with pytest.raises(InvalidValue) as refused:
        await statuses.close(lead.id, by=ada, status=Status.WON, money=money)

    assert refused.value.reason == reason
    assert (await Lead.get(id=lead.id)).status == Status.TODO


async def test_an_edit_on_an_older_state_is_refused_only_where_it_would_overwrite(ada: Viewer) -> None:
    lead = await a_lead(ada, title="Roof", description="old")
    await edit(lead.id, by=ada, fields=LeadFields(title="New roof"))

    await edit(lead.id, by=ada, fields=LeadFields(description="new"), expected_version=1)
    with pytest.raises(VersionConflict) as refused:
        await edit(lead.id, by=ada, fields=LeadFields(title="Better roof", description="newer"), expected_version=2)

    [conflict] = refused.value.fields
    assert (conflict.field, conflict.base, conflict.theirs, conflict.yours) == ("description", "old", "new", "newer")
    assert refused.value.version == 3
    with pytest.raises(VersionConflict) as refused:
        await edit(lead.id, by=ada, fields=LeadFields(title="Better roof"), expected_version=1)
    [conflict] = refused.value.fields
    assert (conflict.base, conflict.theirs, conflict.yours) == ("Roof", "New roof", "Better roof")
    await edit(lead.id, by=ada, fields=LeadFields(title="New roof"), expected_version=1)


async def test_a_version_that_never_was_is_refused(ada: Viewer) -> None:
    lead = await a_lead(ada)

    for version in (0, -1, 2, 10**12):
        with pytest.raises(InvalidValue, match="version_unknown"):
            await edit(lead.id, by=ada, fields=LeadFields(title="X"), expected_version=version)


async def test_a_decision_that_another_one_overtook_is_a_conflict(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await statuses.close(lead.id, by=ada, status=Status.LOST)

    with pytest.raises(VersionConflict) as refused:
        await statuses.close(lead.id, by=ada, status=Status.WON, expected_version=1)

    assert [(c.field, c.base, c.theirs, c.yours) for c in refused.value.fields] == [("status", "TODO", "LOST", "WON")]


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


async def test_a_lead_can_be_created_in_any_status_back_dated(ada: Viewer) -> None:
    created, closed = datetime(2025, 1, 6, 9, tzinfo=UTC), datetime(2025, 2, 3, 17, tzinfo=UTC)

    lead = await a_lead(ada, created_at=created, standing=Standing(Status.WON, closed_at=closed))
    event = await last_event(ada)

    assert (lead.created_at, lead.closed_at, lead.status) == (created, closed, Status.WON)
    assert event.happened_at == created
    assert event.at > created


@pytest.mark.parametrize(
    ("standing", "wrong"),
    [
        (Standing(Status.STANDBY), [("until", "standby_needs_moment")]),
        (Standing(Status.TODO, until=SOON), [("until", "only_for_standby")]),
        (Standing(Status.WON, until=SOON), [("until", "only_for_standby")]),
        (
            Standing(Status.TODO, closed_at=datetime(2026, 1, 1, tzinfo=UTC), reason_id=uuid4()),
            [("closedAt", "only_for_closed"), ("reasonId", "only_for_closed")],
        ),
        (Standing(Status.STANDBY, until=After(timedelta(0))), [("until.after", "delay_not_positive")]),
    ],
)
async def test_what_does_not_fit_the_status_of_a_new_lead_is_refused(
    ada: Viewer, standing: Standing, wrong: list[tuple[str, str]]
) -> None:
    written = len(await events(ada))

    with pytest.raises((Refused, InvalidValue)) as refused:
        await a_lead(ada, standing=standing)

    assert _told(refused.value) == wrong
    assert await Lead.filter(account_id=ada.account.id).count() == 0
    assert len(await events(ada)) == written


async def test_all_that_is_wrong_with_a_new_lead_is_told_at_once(ada: Viewer) -> None:
    with pytest.raises(Refused) as refused:
        await a_lead(
            ada, title="  ", probability=101, money=Money(Decimal(1), "XYZ"), standing=Standing(Status.STANDBY),
            created_at=datetime(2099, 1, 1, tzinfo=UTC), expected_close_on=date(2026, 1, 1),
        )  # fmt: skip

    assert _told(refused.value) == [
        ("title", "name_empty"),
        ("amount.currency", "currency_unknown"),
        ("probability", "not_per_cent"),
        ("until", "standby_needs_moment"),
        ("createdAt", "in_the_future"),
    ]


def _told(error: BaseException) -> list[tuple[str, str]]:
    refusals: list[Refusal] = error.refusals if isinstance(error, Refused) else [error]  # type: ignore[list-item]
    return [(refusal.path, refusal.reason) for refusal in refusals if isinstance(refusal, InvalidValue)]


async def test_a_lead_created_closed_has_had_its_status_since_it_was_closed(ada: Viewer) -> None:
    created = datetime(2026, 1, 5, 9, tzinfo=UTC)

    at_once = await a_lead(ada, created_at=created, standing=Standing(Status.LOST))
    later = await a_lead(ada, created_at=created, standing=Standing(Status.LOST, closed_at=created + timedelta(days=3)))

    assert at_once.status_changed_at == at_once.closed_at
    assert later.status_changed_at == later.closed_at == created + timedelta(days=3)


async def test_a_closing_date_is_told_together_with_all_else_that_is_wrong(ada: Viewer) -> None:
    await reasons.require_for(by=ada, statuses=[Status.WON])
    ada = await again(ada)
    lead = await a_lead(ada)

    with pytest.raises(Refused) as refused:
        await statuses.close(
            lead.id,
            by=ada,
            status=Status.WON,
            money=Money(Decimal(-1), "EUR"),
            closed_at=datetime(2020, 1, 1, tzinfo=UTC),
        )

    assert [type(refusal).__name__ for refusal in refused.value.refusals] == [
        "InvalidValue", "ReasonRequired", "InvalidValue",
    ]  # fmt: skip
    assert (await Lead.get(id=lead.id)).status == Status.TODO


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


async def test_a_conflict_names_the_fields_in_the_readers_words(ada: Viewer) -> None:
    lead = await a_lead(ada)
    for name in ("expected_close_on", "probability"):
        values = {"expected_close_on": date(2027, 1, 1), "probability": 10}
        await edit(lead.id, by=ada, fields=LeadFields(**{name: values[name]}))  # type: ignore[typeddict-item]

    with pytest.raises(VersionConflict) as refused:
        await edit(lead.id, by=ada, fields=LeadFields(expected_close_on=None, probability=20), expected_version=1)

    assert "probabilité, date de conclusion prévue" in refused.value.message("fr").replace(
        "date de conclusion prévue, probabilité", "probabilité, date de conclusion prévue"
    )


@pytest.mark.parametrize("year", [1, 1969])
async def test_a_lead_does_not_come_from_before_our_time(ada: Viewer, year: int) -> None:
    with pytest.raises(InvalidValue, match="too_long_ago"):
        await a_lead(ada, created_at=datetime(year, 1, 1, tzinfo=UTC))
