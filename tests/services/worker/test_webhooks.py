"""Webhooks, from the verb to the receiver: a real server, real deliveries, the worker's own sender."""

import asyncio
import shutil
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

import orjson
import pytest

from sales import database
from sales.deliveries import DeliveryState
from sales.endpoints import Endpoint, webhooks
from sales.leads.moves import move
from sales.statuses import stand_by
from sales.viewers import Viewer
from services.contract import ROOT
from tests.factories import a_lead, last_event, steps_of
from tests.services.worker.hooks import Worker, a_webhook, deliveries_of, told, verified
from tests.services.worker.receivers import Receiver
from tests.turning import AN_INSTANT

pytestmark = pytest.mark.usefixtures("sealing", "alone")


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
    await stand_by(lead.id, by=ada, until=AN_INSTANT, note="Ask for Jo")
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
