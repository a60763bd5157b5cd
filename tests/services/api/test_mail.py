"""What e-mails lead back to: unsubscribing without signing in, and e-mails that came back."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from sales import database, sealed
from sales.deliveries import Delivery, DeliveryState
from sales.deliveries.claiming import claim
from sales.journal import Kind
from sales.leads.owners import assign
from sales.notifications import Notification, NotificationKind
from sales.preferences import NotificationChannel, Pace, Preferences
from sales.preferences.choosing import choose
from sales.statuses import stand_by
from sales.unsubscribing import token_for
from sales.users import Role, User
from sales.viewers import Viewer
from services.settings import Settings
from tests.api import Client, an_app
from tests.factories import a_lead, a_user, an_account, an_empty_outbox, events
from tests.turning import AN_INSTANT, fire_and_dispatch

SECRET = "b" * 32
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def _sealed() -> None:
    sealed.use("k" * 32)


@pytest.fixture
def provider(pool: None) -> Client:
    """A mail provider that tells of what came back."""
    return Client(an_app(Settings(bounce_token=SECRET)))


async def told() -> None:
    await fire_and_dispatch()


async def an_email(by: Viewer) -> Delivery:
    """One about a reminder that came due."""
    await an_empty_outbox()
    lead = await a_lead(by)
    await stand_by(lead.id, by=by, until=AN_INSTANT)
    await asyncio.sleep(0.002)
    await told()
    return await Delivery.get(account_id=by.account.id, channel="EMAIL", notification_id__isnull=False)


async def chosen_by(by: Viewer) -> dict[str, dict[str, bool]]:
    """What this person has decided about kinds and channels."""
    preferences = await Preferences.get_or_none(user_id=by.user.id)
    return preferences.choices if preferences else {}


async def kinds_by_email(by: Viewer) -> list[str]:
    """What goes out by e-mail when a reminder comes due and a lead is assigned; and what did before."""
    lead, other = await a_lead(by), await a_lead(by, owner=None)
    root = await a_user(by, name="Root", role=Role.ADMINISTRATOR)
    await stand_by(lead.id, by=by, until=AN_INSTANT)
    await assign(other.id, by=root, owner_id=by.user.id)
    await asyncio.sleep(0.002)
    await told()
    rows = await database.fetch(
        "select n.kind from deliveries d join notifications n on n.id = d.notification_id "
        "where d.user_id = $1 and d.channel = 'EMAIL' order by 1", by.user.id,
    )  # fmt: skip
    return [row["kind"] for row in rows]


async def test_one_click_ends_e_mails_of_a_kind_and_of_no_other(ada: Viewer, nobody: Client) -> None:
    token = token_for(ada.user.id, NotificationKind.REMINDER_DUE)

    answers = [await nobody.post(f"/unsubscribe/{token}", data=ONE_CLICK) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    user = await User.get(id=ada.user.id)
    assert user.notify_by_email
    assert await chosen_by(ada) == {"REMINDER_DUE": {"EMAIL": False}}
    [event] = await events(ada, kind=Kind.PREFERENCES_SET)
    assert event.data == {"userId": str(ada.user.id)}
    assert await kinds_by_email(ada) == ["LEAD_ASSIGNED"]


async def test_what_waits_to_be_sent_does_not_go_either(ada: Viewer, nobody: Client) -> None:
    delivery = await an_email(ada)

    await nobody.post(f"/unsubscribe/{token_for(ada.user.id, NotificationKind.REMINDER_DUE)}")
    await told()

    assert await claim(10) == []
    assert (await Delivery.get(id=delivery.id)).state == DeliveryState.CANCELLED


async def test_what_is_held_for_a_digest_or_a_morning_does_not_go_either(ada: Viewer, nobody: Client) -> None:
    await choose(by=ada, wishes={"paces": {NotificationChannel.EMAIL: Pace.HOURLY}})
    held = await an_email(ada)
    assert held.state == DeliveryState.JOINED

    await nobody.post(f"/unsubscribe/{token_for(ada.user.id, NotificationKind.REMINDER_DUE)}")
    await told()

    assert (await Delivery.get(id=held.id)).state == DeliveryState.CANCELLED


async def test_to_look_at_the_page_changes_nothing_and_it_offers_all(nobody: Client) -> None:
    eve = await an_account(locale="fr")
    token, all_of_them = token_for(eve.user.id, NotificationKind.REMINDER_DUE), token_for(eve.user.id, None)

    page = await nobody.get(f"/unsubscribe/{token}")
    before = await User.get(id=eve.user.id)
    done = await nobody.post(f"/unsubscribe/{all_of_them}")

    assert (page.status_code, done.status_code) == (200, 200)
    assert '<html lang="fr">' in page.text
    assert "rappels arrivés à échéance" in page.text
    assert f'action="{token}"' in page.text
    assert f'action="{all_of_them}"' in page.text
    assert "script" not in page.headers["content-security-policy"]
    assert before.notify_by_email
    assert await chosen_by(eve) == {}
    assert (await User.get(id=eve.user.id)).notify_by_email is False


async def test_nobody_unsubscribes_others(ada: Viewer, nobody: Client) -> None:
    ben = await a_user(ada)
    about, _, signature = str(token_for(ada.user.id, NotificationKind.REMINDER_DUE)).rpartition(".")
    forged = [
        about, f"{about}.", f"{about}.{signature[:-2]}AA", f"{ben.user.id.hex}.REMINDER_DUE.{signature}",
        f"{ada.user.id.hex}.ALL.{signature}", "x", "é.ALL.x",
    ]  # fmt: skip

    answers = [await nobody.post(f"/unsubscribe/{token}") for token in forged]

    assert {answer.status_code for answer in answers} == {404}
    assert await chosen_by(ada) == {}


async def test_a_link_outlives_a_change_of_key(ada: Viewer, nobody: Client) -> None:
    token = token_for(ada.user.id, NotificationKind.STEP_CHANGED)

    sealed.use(f"{'n' * 32},{'k' * 32}")
    with_both = await nobody.post(f"/unsubscribe/{token}")
    sealed.use("n" * 32)

    assert with_both.status_code == 200
    assert (await nobody.post(f"/unsubscribe/{token}")).status_code == 404


async def test_a_hard_bounce_ends_the_delivery_holds_e_mail_and_is_told_once_elsewhere(
    ada: Viewer, client: Client, provider: Client
) -> None:
    delivery = await an_email(ada)
    news = {"messageId": f"<dlv_{delivery.id}@crm.example.com>", "type": "hard", "reason": "550 no such user"}

    answers = [await provider.post(f"/bounces/{SECRET}", json=news) for _ in range(2)]
    await told()

    row, user = await Delivery.get(id=delivery.id), await User.get(id=ada.user.id)
    assert [answer.status_code for answer in answers] == [204, 204]
    assert (row.state, row.last_error) == (DeliveryState.DEAD, "hard bounce: 550 no such user")
    assert user.email_bounced_at is not None
    notices = await Notification.filter(user_id=ada.user.id, kind=NotificationKind.EMAIL_BOUNCED)
    assert len(notices) == 1
    assert await Delivery.filter(notification_id=notices[0].id).count() == 0
    inbox = await client.ask("{ notifications(first: 1) { nodes { kind text lead { id } } } }")
    assert inbox["nodes"] == [{
        "kind": "EMAIL_BOUNCED", "lead": None,
        "text": f"An e-mail to {ada.user.email} came back. Nothing more is sent there until you confirm or change "
        "your address.",
    }]  # fmt: skip
    assert await kinds_by_email(ada) == ["REMINDER_DUE"]  # the one that came back


async def test_who_confirms_or_changes_the_address_gets_e_mail_again(
    ada: Viewer, client: Client, provider: Client
) -> None:
    fields = "viewer { user { email } preferences { emailBouncedAt } }"
    bounce = {"recipient": ada.user.email.upper(), "type": "hard"}
    assert (await provider.post(f"/bounces/{SECRET}", json=bounce)).status_code == 204
    held = await client.ask("{ viewer { preferences { emailBouncedAt } } }")

    wrong = await client.do("viewerConfirmEmail", {"email": "x@y.example "}, fields)
    confirmed = await client.do("viewerConfirmEmail", {}, fields)
    late = await provider.post(f"/bounces/{SECRET}", json=bounce)

    assert held["preferences"]["emailBouncedAt"] is not None
    assert wrong["viewer"] == {"user": {"email": "x@y.example"}, "preferences": {"emailBouncedAt": None}}
    assert confirmed["viewer"]["user"] == {"email": "x@y.example"}
    assert late.status_code == 204
    assert (await User.get(id=ada.user.id)).email_bounced_at is None


async def test_a_soft_bounce_is_noted_and_a_complaint_ends_all_e_mail(ada: Viewer, provider: Client) -> None:
    delivery = await an_email(ada)
    envelope = f"bounce+dlv_{delivery.id}@crm.example.com"

    await provider.post(f"/bounces/{SECRET}", json={"recipient": envelope, "type": "soft", "reason": "mailbox full"})
    soft = await User.get(id=ada.user.id)
    row = await Delivery.get(id=delivery.id)
    await provider.post(f"/bounces/{SECRET}", json={"recipient": envelope, "type": "complaint"})

    assert (row.state, row.last_error) == (DeliveryState.PENDING, "soft bounce: mailbox full")
    assert (soft.email_bounced_at, soft.notify_by_email) == (None, True)
    assert (await User.get(id=ada.user.id)).notify_by_email is False


@pytest.mark.parametrize(
    ("token", "body", "status"),
    [
        ("c" * 32, {"recipient": "x@example.com", "type": "hard"}, 404),
        (SECRET, {"recipient": "nobody@nowhere.example", "type": "hard"}, 204),
        (SECRET, {"messageId": f"<dlv_{UUID(int=1)}@x>", "type": "hard"}, 204),
        (SECRET, {"recipient": "x@example.com", "type": "other"}, 400),
        (SECRET, {"type": "hard"}, 400),
        (SECRET, {"recipient": 5, "type": "hard"}, 400),
        (SECRET, [], 400),
    ],
)
async def test_other_news_changes_nothing(provider: Client, token: str, body: Any, status: int) -> None:
    assert (await provider.post(f"/bounces/{token}", json=body)).status_code == status


async def test_without_a_token_there_is_no_such_address(nobody: Client) -> None:
    answer = await nobody.post("/bounces/x", json={"recipient": "x@example.com", "type": "hard"})

    assert answer.status_code == 404
