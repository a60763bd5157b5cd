"""Settling: what a receiver says is kept, whatever it says; more in test_deliveries.py."""

import pytest

from sales.deliveries import DeliveryAttempt, DeliveryOutcome, DeliveryState
from sales.deliveries.claiming import Claim, claim
from sales.deliveries.settling import failed
from sales.dispatch import dispatch
from sales.leads.moves import move
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_empty_outbox, steps_of


async def a_claim(by: Viewer) -> Claim:
    """An e-mail on its way to somebody whose lead was moved."""
    await an_empty_outbox()
    lead = await a_lead(await a_user(by))
    await move(lead.id, by=by, step_id=(await steps_of(by))[2].id)
    while await dispatch():
        pass
    [claimed] = await claim(100)
    return claimed


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 Adresse refus\udce9e", "550 Adresse refus?e"),  # Latin-1, as aiosmtplib hands it on
        ("550 no\0 such\r\n  user", "550 no such user"),
        ("x" * 1_000, "x" * 500),
    ],
)
async def test_whatever_a_receiver_says_is_kept_in_one_line(ada: Viewer, said: str, kept: str) -> None:
    claimed = await a_claim(ada)

    state = await failed(claimed, DeliveryOutcome.REJECTED, said)

    assert state == DeliveryState.DEAD
    assert (await DeliveryAttempt.get(delivery_id=claimed.id)).error == kept
