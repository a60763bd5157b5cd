"""Receivers that refuse, are gone or hang: what is tried again, in which order, and what is switched off."""

import asyncio
import time
from datetime import timedelta

import pytest

from sales import database, notices
from sales.deliveries import Delivery, DeliveryAttempt, DeliveryOutcome, DeliveryState
from sales.endpoints import Endpoint, WhyDisabled
from sales.leads.edit import LeadFields, edit
from sales.notifications import Notification, NotificationKind
from sales.viewers import Viewer
from tests.conftest import Figures
from tests.factories import a_lead, an_account, last_event
from tests.services.worker.hooks import Worker, a_webhook, come_due, deliveries_of, told, verified
from tests.services.worker.receivers import Received, Receiver, a_receiver, answer

pytestmark = pytest.mark.usefixtures("sealing", "alone")


async def test_a_retry_has_the_same_id_and_a_fresh_time_and_signature(
    ada: Viewer, receiver: Receiver, worker: Worker
) -> None:
    webhook = await a_webhook(ada, receiver, events=["lead.created"])
    assert webhook.secret is not None
    await a_lead(ada)
    await told()
    receiver.answering = lambda _: answer(503)
    await worker.send_all()
    first = receiver.received[0]
    while int(time.time()) == int(first.headers["webhook-timestamp"]):
        await asyncio.sleep(0.01)
    receiver.answering = lambda _: answer(200)
    await come_due(webhook.outcome.id)

    await worker.send_all()

    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(first.headers["webhook-timestamp"]) < int(second.headers["webhook-timestamp"])
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert verified(second, webhook.secret)
    assert [each.headers["webhook-attempt"] for each in receiver.received] == ["1", "2"]
    [delivery] = await deliveries_of(webhook)
    attempts = await DeliveryAttempt.filter(delivery_id=delivery.id).order_by("attempt")
    assert [(each.outcome, each.status) for each in attempts] == [
        (DeliveryOutcome.REFUSED, 503), (DeliveryOutcome.SENT, 200),
    ]  # fmt: skip


async def test_each_leads_events_arrive_in_order_and_another_leads_do_not_wait(
    ada: Viewer, receiver: Receiver, worker: Worker
) -> None:
    webhook = await a_webhook(ada, receiver, events=["lead.created", "lead.edited"])
    stuck, free = await a_lead(ada, title="stuck"), await a_lead(ada, title="free")
    for lead in (stuck, free):
        await edit(lead.id, by=ada, fields=LeadFields(title=lead.title + "!"))
    await told()

    def refusing(came: Received) -> bytes:
        return answer(503 if came.json["data"]["leadId"] == f"lead_{stuck.id}" else 200)

    receiver.answering = refusing
    await worker.send_all()
    before = [(came.json["type"], came.json["data"]["leadId"]) for came in receiver.received]
    receiver.answering = lambda _: answer(200)
    await come_due(webhook.outcome.id)
    await worker.send_all()

    assert sorted(before) == sorted([
        ("lead.created", f"lead_{stuck.id}"), ("lead.created", f"lead_{free.id}"), ("lead.edited", f"lead_{free.id}"),
    ])  # fmt: skip
    after = [(came.json["type"], came.json["data"]["leadId"]) for came in receiver.received[3:]]
    assert after == [("lead.created", f"lead_{stuck.id}"), ("lead.edited", f"lead_{stuck.id}")]


async def test_an_endpoint_that_fails_rests_and_is_then_tried_by_one_alone(
    ada: Viewer, receiver: Receiver, worker: Worker
) -> None:
    webhook = await a_webhook(ada, receiver, events=["lead.created"])
    for _ in range(8):
        await a_lead(ada)
    await told()
    receiver.answering = lambda _: answer(500)

    await worker.send_all()
    resting = await Endpoint.get(id=webhook.outcome.id)
    tried = len(receiver.received)
    await worker.send_all()
    assert len(receiver.received) == tried
    assert resting.paused_until is not None
    assert resting.paused_until > await database.now()
    assert 5 <= tried <= 8

    await come_due(webhook.outcome.id)
    await worker.sender.send_due()
    assert len(worker.sender._sending) == 1
    await worker.sender.drain()
    receiver.answering = lambda _: answer(200)
    await come_due(webhook.outcome.id)
    await worker.send_all()

    well = await Endpoint.get(id=webhook.outcome.id)
    assert (well.failures, well.failing_since, well.paused_until) == (0, None, None)
    assert {delivery.state for delivery in await deliveries_of(webhook)} == {DeliveryState.SENT}


async def test_a_receiver_that_wants_to_be_left_is_left(ada: Viewer, receiver: Receiver, worker: Worker) -> None:
    webhook = await a_webhook(ada, receiver, events=["lead.created"])
    await a_lead(ada)
    await told()
    receiver.answering = lambda _: answer(429, Retry_After="600")

    await worker.send_all()

    endpoint, [delivery], now = (
        await Endpoint.get(id=webhook.outcome.id),
        await deliveries_of(webhook),
        (await database.now()),
    )
    assert endpoint.paused_until is not None
    assert timedelta(seconds=590) < endpoint.paused_until - now <= timedelta(seconds=600)
    assert delivery.next_at - now > timedelta(seconds=590)


async def test_who_is_gone_is_switched_off_at_once_and_its_administrators_are_told(
    ada: Viewer, receiver: Receiver, worker: Worker
) -> None:
    webhook = await a_webhook(ada, receiver, events=["lead.created"])
    await a_lead(ada)
    await told()
    receiver.answering = lambda _: answer(410)
    await worker.send_all()
    await a_lead(ada)

    await told()
    await worker.send_all()

    endpoint, [delivery] = await Endpoint.get(id=webhook.outcome.id), await deliveries_of(webhook)
    assert (endpoint.disabled_because, delivery.state) == (WhyDisabled.GONE, DeliveryState.DEAD)
    assert len(receiver.received) == 1
    [notification] = await Notification.filter(user_id=ada.user.id, kind=NotificationKind.ENDPOINT_DISABLED)
    [mail] = await Delivery.filter(notification_id=notification.id)
    assert (mail.channel, mail.state) == ("EMAIL", DeliveryState.SENT)
    notice = (await notices.load([notification.id]))[notification.id]
    host = receiver.url.partition("/hook")[0]
    assert notice.sentence == (f"Nothing goes to Mirror ({host}) any more: the address says that it is gone for good.")


async def test_five_days_of_failure_switch_it_off_and_it_is_told_in_its_readers_language(
    receiver: Receiver, worker: Worker
) -> None:
    ada = await an_account(locale="fr")
    webhook = await a_webhook(ada, receiver, events=["lead.created"])
    receiver.answering = lambda _: answer(500)
    await a_lead(ada)
    await told()
    await worker.send_all()
    assert (await Endpoint.get(id=webhook.outcome.id)).disabled_at is None
    await database.fetch(
        "update endpoints set failing_since = now() - interval '5 days' where id = $1", webhook.outcome.id
    )
    await come_due(webhook.outcome.id)

    await worker.send_all()
    await told()

    endpoint, event = await Endpoint.get(id=webhook.outcome.id), await last_event(ada)
    assert endpoint.disabled_because == WhyDisabled.FAILING
    assert (event.kind, event.actor, event.subject_id) == ("endpoint.disabled", "CLOCK", endpoint.id)
    [notification] = await Notification.filter(user_id=ada.user.id, kind=NotificationKind.ENDPOINT_DISABLED)
    sentence = (await notices.load([notification.id]))[notification.id].sentence
    assert sentence.startswith("Plus rien n’est envoyé à Mirror (http://127.0.0.1:")
    assert "cinq jours" in sentence


async def test_a_hanging_receiver_delays_no_other(
    ada: Viewer, receiver: Receiver, worker: Worker, figures: Figures
) -> None:
    hanging_for = asyncio.Event()

    async def hang(_: Received) -> bytes:
        await hanging_for.wait()
        return answer(200)

    async with a_receiver() as hanging:
        hanging.answering = hang
        await a_webhook(ada, hanging, events=["lead.created"])
        for _ in range(60):
            await a_lead(ada)
        await told()
        async with asyncio.timeout(30):
            while len(hanging.received) < 4:
                await worker.sender.send_due()
                await asyncio.sleep(0.01)
        other = await an_account()
        await a_webhook(other, receiver, events=["lead.created"])
        for _ in range(40):
            await a_lead(other)
        await told()
        begun = time.monotonic()
        async with asyncio.timeout(30):
            while len(receiver.received) < 40:
                await worker.sender.send_due()
                await asyncio.sleep(0.005)
        took = time.monotonic() - begun
        assert len(hanging.received) == 4
        hanging_for.set()
        await worker.sender.drain()

    figures(f"40 webhooks beside a receiver that hangs with 60 waiting: {took * 1000:.0f} ms")
    assert took < 5
