"""What people decide about deliveries: send one again that was given up, or all of many; call one off.

A person decides about what goes to himself, an administrator about all of the account.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sales import database
from sales.advice import Advice, AdviceCode
from sales.deliveries import Channel, Delivery, DeliveryState, Replay
from sales.deliveries.policies import POLICIES
from sales.deliveries.replaying import COUNT
from sales.errors import InvalidValue, NotFound
from sales.journal import Kind, dumps
from sales.journal.drafts import Draft
from sales.notifications import NotificationKind
from sales.verbs import verb
from sales.viewers import Viewer


@dataclass(frozen=True)
class Dead:
    """Which of the dead; None: whichever. `after` and `before` are about when they were to be told."""

    channels: list[Channel] | None = None
    endpoint_id: UUID | None = None
    kinds: list[NotificationKind] | None = None
    after: datetime | None = None
    before: datetime | None = None

    def kept(self) -> dict[str, Any]:
        """As a replay keeps it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@verb
async def replay(delivery_id: UUID, *, by: Viewer) -> Draft:
    """Send a dead delivery again, under the same id and with all its attempts anew; one that is pending stays so.

    What may have arrived already, by a channel that does not know a repeat, is sent again with a warning.
    """
    delivery = await _locked(delivery_id, by=by)
    draft = Draft(Kind.DELIVERY_REPLAYED, delivery, by=by)
    if delivery.state == DeliveryState.PENDING:
        return draft
    if delivery.state != DeliveryState.DEAD:
        raise InvalidValue("id", f"delivery_{delivery.state.lower()}")
    if delivery.ambiguous and POLICIES[delivery.channel].most_ambiguous is not None:
        draft.warnings.append(Advice(AdviceCode.MAY_ARRIVE_TWICE, (delivery.id,), {"deliveries": 1}))
    now = await database.now()
    draft.change(
        delivery, state=DeliveryState.PENDING, earlier_attempts=delivery.attempt, ambiguous=0, done_at=None,
        next_at=now, lease=None, replayed_at=now,
    )  # fmt: skip
    return draft


@verb
async def replay_all(*, by: Viewer, dead: Dead) -> Draft:
    """Send all of these dead deliveries again; it is done batch by batch, and the Replay tells how far it is."""
    whose = None if by.is_administrator else by.user.id
    replay = Replay(
        account_id=by.account.id, created_by_id=by.user.id, user_id=whose, meant=dead.kept(),
        created_at=await database.now(), total=0,
    )  # fmt: skip
    [counted] = await database.fetch(COUNT, by.account.id, dumps(replay.meant), whose)
    replay.total = counted["total"]
    draft = Draft(Kind.DELIVERIES_REPLAYED, replay, by=by)
    draft.add(replay)
    if counted["ambiguous"]:
        draft.warnings.append(Advice(AdviceCode.MAY_ARRIVE_TWICE, (), {"deliveries": counted["ambiguous"]}))
    return draft


@verb
async def cancel(delivery_id: UUID, *, by: Viewer) -> Draft:
    """Call off what is pending, or put away what is dead. What is on its way this very moment may still arrive.

    With the message of a digest goes all that is in it; what is taken out of one is left out of the message.
    """
    delivery = await _locked(delivery_id, by=by)
    draft = Draft(Kind.DELIVERY_CANCELLED, delivery, by=by)
    if delivery.state == DeliveryState.CANCELLED:
        return draft
    if delivery.state == DeliveryState.SENT:
        raise InvalidValue("id", "delivery_sent")
    now = await database.now()
    for each in (delivery, *await _locked_within(delivery)):
        draft.change(each, state=DeliveryState.CANCELLED, done_at=now)
    return draft


async def _locked_within(delivery: Delivery) -> list[Delivery]:
    """What goes within the message of a digest."""
    if delivery.digest_id is None or delivery.notification_id is not None:
        return []
    joined = Delivery.filter(account_id=delivery.account_id, digest_id=delivery.digest_id, state=DeliveryState.JOINED)
    return await joined.order_by("id").select_for_update(no_key=True)


async def _locked(delivery_id: UUID, *, by: Viewer) -> Delivery:
    own = {} if by.is_administrator else {"user_id": by.user.id}
    found = Delivery.filter(account_id=by.account.id, id=delivery_id, **own)
    delivery = await found.select_for_update(no_key=True).first()
    if delivery is None:
        raise NotFound("delivery")
    return delivery
