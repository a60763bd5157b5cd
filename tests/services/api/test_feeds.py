"""A person's calendar over HTTP, as calendar programs read it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar, Event

from sales import database, feeds
from sales.accounts import Privacy
from sales.leads import Lead
from sales.leads.edit import LeadFields, edit
from sales.leads.owners import assign
from sales.moments import After, At, On
from sales.reminders.decisions import done, move, set_reminder
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.api import Client, an_app
from tests.factories import a_lead, a_user, an_account, reminders_of
from tests.turning import fire_all_due

AT = datetime(2027, 3, 1, 9, 30, tzinfo=UTC)


async def address(by: Viewer) -> str:
    return f"/calendar/{(await feeds.create(by=by, name='Phone')).token}.ics"


async def entries(client: Client, path: str) -> list[Event]:
    """What a program finds under the address, by its own parser."""
    answer = await client.get(path)
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_a_moment_is_an_instant_with_an_alarm_and_a_link(ada: Viewer, nobody: Client) -> None:
    lead = await a_lead(ada, title="New roof")
    await stand_by(lead.id, by=ada, until=At(AT), activity="Call", note="Ask for Jo; twice,\nif need be")
    [reminder] = await reminders_of(lead)

    [event] = await entries(nobody, await address(ada))

    assert event["UID"] == f"reminder_{reminder.id}"
    assert event["SUMMARY"] == "Call: New roof"
    assert (event.decoded("DTSTART"), event["DTSTART"].to_ical()) == (AT, b"20270301T093000Z")
    assert event["URL"] == "http://localhost:8000/leads/1"
    assert str(event["DESCRIPTION"]).startswith("Ask for Jo; twice,\nif need be")
    [alarm] = event.walk("VALARM")
    assert (alarm["ACTION"], alarm.decoded("TRIGGER"), alarm["DESCRIPTION"]) == (
        "DISPLAY", timedelta(0), "Call: New roof",
    )  # fmt: skip


async def test_a_day_alone_fills_that_day_and_rings_when_its_persons_day_starts(ada: Viewer, nobody: Client) -> None:
    lead = await a_lead(ada)
    await stand_by(lead.id, by=ada, until=On(date(2027, 12, 24)))

    [event] = await entries(nobody, await address(ada))

    assert event["DTSTART"].to_ical() == b"20271224"
    assert event["DTSTART"].params["VALUE"] == "DATE"
    assert event.decoded("DTEND") == date(2027, 12, 25)
    assert event.walk("VALARM")[0].decoded("TRIGGER") == timedelta(hours=8)
    assert event["SUMMARY"] == "Reminder: New roof"


async def test_its_sequence_grows_with_each_move_and_with_nothing_else(ada: Viewer, nobody: Client) -> None:
    lead, path = await a_lead(ada), await address(ada)
    await stand_by(lead.id, by=ada, until=At(AT))
    [reminder] = await reminders_of(lead)
    seen = []

    async def look() -> None:
        [event] = await entries(nobody, path)
        seen.append((event["UID"], event["SEQUENCE"], event.decoded("DTSTART"), event.decoded("LAST-MODIFIED")))

    await look()
    for days in (1, 2):
        await move(reminder.id, by=ada, at=At(AT + timedelta(days=days)))
        await look()
    await move(reminder.id, by=ada, note="Louder")
    await edit(lead.id, by=ada, fields=LeadFields(title="Old roof"))
    await look()

    assert len({uid for uid, *_ in seen}) == 1
    assert [sequence for _, sequence, *_ in seen] == [0, 1, 2, 2]
    assert [at for _, _, at, _ in seen] == [AT, AT + timedelta(days=1), AT + timedelta(days=2), AT + timedelta(days=2)]
    assert seen[0][3] <= seen[1][3] <= seen[2][3] <= seen[3][3]


async def test_what_fired_stays_until_it_is_done(ada: Viewer, nobody: Client) -> None:
    lead, path = await a_lead(ada), await address(ada)
    reminder = (await set_reminder(lead.id, by=ada, at=After(timedelta(hours=1)))).id
    await database.fetch("update reminders set due_at = now() where id = $1 returning 1", reminder)
    await fire_all_due()

    [event] = await entries(nobody, path)
    assert event.walk("VALARM") == []
    await done(reminder, by=ada)

    assert await entries(nobody, path) == []


@pytest.mark.parametrize(
    ("sets", "shows"),
    [
        ("state = 'FIRED', due_at = now() - interval '40 days', fired_at = now() - interval '29 days'", 1),
        ("state = 'FIRED', due_at = now() - interval '40 days', fired_at = now() - interval '31 days'", 0),
        ("due_at = now() + interval '729 days', notify_at = now() + interval '729 days'", 1),
        ("due_at = now() + interval '731 days', notify_at = now() + interval '731 days'", 0),
    ],
)
async def test_it_looks_a_month_back_and_two_years_ahead(ada: Viewer, nobody: Client, sets: str, shows: int) -> None:
    reminder = (await set_reminder((await a_lead(ada)).id, by=ada, at=At(AT))).id
    await database.fetch(f"update reminders set {sets} where id = $1 returning 1", reminder)

    assert len(await entries(nobody, await address(ada))) == shows


async def test_a_waking_reminder_is_its_leads_owners(ada: Viewer, nobody: Client) -> None:
    ben = await a_user(ada)
    lead, adas, bens = await a_lead(ada), await address(ada), await address(ben)
    await stand_by(lead.id, by=ada, until=At(AT))

    await assign(lead.id, by=ada, owner_id=ben.user.id)
    assert (await entries(nobody, adas), len(await entries(nobody, bens))) == ([], 1)
    await assign(lead.id, by=ada, owner_id=None)

    assert (len(await entries(nobody, adas)), await entries(nobody, bens)) == (1, [])


async def test_what_its_person_may_not_see_any_more_is_not_in_it(nobody: Client) -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben, cleo = await a_user(ada), await a_user(ada, name="Cleo")
    lead = await a_lead(ben, title="Secret")
    await set_reminder(lead.id, by=ben, at=At(AT))
    path = await address(ben)
    assert len(await entries(nobody, path)) == 1

    await assign(lead.id, by=ada, owner_id=cleo.user.id)

    assert await entries(nobody, path) == []


async def test_lines_end_in_crlf_and_have_at_most_75_bytes(ada: Viewer, nobody: Client) -> None:
    title = "Überdachung «été» 屋根 👩‍🚀, \\ ; : " * 5
    lead = await a_lead(ada, title=title.strip())
    await stand_by(lead.id, by=ada, until=At(AT), note="É" * 300)

    text = (await nobody.get(await address(ada))).content

    lines = text.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(len(line) for line in lines) <= 75
    for line in lines:
        line.decode()  # folded between characters
    [event] = Calendar.from_ical(text).walk("VEVENT")
    assert event["SUMMARY"] == f"Reminder: {(await Lead.get(id=lead.id)).title}"
    assert [len(Calendar.from_ical(text).walk(kind)) for kind in ("VCALENDAR", "VEVENT", "VALARM")] == [1, 1, 1]


async def test_what_has_not_changed_is_not_sent_again(ada: Viewer, nobody: Client) -> None:
    lead, path = await a_lead(ada), await address(ada)
    await stand_by(lead.id, by=ada, until=At(AT))
    first = await nobody.get(path)
    tag = {"If-None-Match": first.headers["etag"]}
    one_of_several = {"If-None-Match": f'"x", W/{first.headers["etag"]}'}

    same, weak = [await nobody.get(path, headers=each) for each in (tag, one_of_several)]
    head = await nobody.head(path)
    await edit(lead.id, by=ada, fields=LeadFields(title="Old roof"))
    changed = await nobody.get(path, headers=tag)

    assert [(answer.status_code, answer.content) for answer in (same, weak)] == [(304, b"")] * 2
    assert same.headers["etag"] == first.headers["etag"]
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    assert first.headers["cache-control"].startswith("private")
    assert (changed.status_code, changed.headers["etag"] != first.headers["etag"]) == (200, True)


async def test_it_is_in_its_persons_language(nobody: Client) -> None:
    ada = await an_account(locale="fr")
    await stand_by((await a_lead(ada)).id, by=ada, until=At(AT))

    [event] = await entries(nobody, await address(ada))

    assert event["SUMMARY"] == "Rappel\u00a0: New roof"


@pytest.mark.parametrize("token", ["", "x", "rlc_" + "A" * 43, "é%00", "..%2F..%2Fetc"])
async def test_nothing_is_found_elsewhere(nobody: Client, token: str) -> None:
    assert (await nobody.get(f"/calendar/{token}.ics")).status_code == 404


async def test_nothing_is_found_once_its_person_has_left(ada: Viewer, nobody: Client) -> None:
    ben = await a_user(ada)
    path = await address(ben)
    await database.fetch("update users set deactivated_at = now() where id = $1 returning 1", ben.user.id)

    assert (await nobody.get(path)).status_code == 404


async def test_an_address_is_shown_once_replaced_and_ended(client: Client, nobody: Client) -> None:
    fields = "calendarFeed { id name revokedAt } path"

    made = await client.do("calendarFeedCreate", {"name": "Phone"}, fields, idempotency_key="c1")
    again = await client.do("calendarFeedCreate", {"name": "Phone"}, fields, idempotency_key="c1")
    feed = {"id": made["calendarFeed"]["id"]}
    rotated = await client.do("calendarFeedRotate", feed, fields)
    after_rotation = await statuses(nobody, made["path"], rotated["path"])
    listed = await client.ask("{ viewer { calendarFeeds { id name } } }")
    await client.do("calendarFeedRevoke", feed)

    assert made["calendarFeed"] == feed | {"name": "Phone", "revokedAt": None}
    assert (again["calendarFeed"], again["path"]) == (made["calendarFeed"], None)
    assert made["path"].startswith("/calendar/rlc_")
    assert len(made["path"]) == len("/calendar/rlc_.ics") + 43  # 256 bits
    assert [advice["code"] for advice in rotated["warnings"]] == ["SECRET_SHOWN_ONCE"]
    assert after_rotation == [404, 200]
    assert listed == {"calendarFeeds": [feed | {"name": "Phone"}]}
    assert await statuses(nobody, rotated["path"]) == [404]
    assert await client.ask("{ viewer { calendarFeeds { id } } }") == {"calendarFeeds": []}


async def test_it_is_kept_as_a_hash_and_told_nowhere(ada: Viewer) -> None:
    made = await feeds.create(by=ada, name="Phone")

    kept = await database.fetch(
        "select f.token_hash || j.changes || j.private || j.data as text from calendar_feeds f, journal j "
        "where f.id = $1 and j.subject_id = f.id", made.outcome.id,
    )  # fmt: skip

    assert made.token is not None
    assert not any(made.token.removeprefix("rlc_") in row["text"] or "token" in row["text"] for row in kept)
    assert len(kept) == 1


async def test_others_can_do_nothing_to_it_and_keys_can_make_none(ada: Viewer, client: Client) -> None:
    made = await feeds.create(by=await a_user(ada), name="Bens")
    id = f"calendar_{made.outcome.id}"
    key = (await client.do("apiKeyCreate", {"name": "Script"}, "secret"))["secret"]
    script = Client(an_app(), token=key)

    refused: list[Any] = [
        *[await client.do(name, {"id": id}) for name in ("calendarFeedRotate", "calendarFeedRevoke")],
        await script.do("calendarFeedCreate", {"name": "x"}),
        await client.do("calendarFeedCreate", {"name": " "}),
    ]

    assert [[error["code"] for error in each["errors"]] for each in refused] == [
        ["NOT_FOUND"], ["NOT_FOUND"], ["NOT_ALLOWED"], ["INVALID_VALUE"],
    ]  # fmt: skip
    assert await client.ask("query ($id: ID!) { node(id: $id) { id } }", id=id) is None


async def statuses(client: Client, *paths: str) -> list[int]:
    return [(await client.get(path)).status_code for path in paths]
