"""How a provider is asked: where, when again, over which connection, and what of its words is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from sales import database
from sales.deliveries import Delivery, DeliveryAttempt, DeliveryOutcome, DeliveryState
from sales.viewers import Viewer
from services.mail_providers import MailProvider, ProviderName
from services.settings import Settings
from services.worker import outbound
from services.worker.answers import LONGEST_WORDS, MOST_READ, Answer
from services.worker.resend import Resend
from services.worker.sends import Sender
from services.worker.ways import MayGo
from tests.factories import an_empty_outbox
from tests.sales.many import many_standbys
from tests.services.worker.a_provider import KEY, Mood, Provider, a_provider, refusal
from tests.services.worker.receivers import Received, answer
from tests.turning import fire_and_dispatch

PATIENCE = 10.0


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with a_provider() as provider:
        yield provider


async def test_where_its_api_is_need_not_be_said(
    delivery: UUID, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Resend.url
    monkeypatch.setattr(Resend, "url", provider.url)
    there = MailProvider(ProviderName.RESEND, None, KEY)

    await send(a_sender(provider.settings(tmp_path, mail_provider=there)))

    assert (usual, await state_of(delivery)) == ("https://api.resend.com", DeliveryState.SENT)


async def test_what_is_too_much_at_once_waits_for_the_last_who_was_told_so(
    ada: Viewer, provider: Provider, tmp_path: Path
) -> None:
    await emails(ada, 2)
    provider.says = [refusal(429, "rate_limit_exceeded", "Too many requests.", Retry_After=wait) for wait in "12"]
    both = asyncio.Event()

    async def once_both_are_there(request: Received) -> bytes:
        if len(provider.asked) == 2:
            both.set()
        await both.wait()
        return await provider.answering(request)

    provider.server.answering = once_both_are_there

    await send(a_sender(provider.settings(tmp_path)))

    assert len(provider.mails) == 2
    assert provider.asked_at[2] - provider.asked_at[1] >= 2


async def test_a_day_to_be_left_alone_is_one_e_mails_and_over_with_its_cause(
    ada: Viewer, provider: Provider, tmp_path: Path
) -> None:
    provider.says = [refusal(429, "daily_quota_exceeded", "You have reached your quota.", Retry_After="86400")]
    sender = a_sender(provider.settings(tmp_path))
    first, second = await emails(ada, 2, due=1)

    await send(sender)
    await come_due(second)  # somebody has raised the quota meanwhile
    await send(sender)

    postponed = await Delivery.get(id=first)
    assert (postponed.state, len(provider.asked)) == (DeliveryState.PENDING, 2)
    assert timedelta(minutes=59) < postponed.next_at - await database.now() < timedelta(minutes=61)
    assert await state_of(second) == DeliveryState.SENT


async def test_nothing_of_the_key_is_left_where_words_are_cut(
    delivery: UUID, provider: Provider, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filled = "x" * (LONGEST_WORDS - 8)
    provider.says = [answer(403, f"{filled}{KEY}".encode()).replace(b"Whatever", f"No to {KEY}".encode())]

    await send(a_sender(provider.settings(tmp_path)))

    row, attempt = await Delivery.get(id=delivery), await DeliveryAttempt.get(delivery_id=delivery)
    assert row.last_error == attempt.error == f"403 No to …: {filled}…"
    assert f"{filled}…" in caplog.text
    assert KEY[:8] not in caplog.text


async def test_nor_where_what_comes_back_is_no_http(delivery: UUID, provider: Provider, tmp_path: Path) -> None:
    provider.says = [f"{KEY} is invalid\r\n\r\n".encode()]

    await send(a_sender(provider.settings(tmp_path)))

    row = await Delivery.get(id=delivery)
    assert (row.ambiguous, "… is invalid" in (row.last_error or "")) == (1, True)
    assert KEY[:8] not in (row.last_error or "")


async def test_what_goes_beside_another_needs_no_connection_of_its_own_and_none_is_left_over(
    ada: Viewer, provider: Provider, tmp_path: Path
) -> None:
    first, *others = await emails(ada, 3, due=1)
    sender, provider.mood = a_sender(provider.settings(tmp_path)), Mood.HANGS
    await sender.send_due()
    await until(lambda: len(provider.mails) == 1)
    provider.mood = Mood.WELL

    for number, other in enumerate(others, start=2):
        await come_due(other)
        await sender.send_due()
        await until(lambda sent=number: len(provider.mails) == sent and len(sender._sending) == 1)  # type: ignore[misc]
    made = len(provider.connections)
    provider.connections[0].close()
    await sender.drain()

    assert made == 2
    assert [await state_of(other) for other in others] == [DeliveryState.SENT] * 2
    assert (await Delivery.get(id=first)).ambiguous == 1
    await until(lambda: all(connection.is_closing() for connection in provider.connections))


async def test_a_kept_connection_that_was_closed_there_is_not_asked_over(provider: Provider) -> None:
    async with outbound.client() as client:
        first = await ask(client, provider)
        provider.connections[0].close()
        await provider.connections[0].wait_closed()
        second = await ask(client, provider)

    assert (outcome(first), outcome(second)) == (DeliveryOutcome.SENT, DeliveryOutcome.SENT)
    assert (len(provider.asked), len(provider.connections)) == (2, 2)


async def test_one_that_is_closed_at_the_last_moment_leaves_it_open_and_is_asked_over_only_once(
    provider: Provider,
) -> None:
    async def meanwhile() -> bool:
        provider.connections[0].close()
        await provider.connections[0].wait_closed()
        return True

    async with outbound.client() as client:
        await ask(client, provider)
        lost = await ask(client, provider, may_go=meanwhile)
        again = await ask(client, provider)

    assert (outcome(lost), outcome(again)) == (DeliveryOutcome.AMBIGUOUS, DeliveryOutcome.SENT)
    assert len(provider.asked) == 2


async def test_over_a_kept_connection_too_nothing_goes_that_must_not(provider: Provider) -> None:
    async def away() -> bool:
        raise ConnectionResetError("the database")

    async with outbound.client() as client:
        await ask(client, provider)
        called_off = await ask(client, provider, may_go=no)
        with pytest.raises(ConnectionResetError, match="the database"):
            await ask(client, provider, may_go=away)

    assert called_off is None
    assert len(provider.asked) == 1


async def test_who_never_answers_takes_nothing_from_the_next(provider: Provider) -> None:
    async with outbound.client() as client:
        provider.mood = Mood.HANGS
        nothing = [await ask(client, provider, seconds=0.2) for _ in range(3)]
        provider.mood = Mood.WELL
        well = await ask(client, provider)

    assert [outcome(each) for each in nothing] == [DeliveryOutcome.AMBIGUOUS] * 3
    assert outcome(well) == DeliveryOutcome.SENT


async def test_neither_detours_nor_proxies_nor_endless_answers(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    provider.says = [answer(302, Location=f"{provider.url}/emails"), answer(200, b"x" * 20_000_000)]

    async with outbound.client() as client:
        elsewhere = await ask(client, provider)
        endless = await ask(client, provider)
        well = await ask(client, provider)

    assert elsewhere is not None
    assert endless is not None
    assert (elsewhere.status, len(endless.body)) == (302, MOST_READ)
    assert (outcome(well), len(provider.asked), len(provider.mails)) == (DeliveryOutcome.SENT, 3, 1)


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def ask(
    client: httpx.AsyncClient, provider: Provider, *, may_go: MayGo = yes, seconds: float = PATIENCE
) -> Answer | None:
    return await outbound.post_by(
        client,
        f"{provider.url}/emails",
        headers=Resend().headers(key="dlv_1", secret=KEY),
        content=b"{}",
        seconds=seconds,
        may_go=may_go,
        secret=KEY,
    )


def outcome(answer: Answer | None) -> DeliveryOutcome | None:
    return answer.outcome if answer else None


def a_sender(settings: Settings) -> Sender:
    return Sender(settings, lease=timedelta(seconds=60), when_free=lambda: None)


async def send(sender: Sender) -> None:
    await sender.send_due()
    await sender.drain()


async def emails(by: Viewer, count: int, *, due: int | None = None) -> list[UUID]:
    """So many that wait to be sent, of which so many are due now, None for all of them."""
    await an_empty_outbox()
    await many_standbys(by, count, first_in=timedelta(0))
    await fire_and_dispatch()
    ids = [row.id for row in await Delivery.filter(account_id=by.account.id, channel="EMAIL").order_by("position")]
    for id in ids[due:] if due is not None else []:
        await database.fetch("update deliveries set next_at = now() + interval '1 hour' where id = $1 returning 1", id)
    assert len(ids) == count
    return ids


async def come_due(delivery: UUID) -> None:
    await database.fetch("update deliveries set next_at = now() where id = $1 returning 1", delivery)


async def state_of(delivery: UUID) -> DeliveryState:
    return (await Delivery.get(id=delivery)).state


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.01)
