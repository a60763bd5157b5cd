"""A lead is created in any status and back-dated, or refused with all that is wrong with it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from sales.errors import InvalidValue, Refusal, Refused
from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.moments import After
from sales.money import Money
from sales.viewers import Viewer
from tests.factories import SOON, a_lead, events, last_event


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


@pytest.mark.parametrize("year", [1, 1969])
async def test_a_lead_does_not_come_from_before_our_time(ada: Viewer, year: int) -> None:
    with pytest.raises(InvalidValue, match="too_long_ago"):
        await a_lead(ada, created_at=datetime(year, 1, 1, tzinfo=UTC))
