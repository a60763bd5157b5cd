"""A digest and what is held, from the event to the message: real rows, and time moved in the database."""

from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest

from sales import database, notices
from sales.calendars import EVERY_DAY, Quiet
from sales.deliveries.decisions import cancel
from sales.preferences import NotificationChannel as By
from sales.preferences import Pace
from sales.preferences.choosing import choose
from sales.viewers import Viewer
from sales.views import Layout, SavedView, ViewFields, create
from sales.watches import Attention, attend
from schema.views.matching import look_into_views
from services.settings import Settings
from tests.factories import a_lead, a_user, an_empty_outbox, steps_of
from tests.sales.tellings import change, deliveries_of, told
from tests.services.worker.test_sends import send_all
from tests.turning import dispatch_all


@pytest.fixture
async def ben(ada: Viewer) -> Viewer:
    await an_empty_outbox()
    return await a_user(ada, name="Ben", locale="fr")


async def an_hour_later(by: Viewer) -> None:
    """What is held in this account comes due."""
    await database.fetch(
        "update deliveries set next_at = now() where account_id = $1 and state = 'PENDING'", by.account.id
    )


def mails(folder: Path) -> list[EmailMessage]:
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in (folder / "outbox").glob("*.eml")]


async def test_two_things_within_an_hour_are_one_email_in_the_readers_language(
    ada: Viewer, ben: Viewer, tmp_path: Path
) -> None:
    await choose(by=ben, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
    for title in ("Toit", "Cave"):
        await change("step", (await a_lead(ben, title=title)).id, by=ada)
    await dispatch_all()
    await send_all(Settings(data_dir=tmp_path))
    assert mails(tmp_path) == []

    await an_hour_later(ada)
    await send_all(Settings(data_dir=tmp_path))
    await send_all(Settings(data_dir=tmp_path))

    [mail] = mails(tmp_path)
    assert mail["Subject"] == "2 nouvelles"
    for subtype in ("plain", "html"):
        body = mail.get_body((subtype,))
        assert body is not None
        text = body.get_content()
        assert "Toit" in text
        assert "Cave" in text
        assert "Ouvrir vos opportunités" in text
    assert {row["state"] for row in await deliveries_of(ada)} == {"SENT"}


async def test_what_is_called_off_while_the_message_is_being_written_is_not_in_it(
    ada: Viewer, ben: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await choose(by=ben, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
    for title in ("Toit", "Cave", "Cour"):
        await change("step", (await a_lead(ben, title=title)).id, by=ada)
    await dispatch_all()
    await an_hour_later(ada)
    first = next(row["id"] for row in await deliveries_of(ada) if row["notification_id"])
    load = notices.load

    async def load_and_call_off(ids: Sequence[UUID]) -> dict[UUID, notices.Notice]:
        found = await load(ids)
        monkeypatch.setattr(notices, "load", load)
        await cancel(first, by=ada)
        return found

    monkeypatch.setattr(notices, "load", load_and_call_off)
    await send_all(Settings(data_dir=tmp_path))
    before = mails(tmp_path)
    await an_hour_later(ada)
    await send_all(Settings(data_dir=tmp_path))

    [mail] = mails(tmp_path)
    assert (before, mail["Subject"]) == ([], "2 nouvelles")


async def test_one_thing_alone_is_an_email_of_its_own(ada: Viewer, ben: Viewer, tmp_path: Path) -> None:
    await choose(by=ben, wishes={"paces": {By.EMAIL: Pace.HOURLY}})
    await change("step", (await a_lead(ben, title="Toit")).id, by=ada)
    await dispatch_all()

    await an_hour_later(ada)
    await send_all(Settings(data_dir=tmp_path))

    [mail] = mails(tmp_path)
    assert "Toit" in mail["Subject"]


async def test_what_is_held_over_quiet_hours_is_sent_when_they_end(ada: Viewer, ben: Viewer, tmp_path: Path) -> None:
    [row] = await database.fetch("select date_trunc('minute', now() at time zone $1) as wall", ben.user.time_zone)
    hours = Quiet(EVERY_DAY, (row["wall"] - timedelta(hours=1)).time(), (row["wall"] + timedelta(hours=2)).time())
    await choose(by=ben, wishes={"quiet_hours": [hours]})
    await change("step", (await a_lead(ben)).id, by=ada)
    await dispatch_all()
    await send_all(Settings(data_dir=tmp_path))
    assert mails(tmp_path) == []

    await an_hour_later(ada)
    await send_all(Settings(data_dir=tmp_path))

    assert len(mails(tmp_path)) == 1


async def test_a_watched_view_tells_of_the_leads_that_lie_in_it(
    ada: Viewer, ben: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sales.watches._look_into_views", look_into_views)
    eve = await a_user(ada, name="Eve")
    view = await a_view(eve, {"isStarred": False, "step": {"id": {"eq": f"step_{(await steps_of(ada))[0].id}"}}})
    await attend(SavedView, view, by=eve, attention=Attention.WATCHED)
    inside, outside = await a_lead(ben), await a_lead(ben, step=(await steps_of(ada))[3])
    await dispatch_all()

    for lead in (inside, outside):
        await change("amount", lead.id, by=ada)
    await dispatch_all()

    changed = [row for row in await told(ada) if row[1] == "AMOUNT_CHANGED"]
    assert changed.count((eve.user.id, "AMOUNT_CHANGED")) == 1
    assert changed.count((ben.user.id, "AMOUNT_CHANGED")) == 2


async def test_a_watched_view_that_is_out_of_date_tells_of_nothing_and_stops_nobody(
    ada: Viewer, ben: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sales.watches._look_into_views", look_into_views)
    eve = await a_user(ada, name="Eve")
    view = await a_view(eve, {"moonPhase": "FULL"})
    await attend(SavedView, view, by=eve, attention=Attention.WATCHED)

    await change("amount", (await a_lead(ben)).id, by=ada)
    await dispatch_all()

    assert await told(ada) == [(ben.user.id, "AMOUNT_CHANGED")]


async def a_view(by: Viewer, lead_filter: dict[str, object]) -> UUID:
    fields = ViewFields(
        name="Mine", layout=Layout.TABLE, is_shared=False, lead_filter=lead_filter, order_by=[], columns=[]
    )
    return (await create(by=by, fields=fields)).id
