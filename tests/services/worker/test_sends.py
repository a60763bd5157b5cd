"""A sender, from the claim to the settled delivery."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from sales import database
from sales.deliveries import Delivery, DeliveryAttempt, DeliveryOutcome, DeliveryState
from sales.deliveries.claiming import Claim
from sales.sealed import CannotOpen
from sales.viewers import Viewer
from services.settings import Settings, Smtp
from services.worker import sends
from services.worker.sends import Sender
from services.worker.ways import MayGo, Outgoing, Result
from tests.factories import an_empty_outbox
from tests.sales.many import many_standbys
from tests.turning import fire_and_dispatch

NOBODY_LISTENS = Smtp("127.0.0.1", 1)


async def test_a_due_delivery_becomes_a_file_and_is_sent(delivery: UUID, tmp_path: Path) -> None:
    await send_all(Settings(data_dir=tmp_path))

    assert (await Delivery.get(id=delivery)).state == DeliveryState.SENT
    assert (tmp_path / "outbox" / f"dlv_{delivery}.eml").exists()


async def test_an_unreachable_server_is_tried_again_later(delivery: UUID, tmp_path: Path) -> None:
    await send_all(Settings(data_dir=tmp_path, smtp=NOBODY_LISTENS))

    row, attempt = await Delivery.get(id=delivery), await DeliveryAttempt.get(delivery_id=delivery)
    assert (row.state, row.attempt) == (DeliveryState.PENDING, 1)
    assert (attempt.outcome, attempt.transmitting_at) == (DeliveryOutcome.REFUSED, None)
    assert row.next_at - await database.now() > timedelta(seconds=5)


async def test_what_cannot_be_written_is_dead_with_its_reason(delivery: UUID, tmp_path: Path) -> None:
    await database.fetch(
        "update users set email = 'not an address' where id = (select user_id from deliveries where id = $1)", delivery
    )

    await send_all(Settings(data_dir=tmp_path))

    row = await Delivery.get(id=delivery)
    assert row.state == DeliveryState.DEAD
    assert (row.last_error or "").startswith("cannot be written: ")


async def test_what_is_called_off_while_it_is_written_does_not_go(delivery: UUID, tmp_path: Path) -> None:
    sender = Sender(Settings(data_dir=tmp_path), lease=timedelta(seconds=60), when_free=lambda: None)
    sender._ways = {None: Late()}

    while await sender.send_due():
        await sender.drain()

    row, attempt = await Delivery.get(id=delivery), await DeliveryAttempt.get(delivery_id=delivery)
    assert row.state == DeliveryState.CANCELLED
    assert (attempt.outcome, attempt.transmitting_at) == (DeliveryOutcome.INTERRUPTED, None)


@pytest.mark.parametrize(
    ("after", "outcome"), [(False, DeliveryOutcome.INTERRUPTED), (True, DeliveryOutcome.AMBIGUOUS)]
)
async def test_what_breaks_here_is_on_record_and_tried_again(
    delivery: UUID, tmp_path: Path, after: bool, outcome: DeliveryOutcome
) -> None:
    sender = Sender(Settings(data_dir=tmp_path), lease=timedelta(seconds=60), when_free=lambda: None)
    sender._ways = {None: Breaking(after)}

    await sender.send_due()
    await sender.drain()

    row, attempt = await Delivery.get(id=delivery), await DeliveryAttempt.get(delivery_id=delivery)
    assert (row.state, row.last_error) == (DeliveryState.PENDING, "broke here: RuntimeError")
    assert attempt.outcome == outcome


async def test_a_key_that_this_worker_lacks_kills_nothing(delivery: UUID, tmp_path: Path) -> None:
    sender = Sender(Settings(data_dir=tmp_path), lease=timedelta(seconds=60), when_free=lambda: None)
    sender._ways = {None: Locked()}

    await sender.send_due()
    await sender.drain()

    row = await Delivery.get(id=delivery)
    assert (row.state, row.last_error) == (DeliveryState.PENDING, "no such key here")


@dataclass
class Breaking:
    """A way with a mistake in it, before or after the message has begun to leave."""

    after: bool

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        if self.after:
            await may_go()
        raise RuntimeError


class Locked:
    """A way to an address that was sealed by another key."""

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        raise CannotOpen("no such key here")


class Late:
    """A way that gets to it when everything has been called off."""

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        await database.fetch("update deliveries set state = 'CANCELLED', done_at = now() where state = 'PENDING'")
        return Result(DeliveryOutcome.SENT) if await may_go() else None


@pytest.mark.parametrize("beside", [0, 1])
async def test_what_cannot_be_read_is_tried_again_and_what_can_is_sent(
    ada: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: int
) -> None:
    await an_empty_outbox()
    await many_standbys(ada, 1 + beside, first_in=timedelta(0))
    await fire_and_dispatch()
    unreadable, *others = await Delivery.filter(account_id=ada.account.id).order_by("id")
    read = sends._outgoing

    async def breaking(claims: list[Claim]) -> list[Outgoing]:
        if unreadable.id in {claim.id for claim in claims}:
            raise LookupError
        return await read(claims)

    monkeypatch.setattr(sends, "_outgoing", breaking)

    await send_all(Settings(data_dir=tmp_path))

    row = await Delivery.get(id=unreadable.id)
    assert (row.state, row.lease, row.last_error) == (DeliveryState.PENDING, None, "can't be read: LookupError")
    assert {(await Delivery.get(id=other.id)).state for other in others} <= {DeliveryState.SENT}


async def test_few_are_begun_at_once_while_people_are_still_to_be_told(
    ada: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sends, "PAUSE_MEANWHILE", 60.0)
    await an_empty_outbox()
    await many_standbys(ada, 7, first_in=timedelta(0))
    await fire_and_dispatch()
    is_told, way = asyncio.Event(), Held()
    sender = Sender(
        Settings(data_dir=tmp_path),
        lease=timedelta(seconds=60),
        when_free=lambda: None,
        is_urgent=lambda: not is_told.is_set(),
    )
    sender._ways = {None: way}

    begun = [await sender.send_due(), await sender.send_due()]
    assert await sender.next_in() == 60
    sender.workers = 3  # who send no more together than one alone
    assert await sender.next_in() == 180
    is_told.set()
    begun.append(await sender.send_due())
    way.may_end.set()
    await sender.drain()

    assert begun == [4, 0, 3]


@pytest.mark.parametrize(("few", "rings"), [("SLOTS", 4), ("MAIL_SLOTS", 1)])
async def test_it_looks_again_when_several_slots_are_free(
    ada: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: str, rings: int
) -> None:
    monkeypatch.setattr(sends, few, 6)
    await an_empty_outbox()
    await many_standbys(ada, 10, first_in=timedelta(0))
    await fire_and_dispatch()
    way, rung = HeldEach(), []
    sender = Sender(Settings(data_dir=tmp_path), lease=timedelta(seconds=60), when_free=lambda: rung.append(1))
    sender._ways = {None: way}

    begun = [await sender.send_due()]
    async with asyncio.timeout(10):
        for left in (5, 4, 3, 2):
            way.may_end.release()
            while len(sender._sending) > left:
                await asyncio.sleep(0.001)
            begun.append(await sender.send_due())
    assert len(rung) == rings
    for _ in range(6):
        way.may_end.release()
    await sender.drain()

    assert begun == [6, 0, 0, 0, 4]


class HeldEach:
    """A way that takes for each until it is told."""

    def __init__(self) -> None:
        self.may_end = asyncio.Semaphore(0)

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        await self.may_end.acquire()
        return Result(DeliveryOutcome.SENT)


class Held:
    """A way that takes until it is told."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        await self.may_end.wait()
        return Result(DeliveryOutcome.SENT)


async def send_all(settings: Settings) -> None:
    """Send until nothing is due; other tests' deliveries go along."""
    sender = Sender(settings, lease=timedelta(seconds=60), when_free=lambda: None)
    while await sender.send_due():
        await sender.drain()
