"""Webhooks of an account, at an address to which nothing is really sent."""

from typing import Any
from uuid import UUID

from sales.endpoints import webhooks
from sales.endpoints.webhooks import WebhookFields
from sales.viewers import Viewer


async def a_webhook(by: Viewer, **fields: Any) -> UUID:
    given = WebhookFields(name="Mirror", url="https://hook.example.com/secret-path") | fields  # type: ignore[operator]
    return (await webhooks.create(by=by, fields=given)).outcome.id
