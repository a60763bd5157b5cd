"""Webhooks, from the verb to the receiver: a real server, real deliveries, the worker's own sender."""

import asyncio
import hmac
import shutil
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from sales import database, notices, sealed
from sales.clock import fire_due
from sales.deliveries import Delivery, DeliveryAttempt, DeliveryOutcome, DeliveryState
from sales.dispatch import dispatch
from sales.endpoints import Endpoint, WhyDisabled, addresses, webhooks
from sales.endpoints.webhooks import NewSecret, WebhookFields
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.moments import After
from sales.notifications import Notification, NotificationKind
from sales.statuses import stand_by
from sales.viewers import Viewer
from services.contract import ROOT
from services.settings import Settings
from services.worker.sends import Sender
from tests.conftest import Figures
from tests.factories import a_lead, an_account, an_empty_outbox, last_event, steps_of
from tests.services.worker.receivers import Received, Receiver, a_receiver, answer

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture(autouse=True)
def _sealing() -> Iterator[None]:
    """This deployment has a key, and lets webhooks go to this machine."""
    sealed.use("k" * 32)
    addresses.allow(LOOPBACK)
    yield
    sealed.use(None)
    addresses.allow(())


@pytest.fixture(autouse=True)
async def _alone() -> None:
    await an_empty_outbox()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver() as receiver:
        yield receiver


async def a_webhook(by: Viewer, receiver: Receiver, **fields: Any) -> NewSecret:
    given = WebhookFields(name="Mirror", url=receiver.url) | fields  # type: ignore[operator]
    return await webhooks.create(by=by, fields=given)


async def told() -> None:
    """Everything that happened becomes deliveries."""
    while await fire_due():
        pass
    while await dispatch():
        pass


class Worker:
    """A sender like the worker's."""

    def __init__(self, folder: Path, *, lease: timedelta = timedelta(seconds=60)) -> None:
        settings = Settings(data_dir=folder, allowed_networks=LOOPBACK)
        self.sender = Sender(settings, lease=lease, when_free=lambda: None)

    async def send_all(self) -> None:
        while await self.sender.send_due():
            await self.sender.drain()


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)


async def come_due(endpoint: UUID) -> None:
    """What waits for its next attempt need not wait, nor the endpoint rest."""
    await database.fetch("update deliveries set next_at = now() where lane = $1 and state = 'PENDING'", endpoint)
    await database.fetch("update endpoints set paused_until = null where id = $1", endpoint)


async def deliveries_of(webhook: NewSecret) -> list[Delivery]:
    return await Delivery.filter(endpoint_id=webhook.outcome.id).order_by("position")


def verified(came: Received, secret: str) -> bool:
    """As the specification has receivers do it, by its text alone."""
    key = b64decode(secret.split("whsec_")[1])
    told = b".".join([came.headers["webhook-id"].encode(), came.headers["webhook-timestamp"].encode(), came.body])
    expected = b64encode(hmac.new(key, told, sha256).digest()).decode()
    given = [each.split(",", 1) for each in came.headers["webhook-signature"].split(" ")]
    is_fresh = abs(time.time() - int(came.headers["webhook-timestamp"])) < 300
    return is_fresh and any(version == "v1" and hmac.compare_digest(each, expected) for version, each in given)


async def test_an_event_arrives_signed_with_what_changed_and_the_lead(
    ada: Viewer, receiver: Receiver, worker: Worker
) -> None:
    webhook = await a_webhook(ada, receiver, events=["lead.moved"])
    lead = await a_lead(ada, title="New roof")
    first, second, *_ = await steps_of(ada)
    await move(lead.id, by=ada, step_id=second.id)

    await told()
    await worker.send_all()

    [came], [delivery], event = receiver.received, await deliveries_of(webhook), await last_event(ada)
    assert webhook.secret is not None
    assert webhook.secret.startswith("whsec_")
    assert len(b64decode(webhook.secret.removeprefix("whsec_"))) == 32
    assert verified(came, webhook.secret)
    assert not verified(came, "whsec_" + b64encode(b"0" * 32).decode())
    assert came.headers["webhook-id"] == f"dlv_{delivery.id}"
    assert (came.headers["content-type"], came.headers["webhook-attempt"]) == ("application/json", "1")
    assert came.path == "/hook?x=1"
    assert (came.json["type"], came.json["data"]["accountId"]) == ("lead.moved", f"account_{ada.account.id}")
    data = came.json["data"]
    assert data["actor"] == {"kind": "USER", "id": f"user_{ada.user.id}", "name": "Ada Admin"}
    assert data["changes"]["stepId"] == {"from": f"step_{first.id}", "to": f"step_{second.id}"}
    assert data["changes"]["version"] == {"from": 1, "to": 2}
    assert (data["leadVersion"], data["subjectId"], data["leadId"]) == (2, f"lead_{lead.id}", f"lead_{lead.id}")
    assert data["lead"]["title"] == "New roof"
    assert data["lead"]["step"] == {"id": f"step_{second.id}", "name": second.name}
    assert data["causedBy"] is None
    assert (delivery.state, delivery.position) == (DeliveryState.SENT, event.position)


async def test_receivers_verify_it_by_the_words_of_our_guide(ada: Viewer, receiver: Receiver, worker: Worker) -> None:
    webhook = await a_webhook(ada, receiver, events=["lead.created"])
    await a_lead(ada, title="Ünïcode")
    await told()
    await worker.send_all()
    [came] = receiver.received
    guide = (ROOT / "docs" / "webhooks.md").read_text()

    python: dict[str, Any] = {}
    exec(guide.partition("```python\n")[2].partition("```")[0], python)

    assert python["is_from_relance"](webhook.secret, came.headers, came.body)
    assert not python["is_from_relance"](webhook.secret, came.headers, came.body + b" ")
    assert not python["is_from_relance"](webhook.secret, came.headers | {"webhook-timestamp": "1"}, came.body)
    if shutil.which("node"):
        script = guide.partition("```javascript\n")[2].partition("```")[0].replace("export ", "")
        given = orjson.dumps([webhook.secret, came.headers, came.body.decode()]).decode()
        told_to_node = f"{script}\nconst [s, h, b] = {given};\n"
        told_to_node += "console.log(isFromRelance(s, h, Buffer.from(b)), isFromRelance(s, h, Buffer.from(b + ' ')))"
        node = await asyncio.create_subprocess_exec(
            "node", "--input-type=module", "-e", told_to_node, stdout=asyncio.subprocess.PIPE
        )
        assert (await node.communicate())[0] == b"true false\n"


async def test_a_new_lead_is_told_with_its_texts_and_a_reminder_with_what_it_woke(
    ada: Viewer, receiver: Receiver, worker: Worker
) -> None:
    await a_webhook(ada, receiver, events=["lead.created", "reminder.fired"])
    lead = await a_lead(ada, title="Ünïcode")
    await stand_by(lead.id, by=ada, until=After(timedelta(milliseconds=1)), note="Ask for Jo")
    await asyncio.sleep(0.002)

    await told()
    await worker.send_all()

    created, fired = receiver.received
    assert created.json["data"]["changes"]["title"] == {"from": None, "to": "Ünïcode"}
    assert created.json["data"]["changes"]["id"]["to"] == f"lead_{lead.id}"
    assert fired.json["data"]["actor"] == {"kind": "CLOCK", "id": None, "name": None}
    [beside] = [each for each in fired.json["data"]["changesBeside"] if each["id"] == f"lead_{lead.id}"]
    assert beside["changes"]["status"] == {"from": "STANDBY", "to": "TODO"}
    assert fired.json["data"]["subjectId"].startswith("reminder_")
    assert fired.json["data"]["requestId"] is None


async def test_the_lead_comes_as_the_subscriber_selects_it(ada: Viewer, receiver: Receiver, worker: Worker) -> None:
    selection = "{ n: number title step { pipeline: name } history(last: 1) { nodes { text } } }"
    await a_webhook(ada, receiver, events=["lead.created"], selection=selection)
    [step, *_] = await steps_of(ada)
    await a_lead(ada)

    await told()
    await worker.send_all()

    assert receiver.received[0].json["data"]["lead"] == {
        "n": 1, "title": "New roof", "step": {"pipeline": step.name},
        "history": {"nodes": [{"text": "Ada Admin created the lead."}]},
    }  # fmt: skip


async def test_both_secrets_sign_for_a_day_and_then_the_new_one_alone(
    ada: Viewer, receiver: Receiver, worker: Worker
) -> None:
    webhook = await a_webhook(ada, receiver, events=["lead.created"])
    renewed = await webhooks.rotate_secret(webhook.outcome.id, by=ada)
    assert webhook.secret is not None
    assert renewed.secret is not None
    endpoint = await Endpoint.get(id=webhook.outcome.id)
    await a_lead(ada)
    await told()
    await worker.send_all()
    assert endpoint.former_until is not None
    assert timedelta(hours=23.9) < endpoint.former_until - await database.now() <= timedelta(hours=24)

    await database.fetch("update endpoints set former_until = now() where id = $1", endpoint.id)
    await a_lead(ada)
    await told()
    await worker.send_all()

    first, second = receiver.received
    assert renewed.secret != webhook.secret
    assert [verified(first, secret) for secret in (webhook.secret, renewed.secret)] == [True, True]
    assert [verified(second, secret) for secret in (webhook.secret, renewed.secret)] == [False, True]


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


async def test_what_is_pending_for_a_deleted_webhook_is_called_off(
    ada: Viewer, receiver: Receiver, worker: Worker
) -> None:
    webhook = await a_webhook(ada, receiver, events=["lead.created"])
    await a_lead(ada)
    await told()

    await webhooks.delete(webhook.outcome.id, by=ada)
    await a_lead(ada)
    await told()
    await worker.send_all()

    assert [delivery.state for delivery in await deliveries_of(webhook)] == [DeliveryState.CANCELLED]
    assert receiver.received == []


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
        begun = time.monotonic()
        while len(hanging.received) < 4:
            await worker.sender.send_due()
            await asyncio.sleep(0.01)
        other = await an_account()
        await a_webhook(other, receiver, events=["lead.created"])
        for _ in range(40):
            await a_lead(other)
        await told()
        begun = time.monotonic()
        while len(receiver.received) < 40:
            await worker.sender.send_due()
            await asyncio.sleep(0.005)
        took = time.monotonic() - begun
        assert len(hanging.received) == 4
        hanging_for.set()
        await worker.sender.drain()

    figures(f"40 webhooks beside a receiver that hangs with 60 waiting: {took * 1000:.0f} ms")
    assert took < 5
