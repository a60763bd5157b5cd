"""Reminders with terms, and reminders that come again, as clients set and read them."""

from datetime import UTC, datetime, timedelta

import pytest

from sales.reminders import Reminder
from sales.viewers import Viewer
from tests.api import Client, id_of, written
from tests.factories import a_lead, reminders_of
from tests.turning import fire_all_due, to_be_due_in

FIELDS = """reminder { id state dueAt localDate localTime timeZone aheadOf aheadAt recurrence sinceActivity occurrence
  seriesEndedAt until escalateAfter escalatesAt }"""
AT_NINE = {"local": {"date": "2030-01-01", "time": "09:00", "timeZone": "Europe/Paris"}}


async def test_a_reminder_that_comes_again_with_all_its_terms(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)

    done = await client.do("reminderSet", {
        "leadId": id_of(lead), "at": AT_NINE, "recurrence": "FREQ=WEEKLY;BYDAY=FR", "aheadOf": ["P1D", "PT1H"],
        "until": ["STEP_LEFT", "STATUS_CHANGED"], "escalateAfter": "PT4H",
    }, FIELDS)  # fmt: skip

    [reminder] = await reminders_of(lead)
    assert done["errors"] == []
    assert done["reminder"] == {
        "id": id_of(reminder), "state": "PENDING", "dueAt": "2030-01-04T08:00:00Z", "localDate": "2030-01-04",
        "localTime": "09:00:00", "timeZone": "Europe/Paris", "aheadOf": ["PT1H", "P1D"],
        "aheadAt": "2030-01-03T08:00:00Z", "recurrence": "FREQ=WEEKLY;BYDAY=FR", "sinceActivity": None,
        "occurrence": 1, "seriesEndedAt": None, "until": ["STATUS_CHANGED", "STEP_LEFT"], "escalateAfter": "PT4H",
        "escalatesAt": None,
    }  # fmt: skip


async def test_one_is_skipped_and_then_the_series_ends(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    made = await client.do(
        "reminderSet", {"leadId": id_of(lead), "at": {"on": "2030-05-31"}, "recurrence": "FREQ=MONTHLY"}, FIELDS
    )

    skipped = await client.do("reminderSkip", {"id": made["reminder"]["id"]}, FIELDS)
    ended = await client.do("reminderEndSeries", {"id": made["reminder"]["id"]}, FIELDS)
    read = await client.ask("{ reminders { nodes { state occurrence localDate seriesEndedAt } } }")

    assert (skipped["reminder"]["localDate"], skipped["reminder"]["occurrence"]) == ("2030-07-31", 2)
    assert ended["reminder"]["state"] == "CANCELLED"
    end = ended["reminder"]["seriesEndedAt"]
    assert datetime.fromisoformat(end) <= datetime.now(UTC)
    assert read["nodes"] == [
        {"state": "CANCELLED", "occurrence": 1, "localDate": "2030-05-31", "seriesEndedAt": end},
        {"state": "CANCELLED", "occurrence": 2, "localDate": "2030-07-31", "seriesEndedAt": end},
    ]


async def test_a_reminder_on_inactivity(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)

    done = await client.do("reminderSet", {"leadId": id_of(lead), "sinceActivity": "P10D"}, FIELDS)

    [reminder] = await reminders_of(lead)
    assert reminder.due_at == reminder.created_at + timedelta(days=10)
    told = done["reminder"]
    assert (told["sinceActivity"], told["recurrence"], told["dueAt"]) == ("P10D", None, written(reminder.due_at))


async def test_a_lead_stands_by_with_lead_times_and_an_escalation(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    await client.do(
        "leadStandBy",
        {"id": id_of(lead), "until": {"after": "P2D"}, "aheadOf": ["PT30M"], "escalateAfter": "PT1H"},
    )
    await to_be_due_in(lead, timedelta(0))

    await fire_all_due()

    [reminder] = await reminders_of(lead)
    assert reminder.escalate_at is not None
    read = await client.ask("{ reminders { nodes { aheadOf aheadAt escalatesAt } } }")
    assert read["nodes"] == [{"aheadOf": ["PT30M"], "aheadAt": None, "escalatesAt": written(reminder.escalate_at)}]


async def test_terms_change_with_a_move_and_stay_without_one(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    made = await client.do(
        "reminderSet",
        {"leadId": id_of(lead), "at": AT_NINE, "aheadOf": ["PT1H"], "until": ["STEP_LEFT"], "escalateAfter": "PT1H"},
        FIELDS,
    )
    id = made["reminder"]["id"]

    moved = await client.do("reminderMove", {"id": id, "at": {"on": "2030-02-01"}}, FIELDS)
    changed = await client.do("reminderMove", {"id": id, "aheadOf": [], "escalateAfter": None}, FIELDS)

    assert moved["reminder"]["aheadOf"] == ["PT1H"]
    assert moved["reminder"]["aheadAt"] == "2030-02-01T06:00:00Z"
    terms = {name: changed["reminder"][name] for name in ("aheadOf", "aheadAt", "until", "escalateAfter")}
    assert terms == {"aheadOf": [], "aheadAt": None, "until": ["STEP_LEFT"], "escalateAfter": None}


@pytest.mark.parametrize(
    ("input", "paths"),
    [
        ({}, ["at"]),
        ({"at": AT_NINE, "sinceActivity": "P10D"}, ["sinceActivity"]),
        ({"at": AT_NINE, "recurrence": "FREQ=HOURLY"}, ["recurrence"]),
        ({"at": {"after": "P1D"}, "recurrence": "FREQ=DAILY"}, ["at"]),
        ({"at": AT_NINE, "aheadOf": ["PT1S"], "escalateAfter": "P90D"}, ["aheadOf", "escalateAfter"]),
    ],
)
async def test_what_makes_no_sense_is_refused_where_it_stands(
    ada: Viewer, client: Client, input: dict[str, object], paths: list[str]
) -> None:
    lead = await a_lead(ada)

    done = await client.do("reminderSet", {"leadId": id_of(lead), **input})

    assert [error["path"] for error in done["errors"]] == [[path] for path in paths]
    assert await Reminder.filter(lead_id=lead.id).count() == 0
