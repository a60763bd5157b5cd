"""Webhooks to a receiver on this machine, and a sender like the worker's."""

import hmac
import time
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

from sales import database
from sales.deliveries import Delivery
from sales.endpoints import webhooks
from sales.endpoints.webhooks import NewSecret, WebhookFields
from sales.viewers import Viewer
from services.settings import Settings
from services.worker.sends import Sender
from tests.services.worker.receivers import Received, Receiver
from tests.turning import fire_and_dispatch

LOOPBACK = (ip_network("127.0.0.0/8"),)


async def a_webhook(by: Viewer, receiver: Receiver, **fields: Any) -> NewSecret:
    given = WebhookFields(name="Mirror", url=receiver.url) | fields  # type: ignore[operator]
    return await webhooks.create(by=by, fields=given)


async def told() -> None:
    """Everything that happened becomes deliveries."""
    await fire_and_dispatch()


class Worker:
    """A sender like the worker's."""

    def __init__(self, folder: Path, *, lease: timedelta = timedelta(seconds=60)) -> None:
        settings = Settings(data_dir=folder, allowed_networks=LOOPBACK)
        self.sender = Sender(settings, lease=lease, when_free=lambda: None)

    async def send_all(self) -> None:
        while await self.sender.send_due():
            await self.sender.drain()


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
