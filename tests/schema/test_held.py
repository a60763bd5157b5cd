"""Why something is held, from the event to the sentence of its trail, in both languages."""

from datetime import timedelta
from typing import Any

import pytest

from sales import database, undoing
from sales.calendars import EVERY_DAY
from sales.deliveries import Delivery
from sales.leads import Status
from sales.moments import After
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import choose
from sales.reminders.decisions import set_reminder
from sales.routes import Because
from sales.statuses import close
from sales.users import Role
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in
from tests.factories import a_lead, a_user, an_account, an_empty_outbox
from tests.sales.quiet import night
from tests.schema.test_trails import TRAIL
from tests.turning import fire_and_dispatch

SENTENCES = {
    Because.MORNING: (
        "because only a day was chosen, and the day had not begun.",
        "parce que seul un jour avait été choisi, et que la journée n’avait pas commencé.",
    ),
    Because.UNDO: ("because it could still be undone.", "parce que cela pouvait encore être annulé."),
    Because.QUIET_HOURS: ("because of quiet hours.", "à cause des heures calmes."),
    Because.DAY_OFF: ("because it was not a working day.", "parce que ce n’était pas un jour ouvré."),
    Because.DIGEST: ("because it goes out with a digest.", "parce qu’il part avec un récapitulatif."),
}


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("because", Because)
async def test_a_trail_says_why_something_is_held(because: Because, locale: str) -> None:
    await an_empty_outbox()
    eve = await an_account(locale=locale)
    client = await signed_in(eve)

    await held(because, eve)

    delivery = await Delivery.get(account_id=eve.account.id, user_id=eve.user.id, notification_id__isnull=False)
    sentence = SENTENCES[because][locale == "fr"]
    assert delivery.held_because == because
    [stage, why] = await asked(client, delivery)
    if because == Because.DIGEST:
        joined = {"en": "It joined a digest, which goes out at ", "fr": "Il a rejoint un récapitulatif, qui part le "}
        assert (stage["kind"], stage["text"].startswith(joined[locale])) == ("JOINED", True)
    else:
        assert (stage["kind"], stage["text"].endswith(f"(e-mail) {sentence}")) == ("HELD", True)
    assert (why["code"], why["text"].endswith(f"(e-mail) {sentence}")) == ("HELD", True)


async def asked(client: Client, delivery: Delivery) -> list[dict[str, Any]]:
    answer = await client.ask(TRAIL, id=id_of(delivery))
    return [*answer["trail"], answer["whyNotDelivered"]]


async def held(because: Because, by: Viewer) -> None:
    """Something of which this person is told later, because of that."""
    lead = await a_lead(by)
    match because:
        case Because.QUIET_HOURS:
            await choose(by=by, wishes={"quiet_hours": (await night(by))[0]})
        case Because.DAY_OFF:
            [row] = await database.fetch(
                "select extract(isodow from now() at time zone $1)::int as day", by.user.time_zone
            )
            await choose(by=by, wishes={"working_days": EVERY_DAY - {row["day"]}})
        case Because.DIGEST:
            await choose(by=by, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
        case Because.UNDO:
            undoing.use(timedelta(seconds=15))
            try:
                root = await a_user(by, name="Root", role=Role.ADMINISTRATOR)
                await close(lead.id, by=root, status=Status.WON)
                await dispatched()
            finally:
                undoing.use(timedelta(0))
            return
    await set_reminder(lead.id, by=by, at=After(timedelta(hours=1)))
    wait = "3 hours" if because == Because.MORNING else "0"
    await database.fetch(
        "update reminders set due_at = now(), notify_at = now() + $2::text::interval where account_id = $1",
        by.account.id, wait,
    )  # fmt: skip
    await dispatched()


async def dispatched() -> None:
    await fire_and_dispatch()
