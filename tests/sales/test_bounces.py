"""Bounces: what follows from an e-mail that came back; over HTTP in tests/services/api/test_mail.py."""

from collections import Counter

from sales import database
from sales.bounces import Bounce, BounceType, bounced
from sales.deliveries import Delivery, DeliveryState
from sales.deliveries.claiming import Claim, claim
from sales.deliveries.decisions import replay
from sales.deliveries.settling import sent
from sales.leads.moves import move
from sales.preferences import NotificationChannel, Pace
from sales.preferences.choosing import choose
from sales.users.people import confirm_email
from sales.viewers import Viewer
from tests.factories import a_lead, a_user, an_empty_outbox, steps_of
from tests.turning import dispatch_all


async def a_digest_sent_to(ben: Viewer, *, by: Viewer) -> Claim:
    """The message of a digest with two notifications in it."""
    await choose(by=ben, wishes={"paces": {NotificationChannel.EMAIL: Pace.HOURLY}})
    await an_empty_outbox()
    for lead in [await a_lead(ben), await a_lead(ben)]:
        await move(lead.id, by=by, step_id=(await steps_of(by))[2].id)
    await dispatch_all()
    await database.fetch(
        "update deliveries set next_at = now() where account_id = $1 and state = 'PENDING'", by.account.id
    )
    message = await the_claim(by)
    await sent(message)
    return message


async def the_claim(by: Viewer) -> Claim:
    [claimed] = [each for each in await claim(100) if each.account_id == by.account.id]
    return claimed


async def states(by: Viewer) -> Counter[DeliveryState]:
    return Counter(each.state for each in await Delivery.filter(account_id=by.account.id))


async def test_a_digest_that_came_back_keeps_what_is_in_it_until_it_is_sent_again(ada: Viewer) -> None:
    ben = await a_user(ada)
    message = await a_digest_sent_to(ben, by=ada)

    await bounced(Bounce(BounceType.HARD, message_id=f"<dlv_{message.id}@crm.example.com>"))
    after_bounce = await states(ada)
    await confirm_email(by=ben, email=f"new-{ben.user.email}")
    await replay(message.id, by=ada)
    again = await the_claim(ada)
    await sent(again)

    assert after_bounce == {DeliveryState.DEAD: 1, DeliveryState.JOINED: 2}
    assert again.id == message.id
    assert await states(ada) == {DeliveryState.SENT: 3}


async def test_a_digest_that_may_still_arrive_is_left_as_it_is(ada: Viewer) -> None:
    message = await a_digest_sent_to(await a_user(ada), by=ada)

    await bounced(Bounce(BounceType.SOFT, message_id=f"<dlv_{message.id}@crm.example.com>", reason="mailbox full"))

    assert await states(ada) == {DeliveryState.SENT: 3}
    assert (await Delivery.get(id=message.id)).last_error == "soft bounce: mailbox full"


async def test_what_is_no_address_is_nobodys(ada: Viewer) -> None:
    assert await bounced(Bounce(BounceType.HARD, recipient=f"{ada.user.email}\0")) is False
