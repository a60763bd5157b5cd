"""Closing a lead: what ends with it, its amount, its date, its reason, and all that is wrong told at once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from sales import reasons, statuses
from sales.advice import AdviceCode
from sales.errors import InvalidValue, NotFound, ReasonRequired, Refused
from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.money import Money
from sales.reasons import Reason
from sales.reminders import ReminderState
from sales.reminders.decisions import set_reminder
from sales.viewers import Viewer
from tests.factories import SOON, a_lead, again, last_event, reminders_of
from tests.sales.standing import a_lead_in, state_of


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
