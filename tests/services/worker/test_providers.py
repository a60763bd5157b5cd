"""E-mail by a provider's API, from the claim to the settled delivery, against one that keeps keys as documented."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from sales import database
from sales.deliveries import Delivery, DeliveryAttempt, DeliveryOutcome, DeliveryState
from sales.deliveries.decisions import replay
from sales.notifications import NotificationKind
from sales.unsubscribing import token_for
from sales.users import User
from sales.viewers import Viewer
from services.settings import Settings, Smtp
from services.worker.sends import Sender
from tests.services.worker.a_provider import KEY, Mood, Provider, a_provider, refusal
from tests.services.worker.receivers import answer

NO_ADDRESS = refusal(422, "validation_error", "Invalid `to` field.")
OTHER_WORDS = refusal(409, "invalid_idempotent_request", "Same idempotency key used with another payload.")


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with a_provider() as provider:
        yield provider


@pytest.mark.usefixtures("sealing")
async def test_an_e_mail_keeps_all_that_it_has_by_smtp(
    ada: Viewer, delivery: UUID, provider: Provider, tmp_path: Path
) -> None:
    row = await what_became_of(delivery, provider.settings(tmp_path, mail_from="Zoë’s CRM <crm@example.com>"))

    [mail], [request] = provider.mails, provider.asked
    lead, token = row.lead_id, token_for(ada.user.id, NotificationKind.REMINDER_DUE)
    assert (row.state, request.path) == (DeliveryState.SENT, "/emails")
    assert (mail["from"], mail["to"]) == ("Zoë’s CRM <crm@example.com>", [ada.user.email])
    assert mail["subject"] == "Call: New roof"
    assert "Ask for Jo" in mail["text"]
    assert mail["html"].startswith("<!doctype html>")
    assert mail["headers"] == {
        "Message-ID": f"<dlv_{delivery}@crm.example.com>",
        "Auto-Submitted": "auto-generated",
        "References": f"<lead_{lead}@crm.example.com>",
        "In-Reply-To": f"<lead_{lead}@crm.example.com>",
        "List-Unsubscribe": f"<https://crm.example.com/unsubscribe/{token}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert token in mail["text"]


@pytest.mark.parametrize("mood", [Mood.DROPS, Mood.HANGS, Mood.BREAKS])
async def test_an_answer_that_never_came_is_one_e_mail_in_the_end(
    delivery: UUID, provider: Provider, tmp_path: Path, mood: Mood
) -> None:
    settings, provider.mood = provider.settings(tmp_path), mood

    unknown = await what_became_of(delivery, settings)
    await what_became_of(delivery, settings, come_due=True)
    await what_became_of(delivery, settings, come_due=True)
    provider.mood = Mood.WELL
    row = await what_became_of(delivery, settings, come_due=True)

    assert (unknown.state, unknown.ambiguous) == (DeliveryState.PENDING, 1)
    assert (row.state, row.attempt, row.ambiguous) == (DeliveryState.SENT, 4, 3)
    assert await outcomes(delivery) == ["AMBIGUOUS", "AMBIGUOUS", "AMBIGUOUS", "SENT"]
    assert len(provider.mails) == 1


async def test_all_attempts_have_one_key_and_the_same_words_to_the_byte(
    delivery: UUID, provider: Provider, tmp_path: Path
) -> None:
    provider.mood = Mood.DROPS

    for _ in range(3):  # each time another worker
        await what_became_of(delivery, provider.settings(tmp_path), come_due=True)

    assert provider.keys == [f"dlv_{delivery}"] * 3
    assert len({request.body for request in provider.asked}) == 1


async def test_once_the_key_is_forgotten_there_nothing_goes_again_by_itself(
    delivery: UUID, provider: Provider, tmp_path: Path
) -> None:
    settings, provider.mood = provider.settings(tmp_path), Mood.DROPS
    await what_became_of(delivery, settings)
    await pass_time(provider, delivery, timedelta(hours=23))
    provider.mood = Mood.WELL

    row = await what_became_of(delivery, settings, come_due=True)

    assert (row.state, row.last_error) == (DeliveryState.DEAD, "ambiguous")
    assert (len(provider.asked), len(provider.mails)) == (1, 1)


async def test_until_shortly_before_that_it_does(delivery: UUID, provider: Provider, tmp_path: Path) -> None:
    settings, provider.mood = provider.settings(tmp_path), Mood.DROPS
    await what_became_of(delivery, settings)
    await pass_time(provider, delivery, timedelta(hours=22, minutes=59))
    provider.mood = Mood.WELL

    row = await what_became_of(delivery, settings, come_due=True)

    assert row.state == DeliveryState.SENT
    assert (len(provider.asked), len(provider.mails)) == (2, 1)


async def test_what_would_be_tried_too_late_is_given_up_at_once_and_says_why(
    delivery: UUID, provider: Provider, tmp_path: Path
) -> None:
    settings, provider.mood = provider.settings(tmp_path), Mood.DROPS
    await what_became_of(delivery, settings)
    await pass_time(provider, delivery, timedelta(hours=22, minutes=59, seconds=30))

    row = await what_became_of(delivery, settings, come_due=True)  # the next one would come in a minute

    assert (row.state, row.ambiguous) == (DeliveryState.DEAD, 2)
    assert (row.last_error or "").startswith("ambiguous: RemoteProtocolError")


async def test_what_never_may_have_arrived_is_tried_however_late(
    delivery: UUID, provider: Provider, tmp_path: Path
) -> None:
    settings = provider.settings(tmp_path)
    provider.says = [refusal(403, "invalid_api_key", "API key is invalid.")]
    await what_became_of(delivery, settings)
    await pass_time(provider, delivery, timedelta(days=3))

    row = await what_became_of(delivery, settings, come_due=True)

    assert (row.state, len(provider.mails)) == (DeliveryState.SENT, 1)


async def test_a_person_may_send_it_again_after_all_and_is_warned(
    ada: Viewer, delivery: UUID, provider: Provider, tmp_path: Path
) -> None:
    settings, provider.mood = provider.settings(tmp_path), Mood.DROPS
    await what_became_of(delivery, settings)
    await pass_time(provider, delivery, timedelta(days=2))
    provider.mood = Mood.WELL
    dead = await what_became_of(delivery, settings, come_due=True)

    outcome = await replay(delivery, by=ada)
    row = await what_became_of(delivery, settings)

    assert (dead.state, row.state) == (DeliveryState.DEAD, DeliveryState.SENT)
    assert [advice.code for advice in outcome.warnings] == ["MAY_ARRIVE_TWICE"]
    assert provider.keys == [f"dlv_{delivery}", f"dlv_{delivery}.1"]
    assert len(provider.mails) == 2


async def test_what_tells_of_something_that_has_changed_since_was_taken_before(
    ada: Viewer, delivery: UUID, provider: Provider, tmp_path: Path
) -> None:
    settings, provider.mood = provider.settings(tmp_path), Mood.DROPS
    await what_became_of(delivery, settings)
    await database.fetch("update leads set title = 'Old roof' where account_id = $1 returning 1", ada.account.id)
    provider.mood = Mood.WELL

    row = await what_became_of(delivery, settings, come_due=True)

    first, second = provider.asked
    attempt = await DeliveryAttempt.get(delivery_id=delivery, attempt=2)
    assert first.body != second.body
    assert (row.state, attempt.outcome, attempt.status) == (DeliveryState.SENT, DeliveryOutcome.SENT, 409)
    assert [mail["subject"] for mail in provider.mails] == ["Call: New roof"]


async def test_the_same_said_of_what_nobody_took_loses_nothing(
    delivery: UUID, provider: Provider, tmp_path: Path
) -> None:
    settings, provider.says = provider.settings(tmp_path), [OTHER_WORDS]

    refused = await what_became_of(delivery, settings)
    row = await what_became_of(delivery, settings, come_due=True)

    assert (refused.state, refused.ambiguous) == (DeliveryState.PENDING, 0)
    assert (row.state, len(provider.mails)) == (DeliveryState.SENT, 1)


@pytest.mark.parametrize(
    ("says", "state", "outcome"),
    [
        (NO_ADDRESS, "DEAD", "REJECTED"),
        (refusal(400, "validation_error", "One or more fields are wrong."), "DEAD", "REJECTED"),
        (refusal(401, "missing_api_key", "Missing API key."), "PENDING", "REFUSED"),
        (refusal(403, "validation_error", "The example.com domain is not verified."), "PENDING", "REFUSED"),
        (refusal(404, "not_found", "The requested endpoint does not exist."), "PENDING", "REFUSED"),
        (refusal(409, "concurrent_idempotent_requests", "Still in progress."), "PENDING", "REFUSED"),
        (refusal(422, "invalid_from_address", "Invalid `from` field."), "PENDING", "REFUSED"),
        (refusal(422, "validation_error", "Invalid `from` field."), "PENDING", "REFUSED"),
        (answer(422, b'{"name": ["validation_error"]}'), "PENDING", "REFUSED"),
        (answer(422, b"<html>a proxy</html>"), "PENDING", "REFUSED"),
        (
            refusal(429, "daily_quota_exceeded", "You have reached your quota.", Retry_After="1800"),
            "PENDING",
            "REFUSED",
        ),
        (refusal(500, "internal_server_error", "An unexpected error."), "PENDING", "AMBIGUOUS"),
        (answer(301, location="https://elsewhere.example"), "PENDING", "REFUSED"),
        (answer(200, b"<html>somebody else</html>"), "PENDING", "AMBIGUOUS"),
    ],
)
async def test_an_answer_is_final_or_it_is_not(
    ada: Viewer, delivery: UUID, provider: Provider, tmp_path: Path, says: bytes, state: str, outcome: str
) -> None:
    provider.says = [says]

    row = await what_became_of(delivery, provider.settings(tmp_path))

    attempt = await DeliveryAttempt.get(delivery_id=delivery)
    assert (row.state, attempt.outcome) == (state, outcome)
    assert str(attempt.status) in (row.last_error or "")
    assert [len(provider.asked), len(provider.mails)] == [1, 0]
    assert (await User.get(id=ada.user.id)).email_bounced_at is None
    if b"Retry-After" in says:
        assert row.next_at - await database.now() > timedelta(minutes=29)


async def test_too_much_at_once_is_waited_for_and_costs_no_attempt(
    delivery: UUID, provider: Provider, tmp_path: Path
) -> None:
    provider.says = [refusal(429, "rate_limit_exceeded", "Too many requests.", Retry_After="1")]

    row = await what_became_of(delivery, provider.settings(tmp_path), lease=timedelta(seconds=60))

    assert (row.state, row.attempt) == (DeliveryState.SENT, 1)
    assert provider.keys == [f"dlv_{delivery}"] * 2


async def test_a_provider_that_is_not_there_got_nothing(delivery: UUID, provider: Provider, tmp_path: Path) -> None:
    settings = provider.settings(tmp_path)
    provider.server.url = "http://127.0.0.1:1/hook?x=1"

    row = await what_became_of(delivery, provider.settings(tmp_path))
    later = await what_became_of(delivery, settings, come_due=True)

    attempt = await DeliveryAttempt.get(delivery_id=delivery, attempt=1)
    assert (row.state, attempt.outcome, attempt.transmitting_at) == (DeliveryState.PENDING, "REFUSED", None)
    assert later.state == DeliveryState.SENT


async def test_the_key_that_lets_us_in_is_in_no_record_and_no_log(
    delivery: UUID, provider: Provider, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    provider.says = [refusal(403, "invalid_api_key", f"{KEY} is invalid.")]

    row = await what_became_of(delivery, provider.settings(tmp_path))

    assert "… is invalid." in (row.last_error or "")
    assert "… is invalid." in caplog.text
    assert KEY not in f"{caplog.text}{row.last_error}{provider.settings(tmp_path)!r}"


async def test_a_mail_server_that_comes_after_it_repeats_it_once(
    delivery: UUID, provider: Provider, tmp_path: Path
) -> None:
    provider.mood = Mood.DROPS
    for _ in range(2):
        await what_became_of(delivery, provider.settings(tmp_path), come_due=True)
    before = (await Delivery.get(id=delivery)).known_until

    row = await what_became_of(delivery, Settings(data_dir=tmp_path, smtp=Smtp("127.0.0.1", 1)), come_due=True)

    assert (before is None, row.known_until) == (False, None)
    assert (row.state, row.ambiguous) == (DeliveryState.DEAD, 2)


async def what_became_of(
    delivery: UUID, settings: Settings, *, come_due: bool = False, lease: timedelta = timedelta(seconds=2)
) -> Delivery:
    """One look of a worker of its own, with a lease short enough to see an answer not come."""
    if come_due:
        await database.fetch("update deliveries set next_at = now() where id = $1 returning 1", delivery)
    sender = Sender(settings, lease=lease, when_free=lambda: None)
    await sender.send_due()
    await sender.drain()
    return await Delivery.get(id=delivery)


async def pass_time(provider: Provider, delivery: UUID, time: timedelta) -> None:
    """For the provider, and for what is kept of the delivery here."""
    provider.clock += time
    await database.fetch(
        "update deliveries set known_until = known_until - $2::interval where id = $1 returning 1", delivery, time
    )


async def outcomes(delivery: UUID) -> list[str]:
    rows = await DeliveryAttempt.filter(delivery_id=delivery).order_by("attempt")
    return [str(row.outcome) for row in rows]
