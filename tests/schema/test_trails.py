"""The black box: every stage of what is told, with its instant, and why something was not delivered."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sales import database, notifications
from sales.accounts import Privacy
from sales.deliveries import Delivery, DeliveryOutcome, claiming, settling
from sales.leads import Lead
from sales.moments import After
from sales.notifications import Notification
from sales.reminders import Reminder, decisions
from sales.users.people import prefer
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in
from tests.factories import SOON, a_lead, a_user, again, an_account, an_empty_outbox
from tests.turning import fire_all_due, fire_and_dispatch

TRAIL = """query ($id: ID!) { node(id: $id) {
  ... on Reminder { trail { at kind text } whyNotDelivered { code text until } }
  ... on Notification { trail { at kind text } whyNotDelivered { code text until } }
  ... on Delivery { trail { at kind text } whyNotDelivered { code text until }
    attemptLog { nodes { number at milliseconds outcome status error } } } } }"""


async def test_a_reminder_tells_all_that_became_of_it_from_setting_to_reading(ada: Viewer, client: Client) -> None:
    await an_empty_outbox()
    reminder = await a_reminder(ada)
    await decisions.move(reminder.id, by=ada, at=After(timedelta(hours=2)))
    await ring(reminder)
    [refused] = await claiming.claim(1)
    await settling.failed(refused, DeliveryOutcome.REFUSED, "451 later", status=503)
    await come_due(refused.id)
    [arrived] = await claiming.claim(1)
    await settling.sent(arrived)
    [told] = await Notification.filter(reminder_id=reminder.id)
    await notifications.mark_read([told.id], by=ada)
    await decisions.done(reminder.id, by=ada)

    answer = await client.ask(TRAIL, id=id_of(reminder))

    texts = {stage["kind"]: stage["text"] for stage in answer["trail"]}
    assert [stage["kind"] for stage in answer["trail"]] == [
        "SET", "MOVED", "DUE", "FIRED", "TOLD", "SHOWN", "QUEUED", "REFUSED", "DELIVERED", "READ", "DONE",
    ]  # fmt: skip
    assert texts["SET"].startswith("Ada Admin set the reminder for ")
    assert texts["SET"].endswith(" Europe/Paris.")
    assert texts["FIRED"].startswith("The clock fired it, ")
    assert texts["TOLD"] == "Ada Admin is told."
    assert texts["REFUSED"] == "Attempt 1 was refused (e-mail): 451 later"
    assert texts["DELIVERED"] == "Attempt 2 arrived (e-mail)."
    assert answer["whyNotDelivered"] == {"code": "DELIVERED", "text": "It was delivered.", "until": None}


async def test_an_attempt_says_what_the_server_answered_and_how_long_it_took(ada: Viewer, client: Client) -> None:
    delivery = await a_delivery(ada)
    [first] = await claiming.claim(1)
    await settling.failed(first, DeliveryOutcome.REFUSED, "Service Unavailable", status=503)

    log = (await client.ask(TRAIL, id=id_of(delivery)))["attemptLog"]["nodes"]

    [attempt] = log
    assert 0 <= attempt.pop("milliseconds") < 60_000
    assert attempt.pop("at")
    assert attempt == {"number": 1, "outcome": "REFUSED", "status": 503, "error": "Service Unavailable"}


async def test_a_day_without_a_time_is_held_until_the_morning_and_says_so_in_the_readers_language() -> None:
    await an_empty_outbox()
    eve = await an_account(locale="fr")
    reminder = await a_reminder(eve)
    await database.fetch("update reminders set due_at = now() where id = $1", reminder.id)
    await database.fetch("update reminders set notify_at = now() + interval '3 hours' where id = $1", reminder.id)
    await run_everything()

    client = await signed_in(eve)
    answer = await client.ask(TRAIL, id=id_of(reminder))

    held = [stage["text"] for stage in answer["trail"] if stage["kind"] == "HELD"]
    [inbox, mail] = sorted(held, key=lambda text: "(e-mail)" in text)
    assert "(la boîte de réception)" in inbox
    assert mail.startswith("Retenu jusqu’au ")
    assert mail.endswith(" Europe/Paris (e-mail) parce que seul un jour avait été choisi, et que la journée "
                         "n’avait pas commencé.")  # fmt: skip
    assert answer["whyNotDelivered"]["code"] == "HELD"
    assert answer["whyNotDelivered"]["until"] is not None


async def test_why_something_was_not_delivered_is_one_code_and_one_sentence(ada: Viewer, client: Client) -> None:
    async def why(row: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await client.ask(TRAIL, id=id_of(row)))["whyNotDelivered"]
        return found

    reminder = await a_reminder(ada)
    assert (await why(reminder))["code"] == "NOT_DUE"
    await decisions.cancel(reminder.id, by=ada)
    assert (await why(reminder))["code"] == "CALLED_OFF"

    late = await a_reminder(ada)
    await database.fetch("update reminders set due_at = now(), notify_at = now() where id = $1", late.id)
    assert (await why(late))["code"] == "PENDING"
    await fire_all_due()
    assert (await why(late))["code"] == "PENDING"

    delivery = await a_delivery(ada)
    assert (await why(delivery))["code"] == "PENDING"
    [claim] = await claiming.claim(1)
    assert (await why(delivery))["code"] == "SENDING"
    await settling.failed(claim, DeliveryOutcome.REFUSED, "451 later")
    retrying = await why(delivery)
    assert (retrying["code"], retrying["until"] is None) == ("RETRYING", False)
    assert retrying["text"].startswith("Attempt 1 failed (e-mail): 451 later The next one comes at ")
    await come_due(delivery.id)
    [claim] = await claiming.claim(1)
    await settling.failed(claim, DeliveryOutcome.REJECTED, "550 no such mailbox")
    assert await why(delivery) == {
        "code": "DEAD", "text": "It was given up after attempt 2 (e-mail): 550 no such mailbox", "until": None,
    }  # fmt: skip


async def test_with_e_mail_switched_off_the_channel_is_off_and_the_inbox_has_it(ada: Viewer) -> None:
    ben = await a_user(ada, name="Ben")
    await prefer(by=ben, preferences={"notify_by_email": False})
    reminder = await a_reminder(await again(ben))
    await ring(reminder)

    answer = await (await signed_in(ben)).ask(TRAIL, id=id_of(reminder))

    assert answer["whyNotDelivered"]["code"] == "CHANNEL_OFF"
    assert "SHOWN" in [stage["kind"] for stage in answer["trail"]]


async def test_a_notification_of_something_else_begins_with_what_happened(ada: Viewer) -> None:
    ben = await a_user(ada, name="Ben")
    await a_lead(ada, owner=ben)
    await run_everything()
    [told] = await Notification.filter(user_id=ben.user.id)

    trail = (await (await signed_in(ben)).ask(TRAIL, id=id_of(told)))["trail"]

    assert [stage["kind"] for stage in trail] == ["HAPPENED", "TOLD", "SHOWN", "QUEUED"]
    assert trail[0]["text"] == "Ada Admin did this."


async def test_nobody_sees_the_trail_of_somebody_else_but_administrators() -> None:
    ada = await an_account(privacy=Privacy.SHARED)
    ben, cleo = await a_user(ada, name="Ben"), await a_user(ada, name="Cleo")
    reminder = await a_reminder(ben)
    await ring(reminder)
    [delivery] = await Delivery.filter(account_id=ada.account.id, user_id=ben.user.id)

    for_cleo = await signed_in(cleo)
    for_ada, for_ben = await signed_in(ada), await signed_in(ben)

    assert await for_cleo.ask(TRAIL, id=id_of(reminder)) == {"trail": [], "whyNotDelivered": None}
    assert await for_cleo.ask(TRAIL, id=id_of(delivery)) is None
    assert (await for_ada.ask(TRAIL, id=id_of(reminder)))["trail"] == (await for_ben.ask(TRAIL, id=id_of(reminder)))[
        "trail"
    ]
    assert (await for_ada.ask(TRAIL, id=id_of(delivery)))["trail"]


DEEDS = ("move", "snooze", "ring", "refuse", "send", "read", "done", "cancel")


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(deeds=st.lists(st.sampled_from(DEEDS), max_size=9))
async def test_whatever_happens_the_stages_of_a_trail_are_in_order_of_time(ada: Viewer, deeds: list[str]) -> None:
    await an_empty_outbox()
    reminder = await a_reminder(ada)
    for deed in deeds:
        await do(deed, reminder, ada)

    client = await signed_in(ada)
    trail = (await client.ask(TRAIL, id=id_of(reminder)))["trail"]

    kinds, instants = [stage["kind"] for stage in trail], [moment(stage["at"]) for stage in trail]
    assert instants == sorted(instants)
    assert kinds[0] == "SET"
    if "FIRED" in kinds:
        assert kinds.index("DUE") < kinds.index("FIRED")
    if "TOLD" in kinds:
        assert kinds.index("FIRED") < kinds.index("TOLD")
    assert ("REFUSED" in kinds or "DELIVERED" in kinds) <= ("QUEUED" in kinds)


async def do(deed: str, reminder: Reminder, by: Viewer) -> None:
    """One thing that may happen; what is not possible now does not."""
    now = await Reminder.get(id=reminder.id)
    match deed:
        case "move" if now.state == "PENDING":
            await decisions.move(now.id, by=by, at=After(timedelta(hours=3)))
        case "snooze" if now.state in ("PENDING", "FIRED"):
            await decisions.snooze(now.id, by=by, until=After(timedelta(days=1)))
        case "ring" if now.state == "PENDING":
            await ring(now)
        case "refuse" | "send":
            for claim in await claiming.claim(5):
                if deed == "send":
                    await settling.sent(claim)
                else:
                    await settling.failed(claim, DeliveryOutcome.REFUSED, "451 later")
                    await come_due(claim.id)
        case "read":
            told = await Notification.filter(reminder_id=now.id, cancelled_at__isnull=True)
            await notifications.mark_read([each.id for each in told], by=by)
        case "done" if now.state in ("PENDING", "FIRED"):
            await decisions.done(now.id, by=by)
        case "cancel" if now.state == "PENDING":
            await decisions.cancel(now.id, by=by)
    await run_everything()


def moment(text: str) -> tuple[str, str]:
    """An instant of an answer, comparable whatever its fraction."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return whole, fraction.ljust(6, "0")


async def a_reminder(by: Viewer) -> Reminder:
    lead: Lead = await a_lead(by)
    outcome = await decisions.set_reminder(lead.id, by=by, at=SOON)
    return await Reminder.get(id=outcome.id)


async def a_delivery(by: Viewer) -> Delivery:
    """An e-mail that is due."""
    await run_everything()
    await an_empty_outbox()
    await ring(await a_reminder(by))
    return await Delivery.filter(account_id=by.account.id, state="PENDING").get()


async def ring(reminder: Reminder) -> None:
    """Its moment comes."""
    await database.fetch("update reminders set due_at = now(), notify_at = now() where id = $1", reminder.id)
    await run_everything()


async def run_everything() -> None:
    await fire_and_dispatch()


async def come_due(delivery_id: Any) -> None:
    await database.fetch("update deliveries set next_at = now() where id = $1 and state = 'PENDING'", delivery_id)
