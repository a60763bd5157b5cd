"""A reminder that has come due, or a digest, told by one endpoint of its person, and by nothing else."""

from datetime import timedelta
from uuid import UUID

from sales import database, sealed
from sales.deliveries import Delivery
from sales.endpoints import Endpoint, EndpointKind
from sales.leads import Status
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import choose
from sales.statuses import close
from sales.users import Role
from sales.viewers import Viewer
from services.settings import Settings
from services.worker.sends import Sender
from tests.factories import a_lead, a_user, an_empty_outbox
from tests.turning import dispatch_all, reminded

KEY = "k" * 32
TITLE = "New <roof> & @channel *bold* [x](http://evil.example)"


async def an_endpoint(by: Viewer, kind: EndpointKind, address: str, *, is_of_account: bool = False) -> Endpoint:
    sealed.use(KEY)
    return await Endpoint.create(
        account_id=by.account.id, user_id=None if is_of_account else by.user.id, kind=kind, name="Test",
        address=sealed.seal(address), shown="…", created_at=await database.now(),
    )  # fmt: skip


async def a_due_reminder(by: Viewer, *, title: str = TITLE, note: str = "Ask for Jo") -> UUID:
    """Gives the id of its delivery to the endpoint."""
    await database.fetch("update users set notify_by_email = false where id = $1 returning 1", by.user.id)
    return await reminded(by, title=title, activity="Call", note=note)


async def an_event_told(by: Viewer, endpoint: Endpoint, *, position: int, lead_id: UUID) -> UUID:
    """A delivery of an event to an endpoint of the account."""
    now = await database.now()
    delivery = await Delivery.create(
        account_id=by.account.id, endpoint_id=endpoint.id, channel="CHAT", position=position, lead_id=lead_id,
        lane=endpoint.id, next_at=now, created_at=now,
    )  # fmt: skip
    return delivery.id


async def what_became_of(delivery: UUID, settings: Settings, *, sender: Sender | None = None) -> Delivery:
    """Send until nothing is due."""
    sender = sender or a_sender(settings)
    while await sender.send_due():
        await sender.drain()
    return await Delivery.get(id=delivery)


def a_sender(settings: Settings) -> Sender:
    return Sender(settings, lease=timedelta(seconds=60), when_free=lambda: None)


async def a_due_digest(by: Viewer, *, things: int) -> UUID:
    """So many leads that somebody else has won, within one window that has closed; gives the id of its message."""
    await an_empty_outbox()
    await database.fetch("update users set notify_by_email = false where id = $1 returning 1", by.user.id)
    await choose(by=by, wishes={"paces": {By.PUSH: Pace.HOURLY, By.CHAT: Pace.HOURLY}})
    eve = await a_user(by, name="Eve", role=Role.ADMINISTRATOR)
    for number in range(things):
        lead = await a_lead(by, title=f"Roof {number + 1}")
        await close(lead.id, by=eve, status=Status.WON)
    await dispatch_all()
    message = await Delivery.get(account_id=by.account.id, notification_id=None)
    await database.fetch("update deliveries set next_at = now() where id = $1 returning 1", message.id)
    return message.id
