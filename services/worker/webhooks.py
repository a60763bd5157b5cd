"""Webhooks: an event on its way to a server, signed anew for each attempt (Standard Webhooks 1.0)."""

from sales import database, sealed
from sales.journal import Event
from services.settings import Settings
from services.worker import api_types, outbound
from services.worker.ways import MayGo, Outgoing, Result


class ByWebhook:
    """The way of webhooks: what happened and the lead as it is now, by POST."""

    def __init__(self, settings: Settings, *, seconds: float) -> None:
        self._allow = settings.allowed_networks
        self._seconds = seconds

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        await api_types.load()
        from schema import payloads

        claim, endpoint = outgoing.claim, outgoing.endpoint
        assert endpoint is not None
        event = await Event.get(account_id=claim.account_id, position=claim.position)
        request = await payloads.request(
            endpoint, event, delivery_id=claim.id, attempt=claim.attempt, now=await database.now()
        )
        return await outbound.post(
            sealed.unseal(endpoint.address),
            headers=request.headers,
            content=request.body,
            seconds=self._seconds,
            may_go=may_go,
            allow=self._allow,
        )
